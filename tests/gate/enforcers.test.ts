/** What grants cover: the host's own enforcers, those of a world, expiry and secrets, each with its deny code. */

import { describe, expect, it } from "vitest";
import type { SecretDefinition } from "../../host/air/definitions.ts";
import { checkCapability } from "../../host/gate/capability.ts";
import type { PureAnswer } from "../../host/gate/module.ts";
import { LIMITS } from "../../host/values/limits.ts";
import { fromNative, toNative } from "../../host/values/native.ts";
import { typeOf } from "../values/support.ts";
import {
  capLike,
  effectOf,
  gateWorld,
  grantOf,
  NOW,
  PLAN,
  params,
  pureModule,
  schemaOf,
  verdict,
} from "./gates.ts";

const HTTP = effectOf("http.request");
const NOTHING = { hosts: null, schemes: null, methods: null, ports: null, path_prefixes: null };

function http(grant: object, request: object): string {
  const asked = {
    method: "GET",
    url: "https://api.example.com/",
    headers: new Map(),
    body_ref: null,
    ...request,
  };
  return verdict({
    effect: HTTP,
    grant: grantOf("web", "sys/http.out@1", { ...NOTHING, ...grant }),
    params: params(HTTP, asked),
  });
}

describe("an http.out grant", () => {
  const API = { hosts: ["api.example.com"] };
  it.each([
    [{}, { url: "https://anything.example/" }, "allow"],
    [{ hosts: [] }, { url: "https://anything.example/" }, "allow"],
    [API, {}, "allow"],
    [API, { url: "https://API.example.COM/" }, "allow"],
    [{ hosts: ["API.Example.com"] }, {}, "allow"],
    [API, { url: "https://api.example.com.evil.example/" }, "host_not_allowed"],
    [API, { url: "https://xapi.example.com/" }, "host_not_allowed"],
    [API, { url: "https://example.com/" }, "host_not_allowed"],
    [API, { url: "https://api.example.com@evil.example/" }, "invalid_url"],
    [API, { url: "https://api.example.com\\@evil.example/" }, "invalid_url"],
    [API, { url: "https://api.example.com./" }, "invalid_url"],
    [API, { url: "https://evil.example/#api.example.com" }, "invalid_url"],
    [API, { url: "https://evil.example/?api.example.com" }, "host_not_allowed"],
    [API, { url: "https://evil.example/api.example.com" }, "host_not_allowed"],
    [API, { url: "" }, "invalid_url"],
    [{ schemes: ["https"] }, {}, "allow"],
    [{ schemes: ["HTTPS"] }, {}, "allow"],
    [{ schemes: ["https"] }, { url: "http://api.example.com/" }, "scheme_not_allowed"],
    [{ methods: ["get"] }, {}, "allow"],
    [{ methods: ["GET"] }, { method: "get" }, "allow"],
    [{ methods: ["GET"] }, { method: "POST" }, "method_not_allowed"],
    [{ ports: [443n] }, {}, "allow"],
    [{ ports: [443n] }, { url: "http://api.example.com/" }, "port_not_allowed"],
    [{ ports: [443n] }, { url: "https://api.example.com:8443/" }, "port_not_allowed"],
    [{ ports: [8443n] }, { url: "https://api.example.com:8443/" }, "allow"],
    [{ path_prefixes: ["/api"] }, { url: "https://api.example.com/api/x?y" }, "allow"],
    [{ path_prefixes: ["/api"] }, { url: "https://api.example.com/api-x" }, "path_not_allowed"],
    [{ path_prefixes: ["/api"] }, { url: "https://api.example.com/api/../admin" }, "invalid_url"],
    [{ path_prefixes: ["/api"] }, { url: "https://api.example.com/api/%2e%2e/admin" }, "invalid_url"],
    [{ path_prefixes: ["/api"] }, { url: "https://api.example.com/api%2f..%2fadmin" }, "invalid_url"],
    [{ path_prefixes: ["/x", "/api/"] }, { url: "https://api.example.com/api/x" }, "allow"],
  ])("%o asked for %o: %s", (grant, request, expected) => {
    expect(http(grant, request)).toBe(expected);
  });

  it.each([
    ["http://127.0.0.1/", ["127.0.0.1"]],
    ["http://10.1.2.3/", ["10.1.2.3"]],
    ["http://169.254.169.254/latest/meta-data", ["169.254.169.254"]],
    ["http://100.64.0.1/", ["100.64.0.1"]],
    ["http://0.0.0.0/", ["0.0.0.0"]],
    ["http://[::1]/", ["::1"]],
    ["http://[::1]/", ["[::1]"]],
    ["http://[0:0:0:0:0:0:0:1]/", null],
    ["http://[::ffff:7f00:1]/", ["::ffff:127.0.0.1"]],
    ["http://[64:ff9b::7f00:1]/", ["64:ff9b::7f00:1"]],
    ["http://[2002:7f00:1::]/", ["2002:7f00:1::"]],
    ["http://[fe80::1]/", ["fe80::1"]],
    ["http://[fd00::1]/", ["fd00::1"]],
    ["http://localhost/", ["localhost"]],
    ["http://LOCALHOST/", ["localhost"]],
    ["http://x.localhost/", ["x.localhost"]],
  ])("covers %s only where it lists it: %j", (url, hosts) => {
    const without = hosts === null ? "invalid_url" : "address_not_allowed";
    expect(http({}, { url })).toBe(without);
    expect(http({ hosts: ["api.example.com"] }, { url })).toBe(
      hosts === null ? "invalid_url" : "host_not_allowed",
    );
    if (hosts !== null) expect(http({ hosts }, { url })).toBe("allow");
  });

  it("takes localhost for no address, and an address for no localhost", () => {
    expect(http({ hosts: ["localhost"] }, { url: "http://127.0.0.1/" })).toBe("host_not_allowed");
    expect(http({ hosts: ["127.0.0.1"] }, { url: "http://localhost/" })).toBe("host_not_allowed");
  });

  it.each(["Authorization", "cookie", "Proxy-Authorization", "HOST", "Transfer-Encoding", "content-length"])(
    "does not let an author set %s",
    (name) => {
      expect(http({}, { headers: new Map([[name, "x"]]) })).toBe("header_not_allowed");
      expect(http({}, { headers: new Map([["x-mine", "x"]]) })).toBe("allow");
    },
  );
});

