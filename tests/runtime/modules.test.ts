/** Modules whose work goes through the gate and comes back: a reducer that keeps blobs, an enforcer of a world. */

import { afterEach, describe, expect, it } from "vitest";
import { readWhole } from "../../host/replay/recording/assemble.ts";
import { capture } from "../../host/replay/recording/capture.ts";
import { replayRecording } from "../../host/replay/recording/replay.ts";
import { makeDefinitions } from "../../host/runtime/definitions.ts";
import type { Engine } from "../../host/runtime/engine.ts";
import { utf8 } from "../../host/values/bytes.ts";
import { type Cbor, canon } from "../../host/values/cbor.ts";
import { hashOf } from "../../host/values/hash.ts";
import { loadAll } from "../docs/load.ts";
import { planWorld } from "../kernel/planned.ts";
import { envelope } from "../support/modules.ts";
import { compileWat } from "../support/wat.ts";
import {
  openVirtual,
  recordsOfKind,
  replayJournal,
  send,
  type TestWorld,
  valueJson,
} from "../support/world.ts";

const closing: Engine[] = [];
afterEach(async () => {
  for (const engine of closing.splice(0)) await engine.close();
});

const BYTES = utf8("kept for later");
const HASH = hashOf(BYTES);

/**
 * A reducer that counts its events in its state, and answers the first, the second and the third with one of
 * these effects each.
 */
async function counting(first: Cbor, second: Cbor, third: Cbor = []): Promise<Uint8Array> {
  const outputs = [first, second, third, []].map((effects, i) =>
    envelope(["state", Uint8Array.of(i + 1)], ["effects", effects]),
  );
  const data = outputs.map((bytes, i) => `(data (i32.const ${1024 * (i + 1)}) "${escaped(bytes)}")`);
  const lengths = outputs.map(
    (bytes, i) => `(if (i32.eq (local.get $seen) (i32.const ${i})) (then
    (i32.store (local.get $ret) (i32.const ${1024 * (i + 1)}))
    (i32.store offset=4 (local.get $ret) (i32.const ${bytes.length}))))`,
  );
  // The input begins with {"version": 1, "state": ...}: null, or a byte string of one number, at 16.
  return compileWat(`(module
    (memory (export "memory") 3)
    ${data.join("\n")}
    (func (export "alloc") (param i32) (result i32)
      (local $at i32)
      (local.set $at (global.get $heap))
      (global.set $heap (i32.add (global.get $heap) (local.get 0)))
      (local.get $at))
    (global $heap (mut i32) (i32.const 65536))
    (func (export "step") (param $ret i32) (param $at i32) (param $length i32)
      (local $seen i32)
      (if (i32.eq (i32.load8_u offset=16 (local.get $at)) (i32.const 0x41))
        (then (local.set $seen (i32.load8_u offset=17 (local.get $at)))))
      ${lengths.join("\n")}))`);
}

function escaped(bytes: Uint8Array): string {
  return [...bytes].map((byte) => `\\${byte.toString(16).padStart(2, "0")}`).join("");
}

function effect(kind: string, params: ReadonlyMap<string, Cbor>): Cbor {
  return [
    new Map<string, Cbor>([
      ["kind", kind],
      ["params_cbor", canon(params)],
    ]),
  ];
}

const put = (hash: string) =>
  effect(
    "blob.put",
    new Map<string, Cbor>([
      ["blob_ref", hash],
      ["bytes", BYTES],
    ]),
  );
const get = (hash: string) => effect("blob.get", new Map<string, Cbor>([["blob_ref", hash]]));

function blobWorld(wasm: Uint8Array): TestWorld {
  const arms = { Go: "t/Go@1", Put: "sys/BlobPutResult@1", Got: "sys/BlobGetResult@1" };
  const event = Object.fromEntries(Object.entries(arms).map(([tag, ref]) => [tag, { ref }]));
  const { manifest, settings } = loadAll([
    {
      $kind: "manifest",
      air_version: "1",
      schemas: ["t/Go@1", "t/Event@1", "t/Count@1"].map((name) => ({ name })),
      modules: [{ name: "t/R@1" }],
      plans: [],
      effects: [{ name: "sys/blob.put@1" }, { name: "sys/blob.get@1" }],
      caps: [{ name: "sys/blob@1" }],
      policies: [],
      defaults: {
        cap_grants: [{ name: "blobs", cap: "sys/blob@1", params: { record: { namespaces: { null: {} } } } }],
      },
      routing: { events: [{ event: "t/Event@1", reducer: "t/R@1" }] },
    },
    { $kind: "defschema", name: "t/Go@1", type: { record: {} } },
    { $kind: "defschema", name: "t/Count@1", type: { nat: {} } },
    { $kind: "defschema", name: "t/Event@1", type: { variant: event } },
    {
      $kind: "defmodule",
      name: "t/R@1",
      module_kind: "reducer",
      wasm_hash: hashOf(wasm),
      abi: { reducer: { state: "t/Count@1", event: "t/Event@1", effects_emitted: ["blob.put", "blob.get"] } },
    },
  ]);
  return { definitions: makeDefinitions(manifest, settings), findModule: async () => wasm };
}

