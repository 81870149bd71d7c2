/** A plan looks at its own world, and is answered in the same frame. */

import { describe, expect, it } from "vitest";
import { cellNote, MemoryCells } from "../../host/kernel/cells.ts";
import type { FrameSeq, LogicalTimeNs } from "../../host/values/brand.ts";
import { toHex } from "../../host/values/bytes.ts";
import { canon, decodeCbor } from "../../host/values/cbor.ts";
import { hashOf } from "../../host/values/hash.ts";
import { stringifyJson } from "../../host/values/json.ts";
import { type Value, variantTag } from "../../host/values/value.ts";
import { envelope, tinyReducer } from "../support/modules.ts";
import { entryOf } from "./bare.ts";
import {
  endsIn,
  ofKind,
  type Planned,
  type PlanWorldParts,
  planned,
  planWorld,
  settledIn,
  shape,
} from "./planned.ts";
import { chain } from "./steps.ts";

const STATE = canon(7n);
const WASM = tinyReducer({ output: envelope(["state", STATE]) });
const BUILTINS = ["manifest", "reducer_state", "journal_head", "list_cells"].map(
  (kind) => `sys/introspect.${kind}@1`,
);

const moduleOf = (name: string, keyed: boolean) => ({
  $kind: "defmodule",
  name,
  module_kind: "reducer",
  wasm_hash: hashOf(WASM),
  ...(keyed ? { key_schema: "t/Id@1" } : {}),
  abi: { reducer: { state: "t/State@1", event: "t/Heard@1" } },
});
const schema = (name: string, type: object) => ({
  list: "schemas",
  definition: { $kind: "defschema", name, type },
});

const question = (id: string, kind: string, params: object) => ({
  id,
  op: "emit_effect",
  kind: `introspect.${kind}`,
  params,
  cap: "q",
  bind: { effect_id_as: `${id}_h` },
});
const answerTo = (id: string, question: string) => ({
  id,
  op: "await_receipt",
  for: { ref: `@var:${question}_h` },
  bind: { as: `${id}_answer`, status_as: `${id}_status` },
});

/** A world whose plan asks one thing and ends. */
async function asking(kind: string, params: object, cells?: MemoryCells): Promise<Planned> {
  const plan = {
    steps: [question("ask", kind, params), answerTo("wait", "ask")],
    edges: chain("ask", "wait"),
  };
  return worldOf({ plans: [plan] }, cells);
}

function worldOf(parts: Pick<PlanWorldParts, "plans" | "triggers">, cells?: MemoryCells): Promise<Planned> {
  return planned(
    planWorld({
      ...parts,
      builtins: BUILTINS,
      grants: [{ name: "q", cap: "sys/query@1", params: { record: {} } }],
      modules: new Map([[hashOf(WASM), WASM]]),
      more: [
        schema("t/State@1", { nat: {} }),
        schema("t/Id@1", { text: {} }),
        { list: "modules", definition: moduleOf("t/Keyed@1", true) },
        { list: "modules", definition: moduleOf("t/Single@1", false) },
      ],
      routes: [
        { event: "t/Heard@1", reducer: "t/Keyed@1", key_field: "id" },
        { event: "t/Heard@1", reducer: "t/Single@1" },
      ],
    }),
    cells,
  );
}

/** What the plan was answered: the receipt's fields, or the reason there are none. */
function answerIn(w: Planned): ReadonlyMap<string, Value> | string {
  const frame = w.frames.at(-1)!;
  const [receipt] = ofKind(frame, "effect_receipt");
  if (receipt!.status !== "ok") return String(decodeCbor(receipt!.payload));
  const effect = w.world.state.definitions.manifest.effects.get(receipt!.effectKind)!;
  const value = effect.receipt.decode(receipt!.payload);
  expect(variantTag(value)).toBeUndefined();
  return value.kind === "record" ? value.fields : "no record";
}

const bytesOf = (value: Value | undefined) => (value?.kind === "bytes" ? toHex(value.value) : value?.kind);

