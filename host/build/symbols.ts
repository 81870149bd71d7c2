/** Places in a built module as places in its sources: what a trap's trace means to the author. */

import { dirname, join } from "node:path";
import { decodedMappings, TraceMap } from "@jridgewell/trace-mapping";
import type { TraceFrame } from "../kernel/ports.ts";
import type { Hash } from "../values/brand.ts";
import { type BuildInfo, buildInfo } from "./built.ts";
import { isGenerated } from "./codegen/header.ts";
import { ENTRY, pathInPackage, readSource } from "./layout.ts";
import { readBeside } from "./modules.ts";
import { functionNames, functionStarts } from "./sections.ts";

/**
 * Whose code a frame is in: the author's own, what is generated for him, the SDK, the compiler's library;
 * `unknown` where the map has no place for it.
 */
export type FrameOrigin = "author" | "generated" | "sdk" | "library" | "unknown";

export interface SourceFrame extends TraceFrame {
  readonly origin: FrameOrigin;
  /** As the compiler calls it: `reducer/Retry#onErr`; null for code that was put into another function's. */
  readonly functionName: string | null;
  /** Name in the layout of the build: `reducer.ts`, `~lib/map.ts`. */
  readonly source: string | null;
  /** Absolute path, where the source is a file of the author's or of the package. */
  readonly file: string | null;
  /** From 1 on. */
  readonly line: number | null;
  readonly column: number | null;
  /** False for the last place of the author's before it: what optimising moved here has no better one. */
  readonly exact: boolean;
}

export interface Symbols {
  readonly info: BuildInfo;
  /** Innermost first, as they come. */
  frames(trace: readonly TraceFrame[]): readonly SourceFrame[];
  /** The place an abort names, which is the guest's word. */
  place(source: string, line: number, column: number): SourceFrame;
  /** The text of a source as it was compiled, null where nobody has it. */
  text(source: string): Promise<string | null>;
}

/** Of a module that was built in this world folder; null for any other. Throws `module.unreadable`. */
export async function moduleSymbols(folder: string, hash: Hash): Promise<Symbols | null> {
  const [info, map, debug] = await Promise.all([
    buildInfo(folder, hash),
    readBeside(folder, hash, ".wasm.map"),
    readBeside(folder, hash, ".debug.wasm"),
  ]);
  if (info === null || map === null || debug === null) return null;
  return symbolsOf(folder, info, new TextDecoder().decode(map), debug);
}

/** `map` is the text of the source map of `debug`; `optimized` is whether functions may be parts of others. */
export function symbolsOf(
  folder: string,
  info: BuildInfo,
  map: string,
  debug: Uint8Array,
  optimized = true,
): Symbols {
  return new ModuleSymbols(folder, info, new TraceMap(map), debug, optimized);
}

/** The frame to show first: the innermost one in the author's own code. */
export function authorFrame(frames: readonly SourceFrame[]): SourceFrame | null {
  return frames.find(({ origin, line }) => origin === "author" && line !== null) ?? null;
}

class ModuleSymbols implements Symbols {
  readonly info: BuildInfo;
  readonly #folder: string;
  readonly #map: TraceMap;
  readonly #optimized: boolean;
  readonly #names: ReadonlyMap<number, string>;
  readonly #starts: readonly number[];

  constructor(folder: string, info: BuildInfo, map: TraceMap, debug: Uint8Array, optimized: boolean) {
    this.#optimized = optimized;
    this.info = info;
    this.#folder = dirname(join(folder, info.source));
    this.#map = map;
    this.#names = functionNames(debug);
    this.#starts = functionStarts(debug);
  }

  frames(trace: readonly TraceFrame[]): readonly SourceFrame[] {
    return trace.flatMap((frame) => {
      const functionName = this.#names.get(frame.functionIndex) ?? null;
      const found = this.#placesBefore(frame, () => true);
      const origin = found === null ? "unknown" : this.#originOf(found.source);
      const here = { ...frame, ...(found ?? NOWHERE), origin, functionName } as const;
      if (!this.#optimized || origin === "author" || !this.#isAuthors(functionName)) return [here];
      // Other code that was put into the author's function: he called it shortly before.
      const caller = this.#placesBefore(frame, (source) => this.#originOf(source) === "author");
      if (caller === null) return [here];
      const author = { ...frame, ...caller, origin: "author", functionName, exact: false } as const;
      return found === null ? [author] : [{ ...here, functionName: null }, author];
    });
  }

  place(source: string, line: number, column: number): SourceFrame {
    const frame = { functionIndex: -1, offset: -1, functionName: null, exact: true };
    return { ...frame, origin: this.#originOf(source), source, file: this.#fileOf(source), line, column };
  }

  /** The last place at or before the frame's, in the same function, whose source is wanted. */
  #placesBefore(frame: TraceFrame, wanted: (source: string) => boolean) {
    const segments = decodedMappings(this.#map)[0] ?? [];
    const start = this.#starts[frame.functionIndex] ?? 0;
    const own = segments.filter((segment) => segment[0] >= start && segment[0] <= frame.offset);
    const found = own.findLast(
      (segment) => segment.length > 1 && wanted(this.#map.sources[segment[1]!] ?? ""),
    );
    if (found === undefined || found.length === 1) return null;
    const source = this.#map.sources[found[1]] ?? "";
    const exact = !this.#optimized || found === own.at(-1);
    return { source, file: this.#fileOf(source), line: found[2] + 1, column: found[3] + 1, exact };
  }

  /** Whether a function of this name was declared in a file of the author's. */
  #isAuthors(functionName: string | null): boolean {
    const source = `${/^[^#<~]*(?=\/[^/]*$)/.exec(functionName?.replace(/<.*$/, "") ?? "")?.[0] ?? ""}.ts`;
    return this.#map.sources.includes(source) && this.#originOf(source) === "author";
  }

  async text(source: string): Promise<string | null> {
    const kept = this.#map.sourcesContent?.[this.#map.sources.indexOf(source)];
    if (kept != null) return kept;
    const file = this.#fileOf(source);
    return file === null ? null : readSource(file);
  }

  #fileOf(source: string): string | null {
    if (source === ENTRY) return null;
    const ours = pathInPackage(source);
    return ours ?? (source.startsWith("~lib/") ? null : join(this.#folder, source));
  }

  #originOf(source: string): FrameOrigin {
    if (source === ENTRY) return "generated";
    if (pathInPackage(source) !== null) return "sdk";
    if (source.startsWith("~lib/")) return "library";
    const text = this.#map.sourcesContent?.[this.#map.sources.indexOf(source)] ?? "";
    return isGenerated(text) ? "generated" : "author";
  }
}

const NOWHERE = { source: null, file: null, line: null, column: null, exact: false } as const;
