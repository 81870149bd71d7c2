/** The world of a counter, whatever its reducer is written in: events `Add` and `Clear`, a nat for a state. */

import { readFileSync } from "node:fs";
import { loadWorldDefinitions } from "../../../host/air/load.ts";
import type { StepInput } from "../../../host/kernel/ports.ts";
import { makeDefinitions } from "../../../host/runtime/definitions.ts";
import type { Engine } from "../../../host/runtime/engine.ts";
import { canon } from "../../../host/values/cbor.ts";
import { hashOf } from "../../../host/values/hash.ts";
import { compileWat } from "../../support/wat.ts";
import { type Opened, openVirtual, send, type TestWorld } from "../../support/world.ts";

export type Form = "struct-return" | "multi-value";

export const FORMS: readonly Form[] = ["struct-return", "multi-value"];

const CLEAR_FUNCTION = "(func $clear (result i64) (i64.const 0))";

/** The event `Clear` for a counter without a world. */
export const CLEAR: StepInput = {
  state: null,
  schema: "demo/CounterEvent@1",
  value: canon(new Map([["$tag", "Clear"]])),
  key: null,
  context: null,
};

export interface CounterParts {
  readonly form?: Form;
  /** Instead of the function that `Clear` runs, whose result is the new count. */
  readonly clear?: string;
  /** Module fields beside the counter's own. */
  readonly fields?: string;
  /** Parts of the text to replace. */
  readonly edits?: readonly (readonly [from: string, to: string])[];
}

/** The counter in WAT, or with parts of it changed. */
export function counterWat(parts: CounterParts = {}): Promise<Uint8Array> {
  const { form = "struct-return", clear = CLEAR_FUNCTION, fields = "", edits = [] } = parts;
  let text = replaced(watFile("counter"), CLEAR_FUNCTION, `${clear}\n${fields}`);
  if (form === "multi-value") text = replaced(text, "(func $struct_return))", "(func $multi_value))");
  for (const [from, to] of edits) text = replaced(text, from, to);
  return compileWat(text);
}

/** Text of a module under tests/wasm/wat. */
export function watFile(name: string): string {
  return readFileSync(new URL(`../wat/${name}.wat`, import.meta.url), "utf8");
}

export function replaced(text: string, from: string, to: string): string {
  if (!text.includes(from)) throw new Error(`there is no ${from}`);
  return text.replace(from, () => to);
}

/** Settings of the counter's module, as `world.json` has them. */
export interface CounterSettings {
  readonly fuel_max?: number;
  readonly stack_bytes_max?: number;
  readonly memory_pages_max?: number;
  readonly floats?: "refuse" | "canonicalize";
}

export function counterWorld(wasm: Uint8Array, settings: CounterSettings = {}): TestWorld {
  const hash = hashOf(wasm);
  const definitions = [
    {
      $kind: "manifest",
      air_version: "1",
      schemas: ["Count", "Add", "Clear", "CounterEvent"].map((name) => ({ name: `demo/${name}@1` })),
      modules: [{ name: "demo/Counter@1" }],
      plans: [],
      effects: [],
      caps: [],
      policies: [],
      routing: { events: [{ event: "demo/CounterEvent@1", reducer: "demo/Counter@1" }] },
    },
    { $kind: "defschema", name: "demo/Count@1", type: { nat: {} } },
    { $kind: "defschema", name: "demo/Add@1", type: { nat: {} } },
    { $kind: "defschema", name: "demo/Clear@1", type: { unit: {} } },
    {
      $kind: "defschema",
      name: "demo/CounterEvent@1",
      type: { variant: { Add: { ref: "demo/Add@1" }, Clear: { ref: "demo/Clear@1" } } },
    },
    {
      $kind: "defmodule",
      name: "demo/Counter@1",
      module_kind: "reducer",
      wasm_hash: hash,
      abi: { reducer: { state: "demo/Count@1", event: "demo/CounterEvent@1" } },
    },
  ];
  const files = [{ path: "counter.air.json", text: JSON.stringify(definitions) }];
  const world = { path: "world.json", text: JSON.stringify({ modules: { "demo/Counter@1": settings } }) };
  const { manifest, settings: read } = loadWorldDefinitions(files, world);
  return {
    definitions: makeDefinitions(manifest, read),
    findModule: async (wanted) => (wanted === hash ? wasm : null),
  };
}

export async function openCounter(wasm: Uint8Array, settings: CounterSettings = {}): Promise<Opened> {
  return openVirtual(counterWorld(wasm, settings));
}

export function add(engine: Engine, count: bigint) {
  return send(engine, "demo/Add@1", count.toString());
}

export function clear(engine: Engine) {
  return send(engine, "demo/Clear@1", null);
}

/** The state of the only cell; null before the first event. */
export function countOf(engine: Engine): bigint | null {
  for (const { cell, state } of engine.cells.existing()) {
    const schema = engine.state.definitions.manifest.reducers.get(cell.reducer)!.state;
    const value = schema.decode(state);
    if (value.kind !== "nat") throw new Error(`the count is a ${value.kind}`);
    return value.value;
  }
  return null;
}
