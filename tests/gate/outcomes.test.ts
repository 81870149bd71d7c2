/**
 * Every outcome of the gate: what refuses, under which code, and what is kept of the decision. The codes are those that
 * the source of the gate can give and docs/air.md lists, no more and no fewer.
 */

import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { PolicyDefinition, PolicyRule, SecretDefinition } from "../../host/air/definitions.ts";
import type { Effect, Grant } from "../../host/air/manifest.ts";
import type { GateWorld } from "../../host/gate/capability.ts";
import { decide } from "../../host/gate/decide.ts";
import type { PureAnswer } from "../../host/gate/module.ts";
import { fromNative } from "../../host/values/native.ts";
import { ROOT, readText } from "../architecture/source.ts";
import { codeIn, headingsOf, sectionOf, tableAfter } from "../docs/page.ts";
import { typeOf } from "../values/support.ts";
import { capLike, effectOf, gateWorld, grantOf, NOW, PLAN, params, pureModule, schemaOf } from "./gates.ts";

const PAGE = readText("docs/air.md");
const HTTP = effectOf("http.request");
const LLM = effectOf("llm.generate");
const TIMER = effectOf("timer.set");
const BLOB = effectOf("blob.get");
const OWN = effectOf("demo.mail", { capType: "demo.mail", type: typeOf({ unit: {} }) });

interface Asked {
  readonly effect: Effect;
  readonly grant: Grant;
  readonly params: Uint8Array;
  readonly world?: Partial<GateWorld>;
}

function http(grant: object, request: object = {}): Asked {
  const nothing = { hosts: null, schemes: null, methods: null, ports: null, path_prefixes: null };
  const asked = { method: "GET", url: "https://api.example/x", headers: new Map(), body_ref: null };
  return {
    effect: HTTP,
    grant: grantOf("web", "sys/http.out@1", { ...nothing, ...grant }),
    params: params(HTTP, { ...asked, ...request }),
  };
}

function llm(grant: object): Asked {
  const nothing = { providers: null, models: null, max_tokens: null, tools_allow: null };
  const asked = {
    provider: "p",
    model: "m",
    temperature: "0.5",
    max_tokens: 100n,
    message_refs: [],
    tool_refs: null,
    tool_choice: { $tag: "Tool", $value: { name: "t" } },
    api_key: null,
  };
  const given = grantOf("llm", "sys/llm.basic@1", { ...nothing, ...grant });
  return { effect: LLM, grant: given, params: params(LLM, asked) };
}

function timer(grant: object, ahead = 10n, expiryNs: bigint | null = null): Asked {
  const limit = { option: { nat: {} } };
  const cap = {
    ...capLike("sys/timer@1", "sys/CapAllowAll@1"),
    schema: typeOf({ record: { max_delay_ns: limit, min_delay_ns: limit } }),
  };
  return {
    effect: TIMER,
    grant: grantOf("t", cap, grant, expiryNs),
    params: params(TIMER, { deliver_at_ns: NOW + ahead, key: null }),
  };
}

/** An effect whose capability is enforced by a module of the world. */
function enforced(answer: PureAnswer | null): Asked {
  const cap = { ...capLike("sys/timer@1", "demo/Mine@1"), capType: "demo.mail" };
  const pureModules = new Map(answer === null ? [] : [["demo/Mine@1", pureModule("demo/Mine@1")]]);
  const world = { pureModules, run: () => answer! };
  return { effect: OWN, grant: grantOf("mail", cap, {}), params: params(OWN, null), world };
}

function says(agrees: boolean, deny: object | null = null): PureAnswer {
  const schema = schemaOf("sys/CapCheckOutput@1");
  return { ok: true, output: schema.encode(fromNative(schema, { constraints_ok: agrees, deny })) };
}

function secret(limits: Partial<SecretDefinition> | null): Asked {
  const effect = effectOf("demo.call", {
    capType: "demo.mail",
    type: typeOf({ record: { key: { ref: "sys/TextOrSecretRef@1" } } }),
  });
  const cap = { ...capLike("sys/timer@1", "sys/CapAllowAll@1"), capType: "demo.mail" };
  const key = { $tag: "secret", $value: { alias: "a/b", version: 1n } };
  const definition: SecretDefinition = {
    kind: "defsecret",
    name: "a/b@1",
    bindingId: "env:X",
    expectedDigest: null,
    allowedCaps: [],
    allowedPlans: [],
    ...limits,
  };
  const secrets = new Map(limits === null ? [] : [["a/b@1", definition]]);
  return { effect, grant: grantOf("mail", cap, {}), params: params(effect, { key }), world: { secrets } };
}