describe("an llm.basic grant", () => {
  const LLM = effectOf("llm.generate");
  const nothing = { providers: null, models: null, max_tokens: null, tools_allow: null };
  it.each([
    [{}, {}, "allow"],
    [{ providers: ["p"] }, {}, "allow"],
    [{ providers: ["q"] }, {}, "provider_not_allowed"],
    [{ providers: ["P"] }, {}, "provider_not_allowed"],
    [{ models: ["m"] }, {}, "allow"],
    [{ models: ["m2"] }, {}, "model_not_allowed"],
    [{ max_tokens: 100n }, {}, "allow"],
    [{ max_tokens: 99n }, {}, "max_tokens_exceeded"],
    [{ tools_allow: ["a"] }, {}, "allow"],
    [{ tools_allow: ["a"] }, { tool_choice: { $tag: "Auto" } }, "allow"],
    [{ tools_allow: ["a"] }, { tool_choice: { $tag: "Tool", $value: { name: "a" } } }, "allow"],
    [{ tools_allow: ["a"] }, { tool_choice: { $tag: "Tool", $value: { name: "b" } } }, "tool_not_allowed"],
  ])("%o asked for %o: %s", (grant, request, expected) => {
    const asked = {
      provider: "p",
      model: "m",
      temperature: "0.5",
      max_tokens: 100n,
      message_refs: [],
      tool_refs: null,
      tool_choice: null,
      api_key: null,
      ...request,
    };
    const given = grantOf("llm", "sys/llm.basic@1", { ...nothing, ...grant });
    expect(verdict({ effect: LLM, grant: given, params: params(LLM, asked) })).toBe(expected);
  });
});

