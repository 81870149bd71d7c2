/** Replays many recordings, in as many threads as there is work and cores for. */

import { statSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { requireBuilt } from "../build/build.ts";
import { loadWorldFolder } from "../build/directory.ts";
import { folderModules } from "../build/modules.ts";
import { loadModules, makeDefinitions } from "../runtime/definitions.ts";
import { AirloomError, bug, type ErrorDetails, type ErrorKind } from "../values/errors.ts";
import { createModuleHost } from "../wasm/host.ts";
import type { Found } from "./discover.ts";
import { readRecording } from "./recording/file.ts";
import { type RecordingReport, replayRecording } from "./recording/replay.ts";
import { compareUpgrade, type Side, type UpgradeDetail } from "./upgrade/upgrade.ts";

export interface CorpusOptions {
  /** World folder whose definitions and modules are used in place of the recorded ones. */
  readonly against: string | null;
  /** World folder whose definitions `against` is compared with, in place of what was recorded. */
  readonly compare: string | null;
  /** World folder in which modules are looked for that a recording does not carry. */
  readonly modules: string | null;
  /** Threads; 1 replays in this one. */
  readonly jobs: number;
  /** Called as each recording is done, in the order they end. */
  readonly onDone?: (result: CorpusResult) => void;
  /** Told how many bytes of recordings more were replayed; where definitions are compared, a recording at a time. */
  readonly onBytes?: (bytes: number) => void;
}

export interface CorpusResult extends RecordingReport {
  /** Null unless two sets of definitions were compared. */
  readonly upgrade: UpgradeDetail | null;
  readonly name: string;
  readonly path: string;
  readonly milliseconds: number;
}

/** What a thread is told once, as plain data. */
export type WorkerSettings = Pick<CorpusOptions, "against" | "compare" | "modules">;

/** An error as plain data: classes do not survive the way between threads. */
export interface PlainError extends Required<Pick<ErrorDetails, "diagnostics" | "fields">> {
  readonly kind: ErrorKind;
  readonly code: string;
  readonly message: string;
}

export type WorkerAnswer =
  | { readonly result: Omit<CorpusResult, "error"> & { readonly error: PlainError | null } }
  | { readonly thrown: PlainError }
  | { readonly bytes: number };

/**
 * Results in the order of `recordings`. Throws what `replayRecording` throws, and `build.stale` for a folder whose
 * sources are newer than its modules: a replay would prove what nobody will run.
 */
export async function replayCorpus(
  recordings: readonly Found[],
  options: CorpusOptions,
): Promise<readonly CorpusResult[]> {
  for (const folder of [options.compare, options.against]) if (folder !== null) await requireBuilt(folder);
  const jobs = Math.min(options.jobs, recordings.length);
  const results = new Map<string, CorpusResult>();
  const done = (result: CorpusResult): void => {
    results.set(result.path, result);
    options.onDone?.(result);
  };
  if (jobs <= 1 || !workersAreBuilt()) {
    const replayOne = createReplayer(options, options.onBytes);
    for (const found of recordings) done(await replayOne(found));
  } else {
    await inThreads(recordings, jobs, options, done);
  }
  return recordings.map(({ path }) => results.get(path)!);
}

/** Replays one recording after another with the same settings. */
export function createReplayer(
  settings: WorkerSettings,
  onBytes: (bytes: number) => void = () => {},
): (found: Found) => Promise<CorpusResult> {
  const judge =
    settings.compare === null ? replaying(settings, onBytes) : comparing(settings, settings.compare, onBytes);
  return async ({ name, path }) => {
    const start = performance.now();
    const report = await judge(path);
    return { ...report, name, path, milliseconds: performance.now() - start };
  };
}

type Judge = (path: string) => Promise<Omit<CorpusResult, "name" | "path" | "milliseconds">>;

function replaying({ against, modules }: WorkerSettings, onBytes: (bytes: number) => void): Judge {
  const folder = against === null ? null : loadWorldFolder(against);
  const definitions = folder === null ? null : makeDefinitions(folder.manifest, folder.settings);
  const places = [against, modules].flatMap((place) => (place === null ? [] : [folderModules(place)]));
  return async (path) => {
    const report = await replayRecording(readRecording(path, onBytes), {
      against: definitions,
      findModule: async (hash) => {
        for (const find of places) {
          const bytes = await find(hash);
          if (bytes !== null) return bytes;
        }
        return null;
      },
    });
    return { ...report, upgrade: null };
  };
}

/** Throws `module.missing` for a folder that was not built: no recording could be judged. */
function comparing({ against }: WorkerSettings, compare: string, onBytes: (bytes: number) => void): Judge {
  if (against === null) throw bug("definitions are compared with none");
  const sides = Promise.all([compare, against].map(sideOf));
  return async (path) => {
    const [before, after] = await sides;
    const found = await compareUpgrade(() => readRecording(path), before!, after!);
    onBytes(statSync(path).size);
    return found;
  };
}

async function sideOf(folder: string): Promise<Side> {
  const { manifest, settings } = loadWorldFolder(folder);
  const modules = await loadModules(manifest, folderModules(folder));
  const host = createModuleHost((hash) => modules.get(hash));
  return { definitions: makeDefinitions(manifest, settings), modules: host };
}

/** A worker is a file of its own: there is one beside this file once it is built. */
function workersAreBuilt(): boolean {
  return import.meta.url.endsWith(".js");
}

async function inThreads(
  recordings: readonly Found[],
  jobs: number,
  { against, compare, modules, onBytes }: CorpusOptions,
  done: (result: CorpusResult) => void,
): Promise<void> {
  const waiting = recordings[Symbol.iterator]();
  const threads: Worker[] = [];
  const thread = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const settings: WorkerSettings = { against, compare, modules };
      const worker = new Worker(new URL("./worker.js", import.meta.url), { workerData: settings });
      threads.push(worker);
      const next = (): void => {
        const { value, done: over } = waiting.next();
        if (over) resolve();
        else worker.postMessage(value);
      };
      worker.on("message", (answer: WorkerAnswer) => {
        if ("bytes" in answer) {
          onBytes?.(answer.bytes);
          return;
        }
        if ("thrown" in answer) {
          reject(errorFrom(answer.thrown));
          return;
        }
        const { error } = answer.result;
        done({ ...answer.result, error: error === null ? null : errorFrom(error) });
        next();
      });
      worker.on("error", reject);
      next();
    });
  try {
    await Promise.all(Array.from({ length: jobs }, thread));
  } finally {
    await Promise.all(threads.map((worker) => worker.terminate()));
  }
}

export function plainError({ kind, code, message, diagnostics, fields }: AirloomError): PlainError {
  return { kind, code, message, diagnostics, fields };
}

function errorFrom({ kind, code, message, diagnostics, fields }: PlainError): AirloomError {
  return new AirloomError(kind, code, message, { diagnostics, fields });
}
