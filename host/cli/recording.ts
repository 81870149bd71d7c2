/**
 * How commands write recordings: a file that is there is what somebody expects, and is replaced only when that is
 * asked for, after the difference was shown.
 */

import { existsSync } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { resolve } from "node:path";
import type { Command } from "commander";
import { compareRecordings } from "../replay/recording/compare.ts";
import type { Entry } from "../replay/recording/entry.ts";
import { type RecordingForm, readRecording, writeRecording } from "../replay/recording/file.ts";
import { type VerifiedRecording, verifyRecording } from "../replay/recording/verify.ts";
import { AirloomError } from "../values/errors.ts";
import type { Io } from "./io.ts";
import { comparisonLines } from "./render/branches.ts";

export interface SaveOptions {
  /** As given on the command line. */
  readonly output: string;
  readonly form: RecordingForm;
  /** Whether a recording that is there may be replaced by another one. */
  readonly reRecord: boolean;
}

export interface Saved {
  readonly verified: VerifiedRecording;
  readonly outcome: "new" | "unchanged" | "replaced";
}

/**
 * Writes the recording and proves it. Throws `recording.exists` (kind `request`) for a file that would change, after
 * the difference was printed on stderr, and what writing, reading and `entries` throw; the file is then as it was.
 */
export async function saveRecording(
  io: Io,
  entries: AsyncIterable<Entry> | Iterable<Entry>,
  { output, form, reRecord }: SaveOptions,
): Promise<Saved> {
  const path = resolve(io.cwd, output);
  if (!existsSync(path)) {
    await writeRecording(path, form, entries);
    return { verified: await verifyRecording(readRecording(path)), outcome: "new" };
  }
  const candidate = `${path}.${process.pid}.new`;
  try {
    await writeRecording(candidate, form, entries);
    const verified = await verifyRecording(readRecording(candidate));
    const before = await rootOf(path);
    if (before === verified.root) {
      await rename(candidate, path); // the form may be the other one
      return { verified, outcome: "unchanged" };
    }
    for (const line of await differenceLines(io, path, candidate, before)) io.stderr(`${line}\n`);
    if (!reRecord) throw exists(output, before, verified.root);
    await rename(candidate, path);
    return { verified, outcome: "replaced" };
  } finally {
    await rm(candidate, { force: true });
  }
}

/** Adds to a command what `saveRecording` and its callers take. */
export function recordingOptions(command: Command): Command {
  return command
    .option("--binary", "the binary form: smaller, and any frame is one read away (default: lines of JSON)")
    .option("--re-record", "replace a recording that is there by another one, after printing what differs");
}

export interface RecordingOptions {
  readonly binary?: boolean;
  readonly reRecord?: boolean;
}

export function saveOptions(output: string, { binary, reRecord }: RecordingOptions): SaveOptions {
  return { output, form: binary ? "binary" : "text", reRecord: reRecord ?? false };
}

/** Null for a file that is no sound recording. */
async function rootOf(path: string): Promise<string | null> {
  try {
    return (await verifyRecording(readRecording(path))).root;
  } catch (error) {
    if (error instanceof AirloomError && error.kind === "corrupt") return null;
    throw error;
  }
}

async function differenceLines(
  io: Io,
  path: string,
  candidate: string,
  before: string | null,
): Promise<readonly string[]> {
  if (before === null) return ["the file that is there is no sound recording"];
  return comparisonLines(io, await compareRecordings(readRecording(path), readRecording(candidate)));
}

function exists(output: string, before: string | null, root: string): AirloomError {
  const message = `${output} would change; --re-record replaces it`;
  return new AirloomError("request", "recording.exists", message, { fields: { path: output, before, root } });
}
