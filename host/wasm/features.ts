/** What a module uses of wasm and must not, and what in a source leads to it. */

import type { Diagnostic } from "../values/errors.ts";
import { functionText } from "./names.ts";
import type { FunctionScan } from "./scan.ts";
import type { Feature, Structure } from "./structure.ts";

interface About {
  readonly what: string;
  readonly hint: string;
}

const ABOUT: Readonly<Record<Feature, About>> = {
  simd: { what: "SIMD", hint: "build without the feature simd128: `v128` and what the compiler vectorises" },
  threads: {
    what: "threads: shared memory or atomic instructions",
    hint: "build without threads and atomics; a module runs one call at a time",
  },
  tail_calls: { what: "tail calls", hint: "build without the feature tail-call" },
  exceptions: {
    what: "wasm exceptions",
    hint: "build without the feature exception-handling; C++ needs -fno-exceptions",
  },
  gc: {
    what: "garbage-collected or typed references",
    hint: "build for core wasm 2.0 without the features gc and function-references",
  },
  memory64: { what: "64-bit memory", hint: "build for wasm32" },
  many_memories: { what: "several memories", hint: "build without the feature multimemory" },
  floats: {
    what: "floats",
    hint:
      "in AssemblyScript `number`, `f64`, `f32`, literals with a point and most of `Math` are floats, and so is " +
      '`/` between them; count in integers, or allow them with "floats": "canonicalize" in world.json',
  },
  unsupported: { what: "something this version does not know", hint: "build for core wasm 2.0" },
};

export interface PlacedUse {
  readonly what: string;
  readonly at: number;
  readonly count: number;
  /** Null outside of functions. */
  readonly functionIndex: number | null;
}

/** Uses by feature, those outside of functions first. */
export function usesOf(
  structure: Structure,
  scans: readonly FunctionScan[],
): ReadonlyMap<Feature, readonly PlacedUse[]> {
  const uses = new Map<Feature, PlacedUse[]>();
  const add = (feature: Feature, use: PlacedUse) => {
    const list = uses.get(feature);
    if (list === undefined) uses.set(feature, [use]);
    else list.push(use);
  };
  for (const { feature, what, at } of structure.uses)
    add(feature, { what, at, count: 1, functionIndex: null });
  for (const { index, uses: own } of scans) {
    for (const { feature, what, at, count } of own) add(feature, { what, at, count, functionIndex: index });
  }
  return uses;
}

/** One finding a feature: where it is used first, and how often in all. */
export function featureFindings(
  structure: Structure,
  scans: readonly FunctionScan[],
  names: ReadonlyMap<number, string>,
  floats: "refuse" | "canonicalize",
): Diagnostic[] {
  const findings: Diagnostic[] = [];
  for (const [feature, uses] of usesOf(structure, scans)) {
    if (feature === "floats" && floats === "canonicalize") continue;
    const { what, hint } = ABOUT[feature];
    findings.push({
      code: `module.${feature}`,
      severity: "error",
      message: `the module uses ${what}`,
      expected: `no ${what}`,
      found: whereText(uses, names),
      hint,
    });
  }
  return findings;
}

function whereText(uses: readonly PlacedUse[], names: ReadonlyMap<number, string>): string {
  const first = uses[0]!;
  const inside = first.functionIndex === null ? "" : ` in ${functionText(first.functionIndex, names)}`;
  const total = uses.reduce((sum, { count }) => sum + count, 0);
  const functions = new Set(uses.map(({ functionIndex }) => functionIndex)).size;
  const more = total === 1 ? "" : `, ${total} in all, in ${functions} function${functions === 1 ? "" : "s"}`;
  return `${first.what}${inside} at 0x${first.at.toString(16)}${more}`;
}