describe("blobs of a reducer", () => {
  async function run(wasm: Uint8Array) {
    const world = blobWorld(wasm);
    const { engine, journal } = await openVirtual(world);
    closing.push(engine);
    await send(engine, "t/Go@1", {});
    await engine.whenIdle();
    expect(await replayJournal(journal)).toMatchObject({ verdict: "identical" });
    const heard = (await recordsOfKind(journal, "domain_event"))
      .filter(({ schema }) => schema.startsWith("sys/Blob"))
      .map(({ schema, value }) => valueJson(world.definitions, schema, value));
    const faults = (await recordsOfKind(journal, "delivery")).map(({ faultCode }) => faultCode);
    return { engine, journal, heard, faults };
  }

  it("are kept and read again, and it hears of both", async () => {
    const { engine, journal, heard, faults } = await run(await counting(put(HASH), get(HASH)));
    expect(faults).toEqual([null, null, null]);
    const base64 = Buffer.from(BYTES).toString("base64");
    expect(heard).toMatchObject([
      {
        effect_kind: "blob.put",
        adapter_id: "host.blob.put",
        status: "ok",
        receipt: { blob_ref: HASH, size: 14 },
      },
      { adapter_id: "host.blob.get", status: "ok", receipt: { blob_ref: HASH, size: 14, bytes: base64 } },
    ]);
    expect(await journal.getBlob(engine.worldId, HASH)).toEqual(BYTES);
  });

  it("put under another hash are not kept, and it hears of the right one", async () => {
    const other = hashOf(utf8("other"));
    const { engine, journal, heard } = await run(await counting(put(other), get(HASH)));
    expect(heard).toMatchObject([
      { status: "error", requested: { blob_ref: other }, receipt: { blob_ref: HASH, size: 14 } },
      { status: "error", receipt: { bytes: "", size: 0 } },
    ]);
    expect(await journal.getBlob(engine.worldId, HASH)).toBeNull();
  });
});

describe("an enforcer of a world", () => {
  async function answering(agrees: boolean): Promise<Uint8Array> {
    const deny = agrees
      ? null
      : new Map([
          ["code", "closed"],
          ["message", "the shop is closed"],
        ]);
    const output = envelope([
      "output",
      canon(
        new Map<string, Cbor>([
          ["deny", deny],
          ["constraints_ok", agrees],
        ]),
      ),
    ]);
    return compileWat(`(module
      (memory (export "memory") 3)
      (data (i32.const 1024) "${escaped(output)}")
      (func (export "alloc") (param i32) (result i32) (i32.const 65536))
      (func (export "run") (param i32 i32) (result i32 i32) (i32.const 1024) (i32.const ${output.length})))`);
  }

  async function run(wasm: Uint8Array) {
    const world = planWorld({
      plans: [
        {
          steps: [
            {
              id: "ask",
              op: "emit_effect",
              kind: "t.ring",
              params: { record: { text: { text: "x" }, n: { int: 1 }, maybe: { null: {} } } },
              cap: "ring",
              bind: { effect_id_as: "asked" },
            },
          ],
          edges: [],
        },
      ],
      grants: [{ name: "ring", cap: "t/ringcap@1", params: { record: {} } }],
      more: [
        define("effects", {
          $kind: "defeffect",
          name: "t/ring@1",
          kind: "t.ring",
          params_schema: "t/Params@1",
          receipt_schema: "t/Receipt@1",
          cap_type: "t.ring",
          origin_scope: "plan",
        }),
        define("caps", {
          $kind: "defcap",
          name: "t/ringcap@1",
          cap_type: "t.ring",
          schema: { record: {} },
          enforcer: { module: "t/Enforcer@1" },
        }),
        define("modules", {
          $kind: "defmodule",
          name: "t/Enforcer@1",
          module_kind: "pure",
          wasm_hash: hashOf(wasm),
          abi: { pure: { input: "sys/CapCheckInput@1", output: "sys/CapCheckOutput@1" } },
        }),
      ],
    });
    const { engine, journal } = await openVirtual(
      { ...world, findModule: async () => wasm },
      { adapters: { "t.ring": () => ({ receipt: { n: 1n, maybe: null } }) } },
    );
    closing.push(engine);
    await send(engine, "t/Go@1", { id: "a", n: 1 });
    await engine.whenIdle();
    expect(await replayJournal(journal)).toMatchObject({ verdict: "identical" });
    return journal;
  }

  const define = (list: string, definition: object) => ({ list, definition: definition as { name: string } });

  it("is a pure module, and its word counts", async () => {
    const agreed = await run(await answering(true));
    expect(await recordsOfKind(agreed, "cap_decision")).toMatchObject([
      { decision: "allow", enforcer: "t/Enforcer@1" },
    ]);
    expect(await recordsOfKind(agreed, "effect_receipt")).toMatchObject([{ status: "ok" }]);
    const refused = await run(await answering(false));
    expect(await recordsOfKind(refused, "cap_decision")).toMatchObject([
      { decision: "deny", denyCode: "closed", denyMessage: "the shop is closed", enforcer: "t/Enforcer@1" },
    ]);
    expect(await recordsOfKind(refused, "effect_intent")).toEqual([]);
  });

  it("goes into a recording with the reducers, which then needs nothing else", async () => {
    const journal = await run(await answering(true));
    const [id] = await journal.worlds();
    const options = { embedModules: true, engine: "airloom test", sign: null };
    const recording = await readWhole(capture(journal, id!, options));
    expect(recording.header.modules.map(({ name }) => name)).toContain("t/Enforcer@1");
    const report = await replayRecording(capture(journal, id!, options), {
      against: null,
      findModule: async () => null,
    });
    expect(report).toMatchObject({ verdict: "identical", error: null });
  });

  it("that traps denies", async () => {
    const wasm = await compileWat(`(module
      (memory (export "memory") 3)
      (func (export "alloc") (param i32) (result i32) (i32.const 65536))
      (func (export "run") (param i32 i32) (result i32 i32) unreachable))`);
    expect(await recordsOfKind(await run(wasm), "cap_decision")).toMatchObject([
      { decision: "deny", denyCode: "enforcer_error" },
    ]);
  });
});
