/** From what a command line names to the recordings it means. */

import { statSync } from "node:fs";
import { relative, resolve, sep } from "node:path";
import { globSync, isDynamicPattern } from "tinyglobby";
import { compareText } from "../values/bytes.ts";
import { AirloomError } from "../values/errors.ts";
import { quote } from "../values/quote.ts";

/** What a recording's file name ends with. */
export const RECORDING_SUFFIX = ".airj";

export interface Found {
  /** Absolute. */
  readonly path: string;
  /** From the working directory, with forward slashes: what reports and index files call it. */
  readonly name: string;
}

/**
 * Recordings named by files, by folders (all below them) and by glob patterns, each once, in order of their
 * names. Throws `recording.missing` for a file or folder that is not there, and `corpus.empty` (kind
 * `missing`) when nothing was found: a gate that checks nothing must not pass.
 */
export function discover(cwd: string, targets: readonly string[]): readonly Found[] {
  const paths = new Set(targets.flatMap((target) => pathsOf(cwd, target)));
  if (paths.size === 0) {
    throw new AirloomError(
      "missing",
      "corpus.empty",
      `no recording in ${targets.map((t) => quote(t)).join(", ")}`,
      {
        fields: { targets },
      },
    );
  }
  return [...paths]
    .map((path) => ({ path, name: nameOf(cwd, path) }))
    .sort((a, b) => compareText(a.name, b.name));
}

/** The folder that a target means with all below it, by its name or by the pattern for that; null for any other. */
export function wholeFolder(cwd: string, target: string): string | null {
  const named = isDynamicPattern(target) ? /^(.+?)\/\*\*(?:\/\*(?:\.airj)?)?$/.exec(target)?.[1] : target;
  if (named === undefined || isDynamicPattern(named)) return null;
  const path = resolve(cwd, named);
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true ? path : null;
}

export function nameOf(cwd: string, path: string): string {
  return relative(cwd, path).split(sep).join("/");
}

function pathsOf(cwd: string, target: string): readonly string[] {
  const path = resolve(cwd, target);
  if (statSync(path, { throwIfNoEntry: false })?.isFile()) return [path];
  const folder = wholeFolder(cwd, target);
  if (folder !== null) return below(folder, `**/*${RECORDING_SUFFIX}`);
  if (isDynamicPattern(target)) return below(cwd, target);
  throw new AirloomError("missing", "recording.missing", `there is no recording ${quote(target)}`, {
    fields: { path: target },
  });
}

function below(cwd: string, pattern: string): readonly string[] {
  return globSync(pattern, { cwd, absolute: true, onlyFiles: true, expandDirectories: false }).map((found) =>
    resolve(found),
  );
}