describe("a blob grant", () => {
  const own = effectOf("demo.put", {
    capType: "blob",
    type: typeOf({ record: { namespace: { text: {} } } }),
  });
  const put = effectOf("blob.get");
  const hash = `sha256:${"0".repeat(64)}`;
  it.each([
    [null, put, { blob_ref: hash }, "allow"],
    [["a"], put, { blob_ref: hash }, "namespace_not_allowed"],
    [["a"], own, { namespace: "a" }, "allow"],
    [["a"], own, { namespace: "b" }, "namespace_not_allowed"],
  ])("of namespaces %j", (namespaces, effect, asked, expected) => {
    const grant = grantOf("blobs", "sys/blob@1", { namespaces });
    expect(verdict({ effect, grant, params: params(effect, asked) })).toBe(expected);
  });
});

describe("a timer grant", () => {
  const TIMER = effectOf("timer.set");
  const limited = {
    ...capLike("sys/timer@1", "sys/CapAllowAll@1"),
    schema: typeOf({
      record: { max_delay_ns: { option: { nat: {} } }, min_delay_ns: { option: { nat: {} } } },
    }),
  };
  it.each([
    [{ max_delay_ns: 10n }, 10n, "allow"],
    [{ max_delay_ns: 10n }, 11n, "delay_too_long"],
    [{ min_delay_ns: 10n }, 10n, "allow"],
    [{ min_delay_ns: 10n }, 9n, "delay_too_short"],
    [{ min_delay_ns: 0n }, -5n, "allow"],
    [{ min_delay_ns: 1n }, -5n, "delay_too_short"],
    [{ max_delay_ns: 0n }, -5n, "allow"],
    [{}, 1_000_000_000n, "allow"],
  ])("%o with a timer %s ns ahead: %s", (grant, ahead, expected) => {
    const asked = params(TIMER, { deliver_at_ns: NOW + ahead, key: null });
    expect(verdict({ effect: TIMER, grant: grantOf("t", limited, grant), params: asked })).toBe(expected);
  });
});

describe("a grant's parameters of another form", () => {
  it("deny everything", () => {
    const cap = {
      ...capLike("sys/http.out@1", "sys/CapEnforceHttpOut@1"),
      schema: typeOf({ record: { hosts: { text: {} } } }),
    };
    const grant = grantOf("web", cap, { hosts: "api.example.com" });
    const asked = { method: "GET", url: "https://api.example.com/", headers: new Map(), body_ref: null };
    expect(verdict({ effect: HTTP, grant, params: params(HTTP, asked) })).toBe("cap_params_invalid");
  });
});