/** An effect of a kind that an enforcer knows, without anything that it looks at. */
function formless({ effect, grant }: Asked): Asked {
  const { effectKind, capType } = effect.definition;
  const empty = effectOf("demo.mail", { capType, type: typeOf({ record: {} }) });
  const definition = { ...empty.definition, effectKind };
  return { effect: { ...empty, definition }, grant, params: params(empty, {}) };
}

const textHosts = {
  ...capLike("sys/http.out@1", "sys/CapEnforceHttpOut@1"),
  schema: typeOf({ record: { hosts: { text: {} } } }),
};
const blobs = grantOf("blobs", "sys/blob@1", { namespaces: ["a"] });
const blobAsked = params(BLOB, { blob_ref: `sha256:${"0".repeat(64)}` });
const CAPABILITIES = "Capabilities and policy";
const NATIVE_HTTP = "sys/CapEnforceHttpOut@1";
const NATIVE_LLM = "sys/CapEnforceLlmBasic@1";

/** Section of docs/air.md, the deny code, who found it, and what was asked. */
const DENIALS: readonly (readonly [section: string, code: string, enforcer: string, asked: Asked])[] = [
  [CAPABILITIES, "invalid_url", NATIVE_HTTP, http({}, { url: "https://u@api.example/" })],
  [CAPABILITIES, "host_not_allowed", NATIVE_HTTP, http({ hosts: ["other.example"] })],
  [CAPABILITIES, "address_not_allowed", NATIVE_HTTP, http({}, { url: "http://10.0.0.1/" })],
  [CAPABILITIES, "scheme_not_allowed", NATIVE_HTTP, http({ schemes: ["http"] })],
  [CAPABILITIES, "port_not_allowed", NATIVE_HTTP, http({ ports: [80n] })],
  [CAPABILITIES, "path_not_allowed", NATIVE_HTTP, http({ path_prefixes: ["/y"] })],
  [CAPABILITIES, "method_not_allowed", NATIVE_HTTP, http({ methods: ["POST"] })],
  [CAPABILITIES, "header_not_allowed", NATIVE_HTTP, http({}, { headers: new Map([["host", "x"]]) })],
  [
    CAPABILITIES,
    "effect_kind_mismatch",
    NATIVE_HTTP,
    { ...http({}), effect: effectOf("demo.mail", { capType: "http.out", type: typeOf({ unit: {} }) }) },
  ],
  [CAPABILITIES, "provider_not_allowed", NATIVE_LLM, llm({ providers: ["q"] })],
  [CAPABILITIES, "model_not_allowed", NATIVE_LLM, llm({ models: ["n"] })],
  [CAPABILITIES, "max_tokens_exceeded", NATIVE_LLM, llm({ max_tokens: 99n })],
  [CAPABILITIES, "tool_not_allowed", NATIVE_LLM, llm({ tools_allow: ["u"] })],
  [CAPABILITIES, "namespace_not_allowed", "native:blob", { effect: BLOB, grant: blobs, params: blobAsked }],
  [CAPABILITIES, "delay_too_long", "native:timer", timer({ max_delay_ns: 9n })],
  [CAPABILITIES, "delay_too_short", "native:timer", timer({ min_delay_ns: 11n })],
  [
    CAPABILITIES,
    "cap_params_invalid",
    NATIVE_HTTP,
    { ...http({}), grant: grantOf("web", textHosts, { hosts: "api.example" }) },
  ],
  [CAPABILITIES, "effect_params_invalid", NATIVE_HTTP, formless(http({}))],
  [CAPABILITIES, "effect_params_invalid", NATIVE_LLM, formless(llm({}))],
  [CAPABILITIES, "effect_params_invalid", "native:timer", formless(timer({ max_delay_ns: 9n }))],
  [CAPABILITIES, "expired", "native:timer", timer({}, 10n, NOW)],
  [CAPABILITIES, "secret_undeclared", "sys/CapAllowAll@1", secret(null)],
  [CAPABILITIES, "secret_not_allowed", "sys/CapAllowAll@1", secret({ allowedCaps: ["other"] })],
  [CAPABILITIES, "enforcer_error", "demo/Mine@1", enforced(null)],
  [
    CAPABILITIES,
    "enforcer_error",
    "demo/Mine@1",
    enforced({ ok: false, fault: { code: "module.trap", message: "unreachable" } }),
  ],
  [CAPABILITIES, "enforcer_error", "demo/Mine@1", enforced({ ok: true, output: Uint8Array.of(0xff) })],
  [CAPABILITIES, "constraints_failed", "demo/Mine@1", enforced(says(false))],
];