describe("an introspection effect", () => {
  it("is decided on, recorded and answered in its own frame, and no intent stays open", async () => {
    const w = await asking("journal_head", {});
    const frame = w.go();
    expect(shape(frame)).toEqual([
      "domain_event -",
      "plan_started 0",
      "plan_turn 1",
      "cap_decision 2",
      "policy_decision 2",
      "effect_intent 2",
      "effect_receipt 5",
      "plan_turn 6",
      "plan_ended 7",
    ]);
    expect(settledIn(frame)).toEqual(["ask done", "wait done"]);
    expect(endsIn(frame)).toEqual(["ok"]);
    expect(ofKind(frame, "effect_receipt")[0]).toMatchObject({
      adapterId: "kernel.introspect",
      status: "ok",
      reading: "typed",
    });
    expect(w.intents()).toEqual([]);
    expect(await w.replay()).toMatchObject({ verdict: "identical" });
  });

  it("says where the journal is, and which snapshot and manifest hold", async () => {
    const w = await asking("journal_head", {});
    const { manifest } = w.world.state.definitions;
    const meta = (): ReadonlyMap<string, Value> => {
      const frame = w.go();
      const found = (answerIn(w) as ReadonlyMap<string, Value>).get("meta")!;
      const fields = (found as { fields: ReadonlyMap<string, Value> }).fields;
      expect(fields.get("journal_height")).toEqual({ kind: "nat", value: frame.head.firstRecord + 5n });
      expect(fields.get("manifest_hash")).toEqual({ kind: "hash", value: manifest.hash });
      return fields;
    };
    expect(meta().get("snapshot_hash")).toEqual({ kind: "null" });
    const [record] = ofKind(w.frame({ kind: "snapshot" }), "snapshot");
    expect(meta().get("snapshot_hash")).toEqual({ kind: "hash", value: record!.snapshotHash });
  });

  it("gives the manifest's own bytes", async () => {
    const w = await asking("manifest", { consistency: "head" });
    w.go();
    const { manifest } = w.world.state.definitions;
    const bytes = (answerIn(w) as ReadonlyMap<string, Value>).get("manifest")!;
    expect(bytes.kind === "bytes" && hashOf(bytes.value)).toBe(manifest.hash);
  });

  const state = (reducer: string, key?: string) => ({
    reducer,
    consistency: "head",
    ...(key === undefined ? {} : { key: Buffer.from(canon(key)).toString("base64") }),
  });

  it.each([
    ["a single cell", state("t/Single@1"), toHex(STATE)],
    ["a cell by its key", state("t/Keyed@1", "a"), toHex(STATE)],
    ["a cell there is not", state("t/Keyed@1", "z"), "null"],
  ])("gives the state of %s", async (_what, params, expected) => {
    const w = await asking("reducer_state", params);
    w.hear(1, "a");
    w.go();
    expect(bytesOf((answerIn(w) as ReadonlyMap<string, Value>).get("state"))).toBe(expected);
    expect(await w.replay()).toMatchObject({ verdict: "identical" });
  });

  it.each([
    ["a reducer there is not", "reducer_state", state("t/Gone@1")],
    ["a key where there is none", "reducer_state", state("t/Single@1", "a")],
    ["no key where there are several cells", "reducer_state", state("t/Keyed@1")],
    ["a key of another type", "reducer_state", { ...state("t/Keyed@1"), key: "BQ==" }],
    ["a consistency there is not", "manifest", { consistency: "soon" }],
    ["another height", "manifest", { consistency: "exact:1" }],
    ["a height to come", "manifest", { consistency: "at_least:1000" }],
  ])("is answered with an error for %s, and the plan goes on", async (_what, kind, params) => {
    const w = await asking(kind, params);
    expect(endsIn(w.go())).toEqual(["ok"]);
    expect(typeof answerIn(w)).toBe("string");
    expect(ofKind(w.frames.at(-1)!, "effect_receipt")[0]).toMatchObject({ status: "error" });
  });

  it("has a cell that is not in memory loaded first", async () => {
    const w = await asking("reducer_state", state("t/Keyed@1", "a"), new MemoryCells({ complete: false }));
    const cell = { reducer: "t/Keyed@1", key: canon("a") };
    const go = w.event("t/Go@1", { id: "a", n: 1 });
    const { head } = w.world.state;
    expect(w.enter(go)).toEqual({ kind: "missing", cells: [cell], lists: [] });
    expect(w.world.state.head).toBe(head);
    w.cells.load(cell, STATE);
    expect(endsIn(w.frame(go))).toEqual(["ok"]);
    expect(bytesOf((answerIn(w) as ReadonlyMap<string, Value>).get("state"))).toBe(toHex(STATE));
  });
});