describe("the host's own enforcer", () => {
  const evil = params(HTTP, {
    method: "GET",
    url: "https://evil.example/",
    headers: new Map(),
    body_ref: null,
  });
  const api = { ...NOTHING, hosts: ["api.example.com"] };
  const unnamed = grantOf("web", capLike("sys/http.out@1", "sys/CapAllowAll@1"), api);

  it("looks at grants of definitions that name none", () => {
    expect(verdict({ effect: HTTP, grant: unnamed, params: evil })).toBe("host_not_allowed");
  });

  it("spares them under compat, and only them", () => {
    const world = gateWorld({ compat: "agentos" });
    expect(verdict({ effect: HTTP, grant: unnamed, params: evil }, world)).toBe("allow");
    const named = grantOf("web", "sys/http.out@1", api);
    expect(verdict({ effect: HTTP, grant: named, params: evil }, world)).toBe("host_not_allowed");
  });

  it("is asked in place of the module it stands for, listed or not", () => {
    const named = grantOf("web", "sys/http.out@1", api);
    const name = "sys/CapEnforceHttpOut@1";
    const world = gateWorld({ pureModules: new Map([[name, pureModule(name)]]) });
    expect(verdict({ effect: HTTP, grant: named, params: evil }, world)).toBe("host_not_allowed");
  });

  it("is asked before a module of the world, which is asked too", () => {
    const grant = grantOf("web", capLike("sys/http.out@1", "demo/Mine@1"), api);
    const asked: unknown[] = [];
    const world = gateWorld({
      pureModules: new Map([["demo/Mine@1", pureModule("demo/Mine@1")]]),
      run: (module, input) => {
        asked.push(toNative(module.input, module.input.decode(input)));
        return { ok: true, output: answer(false, { code: "tuesday", message: "not on a Tuesday" }) };
      },
    });
    expect(verdict({ effect: HTTP, grant, params: evil }, world)).toBe("host_not_allowed");
    expect(asked).toEqual([]);
    const good = params(HTTP, {
      method: "GET",
      url: "https://api.example.com/",
      headers: new Map(),
      body_ref: null,
    });
    expect(verdict({ effect: HTTP, grant, params: good }, world)).toBe("tuesday");
    expect(asked).toEqual([
      {
        cap_def: "demo/cap@1",
        grant_name: "web",
        cap_params: grant.params,
        effect_kind: "http.request",
        effect_params: good,
        origin: { kind: "plan", name: "demo/P@1" },
        logical_now_ns: NOW,
      },
    ]);
  });

  it("does not know other effects of its type, unless a module of the world does", () => {
    const own = effectOf("demo.fetch", { capType: "http.out", type: typeOf({ unit: {} }) });
    const asked = params(own, null);
    const web = grantOf("web", "sys/http.out@1", NOTHING);
    expect(verdict({ effect: own, grant: web, params: asked })).toBe("effect_kind_mismatch");
    const grant = grantOf("web", capLike("sys/http.out@1", "demo/Mine@1"), NOTHING);
    const world = gateWorld({
      pureModules: new Map([["demo/Mine@1", pureModule("demo/Mine@1")]]),
      run: () => ({ ok: true, output: answer(true) }),
    });
    expect(verdict({ effect: own, grant, params: asked }, world)).toBe("allow");
  });
});

describe("a module that enforces", () => {
  const own = effectOf("demo.mail", { capType: "demo.mail", type: typeOf({ unit: {} }) });
  const cap = { ...capLike("sys/timer@1", "demo/Mine@1"), capType: "demo.mail" };
  const ask = (gave: PureAnswer, module = pureModule("demo/Mine@1")) => {
    const world = gateWorld({ pureModules: new Map([["demo/Mine@1", module]]), run: () => gave });
    const request = { effect: own, grant: grantOf("mail", cap, {}), params: params(own, null) };
    return checkCapability(world, { ...request, origin: PLAN, nowNs: NOW });
  };

  it.each([
    ["agrees", answer(true), "allow"],
    ["agrees, whatever else it says", answer(true, { code: "x", message: "y" }), "allow"],
    ["refuses with a reason", answer(false, { code: "late", message: "too late" }), "late"],
    ["refuses without one", answer(false), "constraints_failed"],
    ["answers something else", Uint8Array.of(0xd9, 0xd9, 0xf7, 0x01), "enforcer_error"],
    ["answers no CBOR", Uint8Array.of(0xff), "enforcer_error"],
  ])("%s", (_, output, expected) => {
    const decision = ask({ ok: true, output });
    expect(decision.denyCode ?? decision.decision).toBe(expected);
    expect(decision.enforcer).toBe("demo/Mine@1");
  });

  it("denies when it fails, is missing or is of another kind", () => {
    const fault = { code: "module.trap", message: `\u001b[31m${"x".repeat(5000)}` };
    const failed = ask({ ok: false, fault });
    expect(failed).toMatchObject({ decision: "deny", denyCode: "enforcer_error" });
    expect(failed.denyMessage!.length).toBeLessThanOrEqual(LIMITS.faultTextMax);
    expect(failed.denyMessage).not.toContain("\u001b");
    const other = pureModule("demo/Mine@1", "sys/CapCheckInput@1", "sys/PureContext@1");
    expect(ask({ ok: true, output: answer(true) }, other).denyCode).toBe("enforcer_error");
    const missing = { effect: own, grant: grantOf("mail", cap, {}), params: params(own, null) };
    expect(verdict(missing)).toBe("enforcer_error");
  });
});