describe("the gate denies", () => {
  it.each(DENIALS)("%s: %s, found by %s", (_section, code, enforcer, { world, ...asked }) => {
    const policy = policyOf([allow({})]);
    const decision = decide(policy, { ...asked, origin: PLAN, nowNs: NOW }, gateWorld(world));
    const { effectKind } = asked.effect.definition;
    expect(decision).toMatchObject({
      capability: { decision: "deny", denyCode: code, enforcer },
      policy: null,
      refusal: { code: "capability.denied" },
    });
    const { message } = decision.refusal!;
    const who = `${effectKind} by plan demo/P@1 under the grant '${asked.grant.name}': `;
    expect(message).toBe(`${who}${decision.capability.denyMessage}`);
    expect(message.length).toBeGreaterThan(who.length);
  });

  it("with every code that its source has and docs/air.md lists, and no other", () => {
    const tested = new Set(DENIALS.map(([, code]) => code));
    expect([...tested].sort()).toEqual(codesInSource());
    const section = sectionOf(PAGE, CAPABILITIES);
    const told = new Set(codeIn(section));
    expect([...tested].filter((code) => !told.has(code))).toEqual([]);
    const listed = ["| step | refuses with", "| type | reads of a grant"].flatMap((table) =>
      tableAfter(section, table).flatMap((cells) => codeIn(cells[table.startsWith("| step") ? 1 : 2]!)),
    );
    const codes = listed.filter((word) => !word.includes("."));
    expect(codes.filter((code) => !tested.has(code))).toEqual([]);
  });

  it("under sections that docs/air.md has", () => {
    const headings = headingsOf(PAGE);
    for (const [section] of DENIALS) expect(headings).toContain(section);
    for (const [section] of POLICIES) expect(headings).toContain(section);
  });
});

const allow = (when: PolicyRule["when"]): PolicyRule => ({ when, decision: "allow" });
const deny = (when: PolicyRule["when"]): PolicyRule => ({ when, decision: "deny" });

const policyOf = (rules: readonly PolicyRule[] | null): PolicyDefinition | null =>
  rules === null ? null : { kind: "defpolicy", name: "demo/p@1", rules };

/** Section, the rules (null: no policy), what is decided, by which policy and rule. */
const POLICIES: readonly (readonly [
  section: string,
  rules: readonly PolicyRule[] | null,
  decision: "allow" | "deny",
  policy: string,
  ruleIndex: bigint | null,
])[] = [
  [CAPABILITIES, null, "allow", "allow_all", null],
  [CAPABILITIES, [], "deny", "demo/p@1", null],
  [CAPABILITIES, [allow({ effectKind: "blob.get" })], "deny", "demo/p@1", null],
  [CAPABILITIES, [allow({ effectKind: "timer.set" })], "allow", "demo/p@1", 0n],
  [CAPABILITIES, [allow({ effectKind: "blob.get" }), allow({})], "allow", "demo/p@1", 1n],
  ["defpolicy", [deny({ capName: "t" }), allow({})], "deny", "demo/p@1", 0n],
  ["defpolicy", [deny({ originKind: "reducer" }), allow({ originKind: "plan" })], "allow", "demo/p@1", 1n],
  ["The workflow spelling", [deny({ originKind: "workflow" }), allow({})], "allow", "demo/p@1", 1n],
];

describe("the policy decides", () => {
  it.each(POLICIES)("%s: %j %ss, by %s, rule %s", (_section, rules, decision, policy, ruleIndex) => {
    const decided = decide(policyOf(rules), { ...timer({}), origin: PLAN, nowNs: NOW }, gateWorld());
    expect(decided).toMatchObject({
      capability: { decision: "allow", denyCode: null },
      policy: { decision, policy, ruleIndex },
    });
    expect(decided.refusal?.code ?? null).toBe(decision === "allow" ? null : "policy.denied");
  });
});

/** What the gate's source denies with. Names of fields make two of one: `provider`, `model`. */
function codesInSource(): readonly string[] {
  const folders = ["host/gate", "host/gate/native"];
  const texts = folders.flatMap((folder) =>
    readdirSync(join(ROOT, folder))
      .filter((name) => name.endsWith(".ts"))
      .map((name) => readText(`${folder}/${name}`)),
  );
  const codes = new Set<string>();
  for (const text of texts) {
    for (const [, code] of text.matchAll(/denial\(\s*"([a-z_]+)"/g)) codes.add(code!);
    for (const [, rest] of text.matchAll(/denial\(\s*`\$\{field\}([a-z_]+)`/g)) {
      for (const [, field] of text.matchAll(/checkName\([^)]*"(\w+)"\)/g)) codes.add(`${field}${rest}`);
    }
  }
  return [...codes].sort();
}
