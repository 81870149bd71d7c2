/**
 * Recordings of the example worlds, committed under tests/replay/journals/ in a folder for each version of the
 * engine that wrote them. A run of a scenario is kept only when AIRLOOM_RECORD names it, or is `all`; what
 * changes is printed first. Recordings of earlier versions are never written again.
 */

import { existsSync, mkdirSync, rmdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { expect } from "vitest";
import { version } from "../../host/cli/version.ts";
import type { Journal } from "../../host/journal/port.ts";
import { compareRecords } from "../../host/replay/core/diff.ts";
import { readIndex, writeIndex } from "../../host/replay/index-file.ts";
import { readWhole, type WholeRecording } from "../../host/replay/recording/assemble.ts";
import { capture } from "../../host/replay/recording/capture.ts";
import { readRecording, writeRecording } from "../../host/replay/recording/file.ts";
import { toHex } from "../../host/values/bytes.ts";
import { ROOT } from "./cli.ts";

/** All recordings, with their index. */
export const JOURNALS = join(ROOT, "tests/replay/journals");
/** Names from `JOURNALS`, and roots. */
export const INDEX = join(JOURNALS, "index.json");

/** Most differences that are printed of one recording. */
const SHOWN_MAX = 20;

/** Where this version keeps the recording of a scenario. */
export function recordingPath(name: string): string {
  return join(JOURNALS, version, `${name}.airj`);
}

/**
 * Expects that the scenario's recording is committed. With AIRLOOM_RECORD=`name` (several between commas) or
 * `all` the journal becomes that recording: text, with its modules, and its root goes into the index.
 */
export async function keepRecording(name: string, journal: Journal): Promise<void> {
  const path = recordingPath(name);
  if (!isAskedFor(name)) {
    expect(existsSync(path), `no recording ${path}: run this test with AIRLOOM_RECORD=${name}`).toBe(true);
    return;
  }
  const [world] = await journal.worlds();
  const entries = () =>
    capture(journal, world!, { embedModules: true, engine: `airloom ${version}`, sign: null });
  const now = await readWhole(entries());
  const before = existsSync(path) ? await readWhole(readRecording(path)) : null;
  console.log(`recording ${name}: ${describeChange(before, now).join("\n  ")}`);
  mkdirSync(dirname(path), { recursive: true });
  await writeRecording(path, "text", entries());
  await noteRoot(`${version}/${name}.airj`, toHex(now.root));
}

/** Whether AIRLOOM_RECORD names this recording, or all. */
export function isAskedFor(name: string): boolean {
  const asked = (process.env.AIRLOOM_RECORD ?? "").split(",");
  return asked.includes("all") || asked.includes(name);
}

function describeChange(before: WholeRecording | null, now: WholeRecording): readonly string[] {
  const root = toHex(now.root);
  if (before === null) return [`new, ${now.frames.length} frames, root ${root}`];
  if (toHex(before.root) === root) return [`unchanged, root ${root}`];
  const lines = differences(before, now);
  const more = lines.length > SHOWN_MAX ? [`and ${lines.length - SHOWN_MAX} more`] : [];
  return [`root ${toHex(before.root)} -> ${root}`, ...lines.slice(0, SHOWN_MAX), ...more];
}

function differences(before: WholeRecording, now: WholeRecording): readonly string[] {
  const lines: string[] = [];
  let { manifest } = now.carried;
  for (let i = 0; i < Math.max(before.frames.length, now.frames.length); i++) {
    const [a, b] = [before.frames[i], now.frames[i]];
    if (b !== undefined) {
      now.carried.note(b.records[0]!);
      manifest = now.carried.manifest;
    }
    for (let j = 0; j < Math.max(a?.records.length ?? 0, b?.records.length ?? 0); j++) {
      const [old, fresh] = [a?.records[j], b?.records[j]];
      const place = `frame ${i}, record ${j}`;
      if (old === undefined || fresh === undefined) {
        lines.push(`${place}: ${old?.kind ?? "nothing"} -> ${fresh?.kind ?? "nothing"}`);
      } else if (manifest !== null) {
        for (const { field, recorded, replayed } of compareRecords(old, fresh, manifest, true).differences)
          lines.push(`${place} (${old.kind}): ${field} ${recorded} -> ${replayed}`);
      }
    }
  }
  return lines.length > 0 ? lines : ["only stamps or the header differ"];
}

/** Test files run in several processes: one at a time may rewrite the index. */
async function noteRoot(name: string, root: string): Promise<void> {
  const lock = `${INDEX}.lock`;
  for (let tries = 0; !taken(lock); tries++) {
    if (tries > 500) throw new Error(`${lock} is held: remove it when no other test is recording`);
    await setTimeout(20);
  }
  try {
    writeIndex(INDEX, new Map([...(readIndex(INDEX) ?? new Map()), [name, root]]));
  } finally {
    rmdirSync(lock);
  }
}

function taken(lock: string): boolean {
  try {
    mkdirSync(lock);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}
