/**
 * The committed index of a corpus: which recordings there are, and the root of each. A corpus that lost one,
 * or in which one was replaced, has changed what it proves; that must be seen in a review.
 */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { compareText } from "../values/bytes.ts";
import { AirloomError } from "../values/errors.ts";
import { wholeFolder } from "./discover.ts";

/** Roots as hex, by the recording's path from the index file's folder. */
export type CorpusIndex = ReadonlyMap<string, string>;

export interface IndexDifference {
  readonly name: string;
  /** `unlisted` recordings are new: no reason to fail. */
  readonly what: "missing" | "replaced" | "unlisted";
}

/** File name of an index that is taken into account wherever it lies in a folder that is replayed whole. */
const INDEX_NAME = "index.json";

/** Where an index of these targets would lie. */
export function indexPlaces(cwd: string, targets: readonly string[]): readonly string[] {
  return targets.flatMap((target) => {
    const folder = wholeFolder(cwd, target);
    return folder === null ? [] : [join(folder, INDEX_NAME)];
  });
}

/** Null when there is no such file. Throws `corpus.index_invalid` (kind `request`). */
export function readIndex(path: string): CorpusIndex | null {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw new AirloomError("host", "recording.unreadable", `${path} cannot be read`, {
      fields: { path },
      cause,
    });
  }
  const index = parse(text);
  if (index !== null) return index;
  throw new AirloomError("request", "corpus.index_invalid", `${path} is no index of recordings`, {
    fields: { path },
  });
}

function parse(text: string): CorpusIndex | null {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return null;
  }
  const recordings: unknown = (json as { recordings?: unknown } | null)?.recordings;
  if (typeof recordings !== "object" || recordings === null || Array.isArray(recordings)) return null;
  const entries = Object.entries(recordings as Record<string, unknown>);
  const sound = entries.every(([, root]) => typeof root === "string" && /^[0-9a-f]{64}$/.test(root));
  return sound ? new Map(entries as [string, string][]) : null;
}

export function writeIndex(path: string, index: CorpusIndex): void {
  writeFileSync(path, indexText(index));
}

export function indexText(index: CorpusIndex): string {
  const recordings = Object.fromEntries([...index].sort((a, b) => compareText(a[0], b[0])));
  return `${JSON.stringify({ recordings }, null, 2)}\n`;
}

/** What differs, in order of names. `found` has null for a recording whose root could not be read. */
export function compareIndex(
  index: CorpusIndex,
  found: ReadonlyMap<string, string | null>,
): readonly IndexDifference[] {
  const names = [...new Set([...index.keys(), ...found.keys()])].sort(compareText);
  return names.flatMap((name): readonly IndexDifference[] => {
    const [expected, root] = [index.get(name), found.get(name)];
    if (expected === undefined) return [{ name, what: "unlisted" }];
    if (root === undefined) return [{ name, what: "missing" }];
    return root === expected || root === null ? [] : [{ name, what: "replaced" }];
  });
}
