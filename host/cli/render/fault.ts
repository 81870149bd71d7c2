/** Where a delivery stopped, as the author reads it: his own line first, and the call that shows it again. */

import { relative } from "node:path";
import type { Manifest } from "../../air/manifest.ts";
import { authorFrame, moduleSymbols, type SourceFrame, type Symbols } from "../../build/symbols.ts";
import type { RecordOf } from "../../journal/record.ts";
import type { TraceFrame } from "../../kernel/ports.ts";
import type { Hash } from "../../values/brand.ts";
import type { Io } from "../io.ts";
import { clean, type Palette } from "./text.ts";

/** What a timeline says of faults beyond their record. */
export interface FaultGuide {
  /** `file:line:column`; null where nobody can tell. */
  place(record: RecordOf<"delivery">, trace: readonly TraceFrame[]): string | null;
  /** The command that shows the delivery again, or with `why` what led to the record. */
  command(frame: bigint, record: number, verb?: "debug" | "why"): string;
}

/** For the modules of a world that were built in its folder. `world` and `store` are as they were given. */
export async function faultGuide(
  io: Io,
  folder: string,
  manifest: Manifest,
  world: string,
  store: string | undefined,
): Promise<FaultGuide> {
  const symbols = new Map<Hash, Symbols>();
  for (const { module } of manifest.reducers.values()) {
    const found = await moduleSymbols(folder, module.wasmHash);
    if (found !== null) symbols.set(module.wasmHash, found);
  }
  const rest = store === undefined ? "" : ` --store ${shellWord(store)}`;
  return {
    place: (record, trace) => {
      const frame = faultFrame(record, trace, symbols.get(record.moduleHash) ?? null);
      return frame === null ? null : `${frame.exact ? "" : "near "}${placeText(io, frame)}`;
    },
    command: (frame, record, verb = "debug") =>
      `airloom ${verb} ${shellWord(world)} ${frame}.${record}${rest}`,
  };
}

/**
 * The author's innermost frame. Where the engine told none, or only about where, the place that the module
 * itself gave, if it is the author's.
 */
export function faultFrame(
  record: RecordOf<"delivery">,
  trace: readonly TraceFrame[],
  symbols: Symbols | null,
): SourceFrame | null {
  if (symbols === null) return null;
  const frame = authorFrame(symbols.frames(trace));
  const { faultFile, faultLine, faultColumn } = record;
  if (frame?.exact === true || faultFile === null || faultLine === null) return frame;
  const said = symbols.place(faultFile, Number(faultLine), Number(faultColumn ?? 1n));
  return frame === null || said.origin === "author" ? said : frame;
}

/** Relative to where the command runs; of the compiler's library, the name it has there. */
export function placeText(io: Io, { file, source, line, column }: SourceFrame): string {
  const name = file === null ? (source ?? "?") : relative(io.cwd, file) || file;
  return clean(line === null ? name : `${name}:${line}:${column}`, 300);
}

/** The stack, innermost first: the author's frames stand out, runs of frames that are not his are folded. */
export function stackLines(io: Io, p: Palette, frames: readonly SourceFrame[]): readonly string[] {
  const lines: string[] = [];
  let folded = 0;
  const unfold = (): void => {
    if (folded > 0) lines.push(p.dim(`  ... ${folded} more of the library and the SDK`));
    folded = 0;
  };
  for (const [i, frame] of frames.entries()) {
    const own = frame.origin === "author";
    // The innermost frame says what failed, and the one that the author called, how he got there.
    if (!own && i > 0 && frames[i + 1]?.origin !== "author") {
      folded += 1;
      continue;
    }
    unfold();
    const name = clean(shortName(frame), 120);
    const text = `  ${name}  ${placeText(io, frame)}`;
    lines.push(own ? `  ${p.bold(name)}  ${p.cyan(placeText(io, frame))}` : p.dim(text));
  }
  unfold();
  return lines;
}

/** Without the names of files: `Retry#onErr` of `reducer/Retry#onErr`. */
function shortName({ functionName, functionIndex }: SourceFrame): string {
  if (functionName === null) return `function ${functionIndex}`;
  return functionName.replace(/(?:[\w.~-]+\/)+/g, "");
}

/** Lines of the source around a frame's, with a mark under the column. */
export function sourceLines(p: Palette, text: string, { line, column }: SourceFrame): readonly string[] {
  if (line === null) return [];
  const AROUND = 2;
  const all = text.split("\n");
  const first = Math.max(1, line - AROUND);
  const last = Math.min(all.length, line + AROUND);
  const width = String(last).length;
  const shown: string[] = [];
  for (let n = first; n <= last; n++) {
    const code = clean((all[n - 1] ?? "").replaceAll("\t", "  "), 200);
    const margin = `${String(n).padStart(width)} | `;
    shown.push(n === line ? `> ${p.bold(margin + code)}` : p.dim(`  ${margin}${code}`));
    if (n === line) shown.push(`  ${" ".repeat(width)} | ${" ".repeat((column ?? 1) - 1)}${p.red("^")}`);
  }
  return shown;
}

/** An argument as a shell takes it. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./\\-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
