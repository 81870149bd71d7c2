/** `airloom replay` for recordings: a corpus in, one verdict each, reports for machines. */

import { statSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname, join, resolve } from "node:path";
import { InvalidArgumentError } from "commander";
import { type CorpusResult, replayCorpus } from "../../replay/corpus.ts";
import { discover, nameOf } from "../../replay/discover.ts";
import { compareIndex, type IndexDifference, readIndex, writeIndex } from "../../replay/index-file.ts";
import { fails, indexFinding } from "../../replay/reports/finding.ts";
import { REPORT_FORMS, type Report, type ReportForm, renderReport } from "../../replay/reports/reports.ts";
import { EXIT, exitCodeOf } from "../exit.ts";
import type { Io } from "../io.ts";
import { progressOf } from "../progress.ts";
import { renderCorpus } from "../render/corpus.ts";
import { version } from "../version.ts";

export interface ReportFile {
  readonly form: ReportForm;
  readonly file: string;
}

export interface CorpusCommandOptions {
  readonly against?: string;
  readonly modules?: string;
  readonly jobs?: number;
  readonly index?: string;
  readonly writeIndex?: boolean;
  readonly allowShrink?: boolean;
  readonly strictFuel?: boolean;
  readonly report?: readonly ReportFile[];
  readonly json?: boolean;
}

export async function replayRecordings(
  io: Io,
  targets: readonly string[],
  options: CorpusCommandOptions,
): Promise<number> {
  const recordings = discover(io.cwd, targets);
  const progress = progressOf(io, "replaying", recordings.length);
  let results: readonly CorpusResult[];
  try {
    results = await replayCorpus(recordings, {
      against: folderOf(io, options.against),
      modules: folderOf(io, options.modules),
      jobs: options.jobs ?? availableParallelism(),
      onDone: () => progress.step(),
    });
  } finally {
    progress.stop();
  }
  const index = indexOf(io, targets, options);
  const differences = index === null ? [] : checkIndex(io, index, results, options);
  const corpus = differences.flatMap((difference) => indexFinding(difference) ?? []);
  const report: Report = {
    results,
    corpus,
    strictFuel: options.strictFuel ?? false,
    engine: `airloom ${version}`,
  };
  for (const { form, file } of options.report ?? [])
    writeFileSync(resolve(io.cwd, file), renderReport(form, report));
  io.stdout(options.json ? renderReport("json", report) : renderCorpus(io, report));
  return exitCode(report);
}

function exitCode({ results, corpus, strictFuel }: Report): number {
  const errors = results.flatMap(({ error }) => (error === null ? [] : [exitCodeOf(error)]));
  const differs = results.some(({ verdict, error }) => error === null && fails(verdict, strictFuel));
  if (differs || corpus.length > 0) return EXIT.found;
  return errors[0] ?? EXIT.fine;
}

function folderOf(io: Io, folder: string | undefined): string | null {
  return folder === undefined ? null : resolve(io.cwd, folder);
}

/** Throws `InvalidArgumentError`. */
export function parseJobs(text: string): number {
  if (/^[1-9]\d{0,2}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It takes a number from 1 to 999.");
}

/** One more `--report`. Throws `InvalidArgumentError`. */
export function parseReport(text: string, before: readonly ReportFile[]): readonly ReportFile[] {
  const [, form, file] = /^([a-z]+)=(.+)$/.exec(text) ?? [];
  if (file === undefined || !(REPORT_FORMS as readonly string[]).includes(form!)) {
    throw new InvalidArgumentError(`It takes form=file; forms are ${REPORT_FORMS.join(", ")}.`);
  }
  return [...before, { form: form as ReportForm, file }];
}

/** File name of an index that is taken into account wherever it lies in a folder that is replayed. */
const INDEX_NAME = "index.json";

function indexOf(io: Io, targets: readonly string[], options: CorpusCommandOptions): string | null {
  if (options.index !== undefined) return resolve(io.cwd, options.index);
  const folders = targets
    .map((target) => resolve(io.cwd, target))
    .filter((path) => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true);
  const places = folders.map((folder) => join(folder, INDEX_NAME));
  const existing = places.filter((path) => statSync(path, { throwIfNoEntry: false })?.isFile() === true);
  return existing[0] ?? (options.writeIndex ? (places[0] ?? null) : null);
}

/** What differs from the index; with --write-index it is told and then taken over. */
function checkIndex(
  io: Io,
  path: string,
  results: readonly CorpusResult[],
  options: CorpusCommandOptions,
): readonly IndexDifference[] {
  const base = dirname(path);
  const roots = new Map(results.map(({ path: recording, root }) => [nameOf(base, recording), root]));
  const differences = compareIndex(readIndex(path) ?? new Map(), roots);
  if (options.writeIndex) {
    for (const { name, what } of differences) io.stderr(`index: ${what} ${name}\n`);
    const known = [...roots].flatMap(([name, root]) => (root === null ? [] : [[name, root] as const]));
    writeIndex(path, new Map(known));
    return [];
  }
  return options.allowShrink ? differences.filter(({ what }) => what !== "missing") : differences;
}
