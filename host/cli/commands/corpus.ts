/** `airloom replay` for recordings: a corpus in, one verdict each, reports for machines. */

import { existsSync, statSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname, resolve } from "node:path";
import { InvalidArgumentError } from "commander";
import { loadWorldFolder } from "../../build/directory.ts";
import { type CorpusResult, replayCorpus } from "../../replay/corpus.ts";
import { discover, nameOf } from "../../replay/discover.ts";
import {
  type CorpusIndex,
  compareIndex,
  type IndexDifference,
  indexPlaces,
  readIndex,
  writeIndex,
} from "../../replay/index-file.ts";
import { fails, indexFinding } from "../../replay/reports/finding.ts";
import { REPORT_FORMS, type Report, type ReportForm, renderReport } from "../../replay/reports/reports.ts";
import type { UpgradeOverview } from "../../replay/reports/upgrade.ts";
import { changesBetween } from "../../replay/upgrade/causes.ts";
import { makeDefinitions } from "../../runtime/definitions.ts";
import { EXIT, exitCodeOf } from "../exit.ts";
import type { Io } from "../io.ts";
import { writeOutput, writing } from "../output.ts";
import { progressOf } from "../progress.ts";
import { renderCorpus } from "../render/corpus.ts";
import { clean } from "../render/text.ts";
import { version } from "../version.ts";
import { modulesPlace } from "../world.ts";

export interface ReportFile {
  readonly form: ReportForm;
  readonly file: string;
}

export interface CorpusCommandOptions {
  readonly against?: string;
  readonly compare?: string;
  readonly modules?: string;
  readonly jobs?: number;
  readonly index?: string;
  readonly writeIndex?: boolean;
  readonly reRecord?: boolean;
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
  const bytes = recordings.reduce((sum, { path }) => sum + statSync(path).size, 0);
  const progress = progressOf(io, "replaying", bytes);
  let results: readonly CorpusResult[];
  try {
    results = await replayCorpus(recordings, {
      against: folderOf(io, options.against),
      compare: folderOf(io, options.compare),
      modules: options.modules === undefined ? null : modulesPlace(io, options.modules),
      jobs: options.jobs ?? availableParallelism(),
      onBytes: (read) => progress.step(read),
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
    upgrade: overviewOf(io, options),
  };
  for (const { form, file } of options.report ?? [])
    writeOutput(resolve(io.cwd, file), renderReport(form, report));
  io.stdout(options.json ? renderReport("json", report) : renderCorpus(io, report));
  return exitCode(report);
}

function exitCode({ results, corpus, strictFuel }: Report): number {
  const errors = results.flatMap(({ error }) => (error === null ? [] : [exitCodeOf(error)]));
  // A journal that was changed is found by replaying it, and is no difference of what is replayed.
  const damaged = results.some(({ verdict, error }) => verdict === "cannot_run" && error === null);
  const differs = results.some(
    ({ verdict, error }) => error === null && verdict !== "cannot_run" && fails(verdict, strictFuel),
  );
  if (differs || corpus.length > 0) return EXIT.found;
  return errors[0] ?? (damaged ? EXIT.corrupt : EXIT.fine);
}

function overviewOf(io: Io, { against, compare }: CorpusCommandOptions): UpgradeOverview | null {
  if (against === undefined || compare === undefined) return null;
  const [before, after] = [compare, against].map((folder) => {
    const { manifest, settings } = loadWorldFolder(resolve(io.cwd, folder));
    return makeDefinitions(manifest, settings);
  });
  return { before: compare, after: against, changes: changesBetween(before!, after!) };
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
export function parseReport(text: string, before: readonly ReportFile[] = []): readonly ReportFile[] {
  const [, form, file] = /^([a-z]+)=(.+)$/.exec(text) ?? [];
  if (file === undefined || !(REPORT_FORMS as readonly string[]).includes(form!)) {
    throw new InvalidArgumentError(`It takes form=file; forms are ${REPORT_FORMS.join(", ")}.`);
  }
  return [...before, { form: form as ReportForm, file }];
}

function indexOf(io: Io, targets: readonly string[], options: CorpusCommandOptions): string | null {
  if (options.index !== undefined) return resolve(io.cwd, options.index);
  const places = indexPlaces(io.cwd, targets);
  return places.find((path) => existsSync(path)) ?? (options.writeIndex ? (places[0] ?? null) : null);
}

/**
 * What differs from the index; with --write-index it is told and then taken over, but what takes the place of
 * something, or drops it, only with --re-record. What did not replay to its end stays as it was.
 */
function checkIndex(
  io: Io,
  path: string,
  results: readonly CorpusResult[],
  options: CorpusCommandOptions,
): readonly IndexDifference[] {
  const base = dirname(path);
  const roots = new Map(results.map(({ path: recording, root }) => [nameOf(base, recording), root]));
  const before = readIndex(path) ?? new Map<string, string>();
  const differences = compareIndex(before, roots);
  if (options.writeIndex) {
    for (const { name, what } of differences) {
      const change = what === "replaced" ? `: root ${before.get(name)} -> ${roots.get(name)}` : "";
      io.stderr(`index: ${what} ${clean(name)}${change}\n`);
    }
    const others = differences.filter(({ what }) => what !== "unlisted");
    if (others.length > 0 && !options.reRecord) {
      io.stderr("index: not written; --re-record takes over what was replaced or is missing\n");
      return others;
    }
    writing(path, () => writeIndex(path, taken(before, roots)));
    return [];
  }
  return options.allowShrink ? differences.filter(({ what }) => what !== "missing") : differences;
}

/** The root of a recording is known once all of it was replayed; what differs before is no reason to forget it. */
function taken(before: CorpusIndex, roots: ReadonlyMap<string, string | null>): CorpusIndex {
  return new Map(
    [...roots].flatMap(([name, found]) => {
      const root = found ?? before.get(name);
      return root === undefined ? [] : [[name, root] as const];
    }),
  );
}
