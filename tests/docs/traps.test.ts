/**
 * Where AgentOS surprises, and no other test shows what happens here: each is a line of
 * docs/compatibility.md. Bytes are AgentOS's where the line says "the same".
 */

import { describe, expect, test } from "vitest";
import type { LoadedWorld } from "../../host/air/load.ts";
import { parseExpr } from "../../host/air/parse/expr.ts";
import { DEFAULT_MODULE_SETTINGS } from "../../host/air/settings.ts";
import { fieldsOf } from "../../host/journal/record.ts";
import { evaluate } from "../../host/plan/expr.ts";
import { taggedBytes } from "../../host/plan/tagged.ts";
import { makeDefinitions } from "../../host/runtime/definitions.ts";
import { runToIdle } from "../../host/testing/clock.ts";
import { toHex, utf8 } from "../../host/values/bytes.ts";
import { canon, decodeCbor } from "../../host/values/cbor.ts";
import { digestOf, hashOf } from "../../host/values/hash.ts";
import { jsonFrom } from "../../host/values/json.ts";
import type { Value } from "../../host/values/value.ts";
import { zeroValue } from "../../host/values/zero.ts";
import { ask, probe } from "../kernel/probe.ts";
import { envelope, tinyReducer } from "../support/modules.ts";
import {
  frameBytes,
  framesOf,
  openVirtual,
  recordsOf,
  recordsOfKind,
  replayJournal,
  startWork,
  T,
  testWorld,
} from "../support/world.ts";
import { faultsOf, schemaOf } from "../values/support.ts";
import { loadAll } from "./load.ts";

const sugar = (type: object, value: unknown): string => {
  const schema = schemaOf(type);
  return toHex(schema.encode(schema.parse(jsonFrom(value), "sugar")));
};

describe("values", () => {
  test("of dec128, hash and uuid are text, times are integers and never dates", () => {
    expect(sugar({ dec128: {} }, "1.50")).toBe("d9d9f764312e3530");
    expect(sugar({ dec128: {} }, "1.5")).not.toBe(sugar({ dec128: {} }, "1.50"));
    const hash = `sha256:${"ab".repeat(32)}`;
    expect(sugar({ hash: {} }, hash)).toBe(`d9d9f77847${toHex(utf8(hash))}`);
    const uuid = "123E4567-e89b-12d3-a456-426614174000";
    expect(sugar({ uuid: {} }, uuid)).toBe(`d9d9f77824${toHex(utf8(uuid))}`);
    expect(sugar({ time: {} }, 1)).toBe("d9d9f701");
    const time = schemaOf({ time: {} });
    expect(faultsOf(() => time.parse(jsonFrom("2026-01-01T00:00:00Z")))).toEqual(["value.wrong_type "]);
  });

  test("of a unit arm that an expression builds carry their null", () => {
    const schema = schemaOf({ variant: { Tick: { unit: {} } } });
    const built = schema.encode(evaluated({ variant: { tag: "Tick" } }));
    expect(toHex(built)).toBe("d9d9f7a26424746167645469636b662476616c7565f6");
    expect(toHex(schema.encode(schema.parse(jsonFrom({ $tag: "Tick" }))))).not.toBe(toHex(built));
  });

  test("of sets are ordered by their bytes on the wire and naturally inside plans", () => {
    expect(sugar({ set: { text: {} } }, ["aa", "b"])).toBe("d9d9f7826162626161");
    const set = evaluated({ set: [{ text: "b" }, { text: "aa" }] });
    expect(set).toMatchObject({ items: [{ value: "aa" }, { value: "b" }] });
    const hash = evaluated({ op: "hash", args: [{ set: [{ text: "b" }, { text: "aa" }] }] });
    expect(hash).toEqual({ kind: "hash", value: hashOf(canonTagged(set)) });
    expect(toHex(taggedBytes(set))).toBe("a16353657482a16454657874626161a164546578746162");
  });
});