describe("a list of cells", () => {
  const KEYED = "t/Keyed@1";

  /** Key as hex, size and frame number of each cell in the receipts of a frame. */
  function lists(w: Planned): unknown[] {
    return ofKind(w.frames.at(-1)!, "effect_receipt").map((receipt) => {
      if (receipt.status !== "ok") return decodeCbor(receipt.payload);
      const effect = w.world.state.definitions.manifest.effects.get(receipt.effectKind)!;
      const { cells } = JSON.parse(
        stringifyJson(effect.receipt.toSugar(effect.receipt.decode(receipt.payload))),
      ) as {
        cells: { key: string; state_hash: string; size: number; last_active_ns: string }[];
      };
      return cells.map(({ key, state_hash, size, last_active_ns }) => {
        expect([state_hash, size]).toEqual([hashOf(STATE), STATE.length]);
        return [
          Buffer.from(key, "base64").toString("hex"),
          (BigInt(last_active_ns) - entryOf(0n).logicalNs) / 1_000_000n,
        ];
      });
    });
  }
  const key = (text: string) => toHex(canon(text));

  it("has those of one reducer by key bytes, with the time of the frame that wrote each", async () => {
    const w = await asking("list_cells", { reducer: KEYED });
    w.go();
    expect(lists(w)).toEqual([[]]);
    for (const id of ["bb", "c", "a", "c"]) w.hear(1, id);
    w.go();
    expect(lists(w)).toEqual([
      [
        [key("a"), 4n],
        [key("c"), 5n],
        [key("bb"), 2n],
      ],
    ]);
    expect(await w.replay()).toMatchObject({ verdict: "identical" });
  });

  it("has the only cell of a reducer without keys", async () => {
    const w = await asking("list_cells", { reducer: "t/Single@1" });
    w.hear(1, "x");
    w.go();
    expect(lists(w)).toEqual([[["", 1n]]]);
  });

  it("sees what its own frame did before it was asked for, and nothing that comes after", async () => {
    const steps = ["one", "two", "three"].flatMap((id) => [
      question(id, "list_cells", { reducer: KEYED }),
      answerTo(`${id}_wait`, id),
    ]);
    const plan = { input: "t/Heard@1", steps, edges: chain(...steps.map(({ id }) => id)) };
    const w = await worldOf({ plans: [plan], triggers: [{ event: "t/Heard@1", plan: "t/P@1" }] });
    w.hear(1, "a");
    // The plan's first turn comes before the delivery to the keyed cell, its second after.
    expect(lists(w)).toEqual([[], [[key("a"), 1n]], [[key("a"), 1n]]]);
    expect(await w.replay()).toMatchObject({ verdict: "identical" });
  });

  it("is an error for a reducer there is not, and for one with more than an answer holds", async () => {
    const unknown = await asking("list_cells", { reducer: "t/Gone@1" });
    unknown.go();
    expect(lists(unknown)).toEqual(['there is no reducer "t/Gone@1"']);

    const w = await asking("list_cells", { reducer: KEYED });
    const write = (n: number) => ({
      reducer: KEYED,
      key: canon(`${n}`),
      state: STATE,
      frame: 0n as FrameSeq,
      activeNs: entryOf(0n).logicalNs as LogicalTimeNs,
    });
    w.cells.apply(Array.from({ length: 1500 }, (_, n) => write(n)));
    w.go();
    expect((lists(w)[0] as unknown[]).length).toBe(1500);
    w.cells.apply(Array.from({ length: 4096 }, (_, n) => write(n)));
    w.go();
    expect(lists(w)).toEqual([expect.stringMatching(/^an answer of \d+ bytes is over the limit$/)]);
    w.cells.apply([write(4096)]);
    w.go();
    expect(lists(w)).toEqual(["t/Keyed@1 has more than 4096 cells"]);
  });

  it("is loaded first where cells are not all in memory, and is then the same", async () => {
    const complete = await asking("list_cells", { reducer: KEYED });
    for (const id of ["b", "a"]) complete.hear(1, id);
    const expected = complete.go();

    const w = await asking("list_cells", { reducer: KEYED }, new MemoryCells({ complete: false }));
    for (const id of ["b", "a"]) {
      w.cells.load({ reducer: KEYED, key: canon(id) }, null);
      w.cells.load({ reducer: "t/Single@1", key: new Uint8Array(0) }, id === "b" ? null : STATE);
      w.hear(1, id);
    }
    const go = w.event("t/Go@1", { id: "a", n: 1 });
    expect(w.enter(go)).toEqual({ kind: "missing", cells: [], lists: [KEYED] });
    w.cells.loadList(
      KEYED,
      ["a", "b"].map((id, i) => cellNote(canon(id), STATE, entryOf(BigInt(2 - i)).logicalNs)),
    );
    expect(toHex(w.frame(go).bytes)).toBe(toHex(expected.bytes));
  });
});
