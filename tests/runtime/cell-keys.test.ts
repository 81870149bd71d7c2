/** Cells whose keys are no texts, over a real store: made, listed, restored from a snapshot and replayed. */

import { describe, expect, it } from "vitest";
import { toHex } from "../../host/values/bytes.ts";
import { canon, decodeCbor } from "../../host/values/cbor.ts";
import { hashOf } from "../../host/values/hash.ts";
import { planWorld } from "../kernel/planned.ts";
import { chain } from "../kernel/steps.ts";
import { emptyFolder, opened } from "../store/folders.ts";
import { envelope, tinyReducer } from "../support/modules.ts";
import { openVirtual, recordsOfKind, replayJournal, send, type TestWorld } from "../support/world.ts";

const REDUCER = "t/Keyed@1";
const STATE = canon(7n);
const WASM = tinyReducer({ output: envelope(["state", STATE]) });

/** A cell for each `t/Heard@1` by its id, and a plan that lists them for each `t/Go@1`. */
function worldOf(key: object): TestWorld {
  const schema = (name: string, type: object) => ({
    list: "schemas",
    definition: { $kind: "defschema", name, type },
  });
  const ask = {
    id: "ask",
    op: "emit_effect",
    kind: "introspect.list_cells",
    params: { reducer: REDUCER },
    cap: "q",
    bind: { effect_id_as: "asked" },
  };
  const wait = { id: "wait", op: "await_receipt", for: { ref: "@var:asked" }, bind: { as: "answer" } };
  return planWorld({
    plans: [{ steps: [ask, wait], edges: chain("ask", "wait") }],
    schemas: { "t/Heard@1": { record: { id: key } } },
    builtins: ["sys/introspect.list_cells@1"],
    grants: [{ name: "q", cap: "sys/query@1", params: { record: {} } }],
    modules: new Map([[hashOf(WASM), WASM]]),
    more: [
      schema("t/State@1", { nat: {} }),
      schema("t/Id@1", key),
      {
        list: "modules",
        definition: {
          $kind: "defmodule",
          name: REDUCER,
          module_kind: "reducer",
          wasm_hash: hashOf(WASM),
          key_schema: "t/Id@1",
          abi: { reducer: { state: "t/State@1", event: "t/Heard@1" } },
        } as { name: string },
      },
    ],
    routes: [{ event: "t/Heard@1", reducer: REDUCER, key_field: "id" }],
  });
}

const UUIDS = ["00000000-0000-4000-8000-000000000000", "ffffffff-ffff-4fff-bfff-ffffffffffff"];
const HASHES = [`sha256:${"00".repeat(32)}`, `sha256:${"ff".repeat(32)}`];

/** By key bytes: short heads first, and what is negative behind what is not. */
const KEYS: readonly (readonly [string, object, readonly string[], readonly unknown[]])[] = [
  ["nat", { nat: {} }, ["18446744073709551615", "0", "24", "23"], [0n, 23n, 24n, 18446744073709551615n]],
  [
    "int",
    { int: {} },
    ["-9223372036854775808", "-1", "0", "9223372036854775807"],
    [0n, 9223372036854775807n, -1n, -9223372036854775808n],
  ],
  ["uuid", { uuid: {} }, [UUIDS[1]!, UUIDS[0]!], UUIDS],
  ["hash", { hash: {} }, [HASHES[1]!, HASHES[0]!], HASHES],
];

describe("cells by keys of type", () => {
  it.each(KEYS)("%s are made, listed, restored and replayed", async (_type, key, ids, ordered) => {
    const folder = await emptyFolder();
    const store = await opened(folder);
    const first = await openVirtual(worldOf(key), { journal: store });
    for (const id of ids) await send(first.engine, "t/Heard@1", { id });
    const other = canon(new Map([["id", "no key"]]));
    const sent = first.engine.send({ schema: "t/Heard@1", value: () => other });
    await expect(sent).rejects.toMatchObject({ kind: "request", code: "value.invalid" });
    await first.engine.snapshot();
    await first.engine.close();
    await store.close();

    const again = await opened(folder);
    // Room for one: all but the last are taken from the store again.
    const second = await openVirtual(worldOf(key), {
      journal: again,
      cellBounds: { countMax: 1, bytesMax: 1000 },
    });
    await send(second.engine, "t/Go@1", { id: "a", n: 1 });
    await send(second.engine, "t/Heard@1", { id: ids[0] });
    await second.engine.close();

    const [receipt] = await recordsOfKind(again, "effect_receipt");
    const { cells } = Object.fromEntries(decodeCbor(receipt!.payload) as ReadonlyMap<string, never>);
    const keys = (cells as unknown as ReadonlyMap<string, Uint8Array>[]).map((cell) => cell.get("key")!);
    expect(keys.map((bytes) => decodeCbor(bytes))).toEqual(ordered);
    const live = await again.listCells(second.engine.worldId, { reducer: REDUCER, limit: 10 });
    expect(live.map((cell) => toHex(cell.key))).toEqual(keys.map(toHex));
    const deliveries = await recordsOfKind(again, "delivery");
    expect(deliveries.map(({ outcome }) => outcome)).toEqual(Array(ids.length + 1).fill("ok"));
    expect(await replayJournal(again)).toMatchObject({ verdict: "identical" });
    const whole = await openVirtual(worldOf(key), { journal: again, from: "genesis" });
    expect(whole.engine.cells.count).toBe(ids.length);
    await whole.engine.close();
  });
});