function evaluated(json: object): Value {
  const expr = parseExpr(jsonFrom(json), "", ({ message }) => {
    throw new Error(message);
  });
  return evaluate(expr!, { input: { kind: "null" }, variables: new Map(), steps: new Map() });
}

function canonTagged(value: Value): Uint8Array {
  return canon(decodeCbor(taggedBytes(value)));
}

/** A world of one capability, one schema and one plan; `change` is laid over its manifest. */
function load(change: object, ...definitions: object[]): LoadedWorld {
  const manifest = {
    $kind: "manifest",
    air_version: "1",
    schemas: [{ name: "t/E@1" }],
    modules: [],
    plans: [],
    caps: [{ name: "t/cap@1" }],
    policies: [],
    ...change,
  };
  const names = { record: { names: { set: { text: {} } } } };
  const cap = { $kind: "defcap", name: "t/cap@1", cap_type: "t.any", schema: names };
  const event = { $kind: "defschema", name: "t/E@1", type: { record: {} } };
  return loadAll([manifest, cap, event, ...definitions]);
}

describe("definitions", () => {
  test("take a grant's parameters in either lens and hash them tagged", () => {
    const granted = (params: object) =>
      load({ defaults: { cap_grants: [{ name: "g", cap: "t/cap@1", params }] } }).manifest;
    const tagged = granted({ record: { names: { set: [{ text: "a" }, { text: "b" }] } } });
    const plain = granted({ names: ["b", "a", "b"] });
    expect(plain.hash).toBe(tagged.hash);
    expect(plain.grants.get("g")!.hash).toBe(tagged.grants.get("g")!.hash);
    expect(granted({ names: ["a"] }).hash).not.toBe(tagged.hash);
  });

  test.each(["text", "hash", "record", "op"])(
    "take a record whose one field is %s for that record",
    (field) => {
      const planHash = (value: object) => {
        const event = { $kind: "defschema", name: "t/One@1", type: { record: { [field]: { text: {} } } } };
        const steps = [{ id: "raise", op: "raise_event", event: "t/One@1", value }];
        const plan = { $kind: "defplan", name: "t/P@1", input: "t/E@1", steps };
        const lists = { schemas: [{ name: "t/E@1" }, { name: "t/One@1" }], plans: [{ name: "t/P@1" }] };
        return load(lists, event, plan).manifest.plans.get("t/P@1")!.hash;
      };
      expect(planHash({ [field]: "a" })).toBe(planHash({ record: { [field]: { text: "a" } } }));
    },
  );

  test("hash a unit arm of a plan's value as AIR writes it, and raise it with its null", () => {
    const planOf = (tick: object) => {
      const event = { $kind: "defschema", name: "t/One@1", type: { variant: { Tick: { unit: {} } } } };
      const steps = [{ id: "raise", op: "raise_event", event: "t/One@1", value: tick }];
      const plan = { $kind: "defplan", name: "t/P@1", input: "t/E@1", steps };
      const lists = { schemas: [{ name: "t/E@1" }, { name: "t/One@1" }], plans: [{ name: "t/P@1" }] };
      const { manifest } = load(lists, event, plan);
      const { hash, definition } = manifest.plans.get("t/P@1")!;
      const [step] = definition.steps;
      if (step?.op !== "raise_event" || step.value.kind !== "literal") throw new Error("no literal");
      return { hash, raised: toHex(manifest.schemas.get("t/One@1")!.encode(step.value.value)) };
    };
    const short = [{ Tick: null }, { $tag: "Tick" }, { tag: "Tick" }].map(planOf);
    const long = [
      { tag: "Tick", value: { null: {} } },
      { $tag: "Tick", $value: null },
    ].map(planOf);
    expect(new Set(short.map(({ hash }) => hash)).size).toBe(1);
    expect(new Set(long.map(({ hash }) => hash)).size).toBe(1);
    expect(short[0]!.hash).not.toBe(long[0]!.hash);
    for (const { raised } of [...short, ...long]) {
      expect(raised).toBe("d9d9f7a26424746167645469636b662476616c7565f6");
    }
  });

  test("need no effects, and have capability types of their own", () => {
    const { manifest, warnings } = load({});
    expect(warnings).toEqual([]);
    expect(manifest.effects.size).toBe(0);
  });
});

