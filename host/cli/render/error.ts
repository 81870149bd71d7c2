import { isAbsolute, relative } from "node:path";
import { AirloomError, type Diagnostic } from "../../values/errors.ts";
import type { Io } from "../io.ts";
import { clean, paletteOf } from "./text.ts";

/** An error for the person who must mend it: what, where, expected, found, what to do. */
export function renderError(io: Io, error: unknown): string {
  const p = paletteOf(io);
  if (!(error instanceof AirloomError)) {
    const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return `${p.red("error")} internal.bug: this is a fault of airloom\n${stack}\n`;
  }
  const lines = [`${p.red("error")} ${p.bold(error.code)}: ${clean(error.message)}`];
  for (const diagnostic of error.diagnostics) lines.push(...renderDiagnostic(io, diagnostic));
  if (error.kind === "bug" && error.stack !== undefined) lines.push(error.stack);
  return `${lines.join("\n")}\n`;
}

export function renderDiagnostic(io: Io, diagnostic: Diagnostic): readonly string[] {
  const p = paletteOf(io);
  const { severity, code, message, file, line, column, pointer, expected, found, hint } = diagnostic;
  const mark = severity === "error" ? p.red("error") : p.yellow("warning");
  const place =
    file === undefined ? "" : `${clean(file)}${line === undefined ? "" : `:${line}:${column ?? 1}`}`;
  const where = [place, pointer === undefined || pointer === "" ? "" : `at ${clean(pointer)}`].filter(
    (t) => t !== "",
  );
  const lines = [`  ${mark} ${code}: ${clean(message)}`];
  if (where.length > 0) lines.push(`    ${p.cyan(where.join(" "))}`);
  if (expected !== undefined) lines.push(`    expected ${clean(expected)}`);
  if (found !== undefined) lines.push(`    found    ${clean(found)}`);
  if (hint !== undefined) lines.push(`    ${p.dim(clean(hint))}`);
  return lines;
}

/** The error with the files of its diagnostics as they are called from where the command runs. */
export function shownFrom(io: Io, error: AirloomError): AirloomError {
  if (error.diagnostics.length === 0) return error;
  const diagnostics = error.diagnostics.map((each) =>
    each.file === undefined || !isAbsolute(each.file) ? each : { ...each, file: relative(io.cwd, each.file) },
  );
  const { kind, code, message, fields, cause, stack } = error;
  const shown = new AirloomError(kind, code, message, { diagnostics, fields, cause });
  return Object.assign(shown, { stack });
}

/** An error as one JSON object, for machines. */
export function errorJson(error: unknown): string {
  if (!(error instanceof AirloomError)) {
    const rest = { kind: "bug", message: String(error), diagnostics: [], fields: {} };
    return JSON.stringify({ type: "error", code: "internal.bug", ...rest });
  }
  const { code, kind, message, diagnostics, fields } = error;
  return JSON.stringify({ type: "error", code, kind, message, diagnostics, fields }, (_key, value) =>
    typeof value === "bigint" ? value.toString() : value,
  );
}