describe("secrets in parameters", () => {
  const own = effectOf("demo.call", {
    capType: "demo.call",
    type: typeOf({ record: { keys: { list: { ref: "sys/TextOrSecretRef@1" } } } }),
  });
  const cap = { ...capLike("sys/timer@1", "sys/CapAllowAll@1"), capType: "demo.call" };
  const key = (alias: string, version = 1n) => ({ $tag: "secret", $value: { alias, version } });
  const secret = (name: string, limits: Partial<SecretDefinition> = {}): [string, SecretDefinition] => [
    name,
    {
      kind: "defsecret",
      name,
      bindingId: "env:X",
      expectedDigest: null,
      allowedCaps: [],
      allowedPlans: [],
      ...limits,
    },
  ];

  it.each([
    ["a literal", [{ $tag: "literal", $value: "x" }], [], "allow"],
    ["a declared one", [key("llm/api")], [secret("llm/api@1")], "allow"],
    ["an undeclared alias", [key("llm/other")], [secret("llm/api@1")], "secret_undeclared"],
    ["an undeclared version", [key("llm/api", 2n)], [secret("llm/api@1")], "secret_undeclared"],
    ["a second one undeclared", [key("a/b"), key("c/d")], [secret("a/b@1")], "secret_undeclared"],
    ["one for this grant", [key("a/b")], [secret("a/b@1", { allowedCaps: ["call"] })], "allow"],
    ["one for another grant", [key("a/b")], [secret("a/b@1", { allowedCaps: ["x"] })], "secret_not_allowed"],
    ["one for this plan", [key("a/b")], [secret("a/b@1", { allowedPlans: ["demo/P@1"] })], "allow"],
    [
      "one for another plan",
      [key("a/b")],
      [secret("a/b@1", { allowedPlans: ["demo/Q@1"] })],
      "secret_not_allowed",
    ],
  ])("%s", (_, keys, secrets, expected) => {
    const request = { effect: own, grant: grantOf("call", cap, {}), params: params(own, { keys }) };
    expect(verdict(request, gateWorld({ secrets: new Map(secrets) }))).toBe(expected);
  });

  it("for some plan are for no reducer", () => {
    const secrets = new Map([secret("a/b@1", { allowedPlans: ["demo/P@1"] })]);
    const request = {
      effect: own,
      grant: grantOf("call", cap, {}),
      params: params(own, { keys: [key("a/b")] }),
    };
    const origin = { kind: "reducer", name: "demo/P@1" } as const;
    expect(checkCapability(gateWorld({ secrets }), { ...request, origin, nowNs: NOW }).denyCode).toBe(
      "secret_not_allowed",
    );
  });
});

describe("the first refusal ends it", () => {
  it("enforcer, then expiry", () => {
    const asked = { method: "GET", url: "https://evil.example/", headers: new Map(), body_ref: null };
    const grant = grantOf("web", "sys/http.out@1", { ...NOTHING, hosts: ["api.example.com"] }, NOW);
    expect(verdict({ effect: HTTP, grant, params: params(HTTP, asked) })).toBe("host_not_allowed");
    const good = params(HTTP, { ...asked, url: "https://api.example.com/" });
    expect(verdict({ effect: HTTP, grant, params: good })).toBe("expired");
  });
});

function answer(agrees: boolean, deny: { code: string; message: string } | null = null): Uint8Array {
  const schema = schemaOf("sys/CapCheckOutput@1");
  return schema.encode(fromNative(schema, { constraints_ok: agrees, deny }));
}