describe("a world", () => {
  test("keeps an opaque state as the module returned it, whatever it is", async () => {
    const state = utf8("no CBOR at all");
    const wasm = tinyReducer({ output: envelope(["state", state]) });
    const world = await testWorld({ module: { wasm, hash: hashOf(wasm) } });
    const { manifest, settings } = world.definitions;
    const modules = new Map([["demo/RetrySM@1", { ...DEFAULT_MODULE_SETTINGS, state: "opaque" as const }]]);
    const definitions = makeDefinitions(manifest, { ...settings, modules });
    const { engine, journal } = await openVirtual({ ...world, definitions });
    await startWork(engine);
    expect((await recordsOfKind(journal, "delivery")).map((record) => record.state)).toEqual([state]);
    expect([...engine.cells.existing()].map((each) => each.state)).toEqual([state]);
    expect(await replayJournal(journal)).toMatchObject({ verdict: "identical" });
  });

  test("journals hashes as byte strings of 32", async () => {
    const { engine, journal } = await openVirtual(await testWorld());
    await startWork(engine);
    const [intent] = await recordsOfKind(journal, "effect_intent");
    const bytes = (await frameBytes(journal)).map(toHex).join("");
    expect(bytes).toContain(`5820${toHex(digestOf(intent!.intentHash))}`);
    expect(bytes).not.toContain(toHex(utf8(intent!.intentHash)));
  });

  test("stamps a frame once, and no record in it", async () => {
    const { engine, journal } = await openVirtual(await testWorld());
    await startWork(engine);
    const frame = (await framesOf(journal))[1]!;
    expect(frame.records.length).toBeGreaterThan(5);
    expect(frame.head).toMatchObject({ logicalNs: T, wallNs: T });
    for (const { kind } of frame.records) {
      const names = fieldsOf(kind).map(({ name }) => name);
      expect(
        names.filter((name) => /now|logical|wall|entropy|height/.test(name)),
        kind,
      ).toEqual([]);
    }
  });

  test("gives equal intents one hash and ids of their own", async () => {
    const params = canon(
      new Map<string, bigint | null>([
        ["deliver_at_ns", T + 10n ** 18n],
        ["key", null],
      ]),
    );
    const effect = new Map<string, string | Uint8Array>([
      ["kind", "timer.set"],
      ["params_cbor", params],
    ]);
    const wasm = tinyReducer({ output: envelope(["state", null], ["effects", [effect, effect]]) });
    const world = await testWorld({ name: "retry-backoff-workflow", module: { wasm, hash: hashOf(wasm) } });
    const { engine, journal } = await openVirtual(world);
    await startWork(engine);
    const intents = await recordsOfKind(journal, "effect_intent");
    expect(new Set(intents.map(({ intentHash }) => intentHash)).size).toBe(1);
    expect([...engine.state.intents.keys()]).toEqual(["1.0", "1.1"]);
  });

  test("brings a receipt to the reducer that asked and to no other, and to triggers", async () => {
    const other = `{ "$kind": "defmodule", "name": "demo/Other@1", "module_kind": "reducer", "wasm_hash": "HASH",
      "abi": { "reducer": { "state": "demo/RetryState@1", "event": "sys/TimerFired@1" } } }`;
    const plan = `{ "$kind": "defplan", "name": "demo/OnTimer@1", "input": "sys/TimerFired@1",
      "steps": [{ "id": "stop", "op": "end" }] }`;
    const module = await probe();
    const edit = (path: string, text: string): string => {
      if (path === "module.air.json") return `[${text}, ${other.replace("HASH", module.hash)}, ${plan}]`;
      if (path !== "manifest.air.json") return text;
      return text
        .replace(`"modules": [`, `"modules": [{ "name": "demo/Other@1" },`)
        .replace(`"plans": [`, `"plans": [{ "name": "demo/OnTimer@1" },`)
        .replace(`"events": [`, `"events": [{ "event": "sys/TimerFired@1", "reducer": "demo/Other@1" },`)
        .replace(`"triggers": [`, `"triggers": [{ "event": "sys/TimerFired@1", "plan": "demo/OnTimer@1" },`);
    };
    const { engine, clock, journal } = await openVirtual(await testWorld({ module, edit }));
    await ask(engine, "timer");
    await runToIdle(engine, clock);
    const records = await recordsOf(journal);
    const fired = records.findIndex(
      (each) => each.kind === "domain_event" && each.schema === "sys/TimerFired@1",
    );
    const after = records.slice(fired);
    expect(after.flatMap((each) => (each.kind === "delivery" ? [each.cell!.reducer] : []))).toEqual([
      "demo/RetrySM@1",
    ]);
    expect(after.flatMap((each) => (each.kind === "plan_started" ? [each.plan] : []))).toEqual([
      "demo/OnTimer@1",
    ]);
  });

  test("takes an event of a receipt's schema from outside for an event: it goes by the routes and settles nothing", async () => {
    const { engine, clock, journal } = await openVirtual(await testWorld({ module: await probe() }));
    await ask(engine, "timer");
    const schema = engine.state.definitions.manifest.schemas.get("sys/TimerFired@1")!;
    const value = () => schema.encode(zeroValue(schema.type));
    await engine.send({ schema: schema.name, value });
    expect(await recordsOfKind(journal, "effect_receipt")).toEqual([]);
    expect([...engine.state.intents.keys()]).toEqual(["1.0"]);
    const [sent] = await recordsOfKind(journal, "domain_event").then((all) =>
      all.filter((each) => each.schema === schema.name),
    );
    expect(sent).toMatchObject({ cause: null });
    await runToIdle(engine, clock);
    expect(await recordsOfKind(journal, "effect_receipt")).toHaveLength(1);
    const deliveries = await recordsOfKind(journal, "delivery");
    expect(deliveries.filter(({ arm }) => arm === "Timer")).toHaveLength(2);
  });

  test("takes the only grant of the type for an unbound default slot, and none of several", async () => {
    const unbound = (text: string) => text.replace(/"module_bindings": \{[\s\S]*?\}\s*\}\s*\},/, "");
    const deliveries = async (edit: (text: string) => string) => {
      const module = await probe();
      const world = testWorld({
        module,
        edit: (path, text) => (path === "manifest.air.json" ? edit(text) : text),
      });
      const { engine, journal } = await openVirtual(await world);
      await ask(engine, "timer");
      return recordsOfKind(journal, "delivery");
    };
    expect(await deliveries(unbound)).toMatchObject([{ outcome: "ok" }]);
    const second = `"cap_grants": [{ "name": "second", "cap": "sys/timer@1", "params": { "record": {} } },`;
    const two = (text: string) => unbound(text).replace(`"cap_grants": [`, second);
    expect(await deliveries(two)).toMatchObject([{ outcome: "fault", faultCode: "cap.binding_missing" }]);
  });

  test("correlates a plan by the event's key where the trigger names no path", async () => {
    const edit = (path: string, text: string) =>
      path === "manifest.air.json" ? text.replace(/,\s*"correlate_by": "req_id"/, "") : text;
    const { engine, journal } = await openVirtual(await testWorld({ edit }));
    const schema = engine.state.definitions.manifest.schemas.get("demo/WorkRequested@1")!;
    const value = () => schema.encode(schema.parse(jsonFrom({ req_id: "r", payload: "p" })));
    const key = Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8);
    await engine.send({ schema: schema.name, value, key });
    await engine.send({ schema: schema.name, value });
    const started = await recordsOfKind(journal, "plan_started");
    expect(started.map(({ correlation }) => correlation)).toEqual([
      taggedBytes({ kind: "bytes", value: key }),
      null,
    ]);
  });
});
