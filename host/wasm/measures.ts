/** The sizes of a module beside their limits. */

import type { ModuleLimits } from "../air/settings.ts";
import type { Diagnostic } from "../values/errors.ts";
import { LIMITS } from "../values/limits.ts";
import type { CallGraph } from "./graph.ts";
import { functionText } from "./names.ts";
import type { FunctionScan } from "./scan.ts";
import type { Structure } from "./structure.ts";

export interface Measure {
  /** The finding when it is above its limit. */
  readonly code: string;
  readonly name: string;
  readonly found: number;
  readonly max: number;
  readonly unit: string;
  /** The function it was found in. */
  readonly functionIndex: number | null;
  /** Where, for people. */
  readonly where: string;
}

function whole(code: string, name: string, found: number, max: number, unit: string): Measure {
  return { code: `module.${code}`, name, found, max, unit, functionIndex: null, where: "" };
}

/** Looked at before any code: each function costs time and memory, however short it is. */
export function functionCount({ functions }: Structure): Measure {
  return whole("too_many_functions", "functions", functions.length, LIMITS.moduleFunctionsMax, "functions");
}

export function measures(
  structure: Structure,
  scans: readonly FunctionScan[],
  graph: CallGraph,
  limits: ModuleLimits,
  names: ReadonlyMap<number, string>,
): readonly Measure[] {
  const worst = (
    code: string,
    name: string,
    unit: string,
    max: number,
    of: (scan: FunctionScan) => number,
  ) => {
    const scan = scans.reduce<FunctionScan | null>((a, b) => (a !== null && of(a) >= of(b) ? a : b), null);
    const found = scan === null ? 0 : of(scan);
    const functionIndex = scan?.index ?? null;
    const where = functionIndex === null ? "" : functionText(functionIndex, names);
    return { ...whole(code, name, found, max, unit), functionIndex, where };
  };
  const { tables, memories, globals, bytes } = structure;
  const entries = tables.reduce((sum, { min }) => sum + min, 0);
  const pages = memories.reduce((sum, { min }) => sum + min, 0);
  const chain = whole(
    "chain_too_long",
    "longest call chain",
    graph.chainBytes,
    LIMITS.callChainBytesMax,
    "bytes of stack",
  );
  return [
    whole("too_large", "size", bytes.length, LIMITS.moduleBytesMax, "bytes"),
    functionCount(structure),
    whole("too_many_globals", "globals", globals.length, LIMITS.moduleGlobalsMax, "globals"),
    whole("too_many_tables", "tables", tables.length, LIMITS.moduleTablesMax, "tables"),
    whole("table_too_large", "table entries", entries, LIMITS.moduleTableEntriesMax, "entries"),
    whole("memory_too_large", "memory at the start", pages, limits.memoryPagesMax, "pages of 64 KiB"),
    worst(
      "function_too_large",
      "largest function",
      "bytes",
      LIMITS.functionBytesMax,
      ({ from, to }) => to - from,
    ),
    worst(
      "too_many_locals",
      "most parameters and locals",
      "values",
      LIMITS.functionLocalsMax,
      ({ parameters, locals }) => parameters + locals,
    ),
    worst(
      "too_many_operands",
      "most operands",
      "values",
      LIMITS.operandHeightMax,
      ({ heightMax }) => heightMax,
    ),
    worst("too_branched", "most values at joins", "values", LIMITS.functionJoinValuesMax, joinValues),
    whole(
      "too_branched",
      "values at the joins of all functions",
      scans.reduce((sum, scan) => sum + joinValues(scan), 0),
      LIMITS.moduleJoinValuesMax,
      "values",
    ),
    { ...chain, functionIndex: graph.chain[0] ?? null, where: chainText(graph.chain, names) },
  ];
}

/** What the engine's first compiler writes down for a function: all that it holds, wherever ways part or meet. */
function joinValues({ joins, parameters, locals, heightMax }: FunctionScan): number {
  return joins * (parameters + locals + heightMax);
}

const CHAIN_SHOWN = 5;

function chainText(chain: readonly number[], names: ReadonlyMap<number, string>): string {
  const shown = chain.slice(0, CHAIN_SHOWN).map((index) => functionText(index, names));
  return [...shown, ...(chain.length > CHAIN_SHOWN ? ["..."] : [])].join(" > ");
}

export function limitFindings(measured: readonly Measure[]): Diagnostic[] {
  return measured
    .filter(({ found, max }) => found > max)
    .map(({ code, name, found, max, unit, where }) => ({
      code,
      severity: "error",
      message: `${name}: ${found} ${unit}, at most ${max} may be${where === "" ? "" : ` (${where})`}`,
      found: `${found} ${unit}`,
      expected: `at most ${max} ${unit}`,
      hint: HINTS.get(code) ?? "split the module, or leave out what it does not need",
    }));
}

const HINTS: ReadonlyMap<string, string> = new Map([
  ["module.memory_too_large", 'ask for less memory, or raise "memory_pages_max" in world.json'],
  ["module.function_too_large", "split the function; large tables belong in data, not in code"],
  ["module.too_many_locals", "split the function, or keep its values in memory"],
  ["module.too_many_operands", "split the expression"],
  ["module.too_branched", "split the functions with many branches and locals, or keep values in memory"],
  [
    "module.chain_too_long",
    "split what the functions keep in locals, or call fewer of them inside one another",
  ],
]);
