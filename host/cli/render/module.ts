/** What `airloom inspect` prints of a module. */

import type { FunctionReference, ModuleReport } from "../../wasm/inspect.ts";
import type { Io } from "../io.ts";
import { renderDiagnostic } from "./error.ts";
import { clean, paletteOf, plural } from "./text.ts";

/** Functions and exports listed at most; the JSON has all of them. */
const LISTED_MAX = 20;

export function moduleLines(io: Io, name: string, report: ModuleReport): readonly string[] {
  const p = paletteOf(io);
  const { admitted, findings, hash } = report;
  const verdict = admitted ? p.green("admitted") : p.red(`refused, ${plural(findings.length, "finding")}`);
  return [
    `${clean(name)}: ${verdict}  ${p.dim(hash)}`,
    ...findings.flatMap((finding) => renderDiagnostic(io, finding)),
    ...section(p.bold("exports"), listed(report.exports.map(({ name, kind }) => `${clean(name)} (${kind})`))),
    ...section(p.bold("imports"), listed(report.imports.map(({ name, kind }) => `${clean(name)} (${kind})`))),
    ...section(p.bold("sizes"), sizeLines(report)),
    ...section(p.bold("longest call chain"), listed(report.chain.map(referenceText))),
    ...section(
      p.bold("cycles"),
      listed(report.cycles.map((cycle) => cycle.slice(0, LISTED_MAX).map(referenceText).join(", "))),
    ),
    ...section(p.bold("instructions"), listed(functionLines(report))),
    ...section(p.bold("as it runs"), runningLines(report)),
  ];
}

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [`  ${title}`, ...lines.map((line) => `    ${line}`)];
}

function listed(lines: readonly string[]): readonly string[] {
  if (lines.length <= LISTED_MAX) return lines;
  return [...lines.slice(0, LISTED_MAX), `and ${lines.length - LISTED_MAX} more`];
}

function sizeLines({ measures, sizeBytes }: ModuleReport): readonly string[] {
  if (measures.length === 0) return [`size ${sizeBytes} bytes`];
  return measures.map(({ name, found, max, unit, where }) => {
    const place = where === "" ? "" : `  ${clean(where)}`;
    return `${name} ${found} of ${max} ${unit}${place}`;
  });
}

function referenceText({ index, name, frameBytes }: FunctionReference): string {
  return `${index}${name === null ? "" : ` ${clean(name)}`} (${frameBytes} bytes)`;
}

function functionLines({ functions }: ModuleReport): readonly string[] {
  return functions.flatMap(({ index, name, uses }) =>
    uses.map(({ code, what, count, at }) => {
      const where = `${index}${name === null ? "" : ` ${clean(name)}`}`;
      return `${where}: ${clean(what)} at 0x${at.toString(16)}, ${plural(count, "time")} (${code})`;
    }),
  );
}

function runningLines({ running, entries }: ModuleReport): readonly string[] {
  if (running === null) return [];
  const { sizeBytes, instances, memoryBytes, memoryPagesMax, fuelMax, stackBytesMax } = running;
  const called = [
    ...(entries.step === null ? [] : [`step (${entries.step})`]),
    ...(entries.run === null ? [] : [`run (${entries.run})`]),
  ];
  const isolation =
    instances === "pooled" ? "one instance, set back after each call" : "a new instance a call";
  return [
    `called by ${called.join(" and ")}`,
    `rewritten ${sizeBytes} bytes; ${isolation}`,
    `memory ${memoryBytes} bytes at first, at most ${memoryPagesMax} pages of 64 KiB`,
    `at most ${fuelMax} fuel and ${stackBytesMax} bytes of stack for recursion in a call`,
  ];
}

/** One JSON object; 64-bit numbers as text. */
export function moduleJson(name: string, report: ModuleReport): string {
  return JSON.stringify({ type: "module", module: name, ...report }, (_key, value) =>
    typeof value === "bigint" ? value.toString() : value,
  );
}
