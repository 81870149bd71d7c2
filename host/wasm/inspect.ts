/** What admission says of a module, found or not: for people, who want to know why and how far from the limits. */

import { DEFAULT_MODULE_LIMITS } from "../air/settings.ts";
import type { Hash } from "../values/brand.ts";
import { AirloomError, type Diagnostic } from "../values/errors.ts";
import { hashOf } from "../values/hash.ts";
import { plain } from "../values/quote.ts";
import { type AdmissionOptions, type AdmittedModule, admitModule } from "./admission.ts";
import type { Entries } from "./entries.ts";
import { type Examination, examine } from "./examine.ts";
import { usesOf } from "./features.ts";
import { frameBytes } from "./graph.ts";
import type { Measure } from "./measures.ts";
import type { ExternalKind } from "./structure.ts";

export interface ModuleReport {
  readonly hash: Hash;
  readonly sizeBytes: number;
  readonly admitted: boolean;
  /** Everything admission has against it. */
  readonly findings: readonly Diagnostic[];
  readonly entries: Entries;
  readonly imports: readonly { readonly name: string; readonly kind: ExternalKind }[];
  readonly exports: readonly { readonly name: string; readonly kind: ExternalKind }[];
  readonly measures: readonly Measure[];
  /** The calls that take the most stack, outermost first. */
  readonly chain: readonly FunctionReference[];
  /** Functions that call one another, or themselves: calls among them are charged to the stack budget. */
  readonly cycles: readonly (readonly FunctionReference[])[];
  /** Functions with instructions that admission looks for. */
  readonly functions: readonly FunctionReport[];
  /** Null unless admitted. */
  readonly running: Running | null;
}

export interface FunctionReference {
  readonly index: number;
  /** Null when the module does not say. */
  readonly name: string | null;
  /** Stack of one call; 0 for an imported function. */
  readonly frameBytes: number;
}

export interface FunctionReport {
  readonly index: number;
  readonly name: string | null;
  readonly uses: readonly {
    readonly code: string;
    /** The instruction or type. */
    readonly what: string;
    readonly count: number;
    /** Byte offset of the first. */
    readonly at: number;
  }[];
}

/** The module as it runs. */
export interface Running {
  readonly sizeBytes: number;
  /** `pooled`: one instance is set back after each call; `fresh`: each call gets its own. */
  readonly instances: "pooled" | "fresh";
  readonly memoryBytes: number;
  readonly memoryPagesMax: number;
  readonly fuelMax: bigint;
  readonly stackBytesMax: number;
}

/** Never throws for bad bytes; throws `AirloomError` of kind `host` when this machine could not try the module. */
export function inspectModule(bytes: Uint8Array, options: Partial<AdmissionOptions> = {}): ModuleReport {
  const examined = examine(bytes, { ...DEFAULT_MODULE_LIMITS, ...options });
  const { admitted, findings } = tryAdmission(bytes, options, examined);
  const { structure, scans, graph, names, entries, measures } = examined;
  const reference = (index: number): FunctionReference => {
    const scan = scans[index - (structure?.importedFunctions ?? 0)];
    return {
      index,
      name: names.get(index) ?? null,
      frameBytes: scan === undefined ? 0 : frameBytes(scan),
    };
  };
  return {
    hash: hashOf(bytes),
    sizeBytes: bytes.length,
    admitted: admitted !== null,
    findings,
    entries,
    imports: (structure?.imports ?? []).map(({ module, name, kind }) => {
      return { name: plain(`${module}.${name}`), kind };
    }),
    exports: (structure?.exports ?? []).map(({ name, kind }) => ({ name: plain(name), kind })),
    measures,
    chain: (graph?.chain ?? []).map(reference),
    cycles: (graph?.cycles ?? []).map((cycle) => cycle.map(reference)),
    functions: functionReports(examined),
    running: admitted === null ? null : runningOf(admitted),
  };
}

/** Admission finds one thing more than the examination: what the start function does. */
function tryAdmission(
  bytes: Uint8Array,
  options: Partial<AdmissionOptions>,
  { findings }: Examination,
): { readonly admitted: AdmittedModule | null; readonly findings: readonly Diagnostic[] } {
  if (findings.length > 0) return { admitted: null, findings };
  try {
    return { admitted: admitModule(bytes, options), findings };
  } catch (error) {
    if (!(error instanceof AirloomError) || error.kind !== "module") throw error;
    return { admitted: null, findings: error.diagnostics };
  }
}

function functionReports({ structure, scans, names }: Examination): FunctionReport[] {
  if (structure === null) return [];
  const reports = new Map<number, FunctionReport["uses"][number][]>();
  for (const [feature, uses] of usesOf(structure, scans)) {
    for (const { functionIndex, what, count, at } of uses) {
      if (functionIndex === null) continue;
      const list = reports.get(functionIndex) ?? [];
      list.push({ code: `module.${feature}`, what, count, at });
      reports.set(functionIndex, list);
    }
  }
  return [...reports]
    .sort((a, b) => a[0] - b[0])
    .map(([index, uses]) => ({ index, name: names.get(index) ?? null, uses }));
}

function runningOf(admitted: AdmittedModule): Running {
  const { limits, rewrittenBytes, restorable, memoryBytes, pagesMax } = admitted;
  return {
    sizeBytes: rewrittenBytes,
    instances: restorable ? "pooled" : "fresh",
    memoryBytes,
    memoryPagesMax: pagesMax,
    fuelMax: limits.fuelMax,
    stackBytesMax: limits.stackBytesMax,
  };
}
