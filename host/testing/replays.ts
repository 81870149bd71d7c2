/** The gate of recorded journals as one check of a test, whatever the runner. */

import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname, resolve } from "node:path";
import { replayCorpus } from "../replay/corpus.ts";
import { discover, nameOf } from "../replay/discover.ts";
import { compareIndex, indexPlaces, readIndex } from "../replay/index-file.ts";
import { type Finding, fails, findingOf, indexFinding, tally, WORDS } from "../replay/reports/finding.ts";
import { raise } from "./failure.ts";

export interface ReplayExpectation {
  /**
   * World folder whose definitions and built modules the recordings must replay under, the working directory unless
   * given; null for those that each recording carries.
   */
  readonly against?: string | null;
  /** Where paths begin; the working directory of the process unless given. */
  readonly cwd?: string;
  /** Whether other fuel alone fails; it does not unless said so. */
  readonly strictFuel?: boolean;
}

/**
 * Replays recordings, named by files, folders and glob patterns, and fails with the first difference of each that
 * does not do what it did. An `index.json` in a folder that is named whole (`tests/journals`, `tests/journals/**`)
 * must hold: a recording that is missing or was replaced fails. So does an empty corpus. Throws as `airloom replay`
 * refuses: `corpus.empty`, `recording.missing`, `world.missing`, `manifest.invalid`.
 */
export async function expectReplays(
  targets: string | readonly string[],
  options: ReplayExpectation = {},
): Promise<void> {
  const { against = ".", cwd = process.cwd(), strictFuel = false } = options;
  const named = typeof targets === "string" ? [targets] : targets;
  const folder = against === null ? null : resolve(cwd, against);
  const recordings = discover(cwd, named);
  const jobs = availableParallelism();
  const results = await replayCorpus(recordings, { against: folder, compare: null, modules: null, jobs });
  const failing = results.filter(({ verdict }) => fails(verdict, strictFuel));
  const findings = [
    ...failing.flatMap((result) => findingOf(result) ?? []),
    ...indexFindings(cwd, named, results),
  ];
  if (findings.length === 0) return;
  const counts = tally(results).map(([verdict, count]) => `${count} ${WORDS[verdict]}`);
  raise(
    [
      `${results.length} recording${results.length === 1 ? "" : "s"}: ${counts.join(", ")}`,
      ...findings.flatMap(linesOf),
    ].join("\n"),
  );
}

function indexFindings(
  cwd: string,
  targets: readonly string[],
  results: Awaited<ReturnType<typeof replayCorpus>>,
): readonly Finding[] {
  const path = indexPlaces(cwd, targets).find((place) => existsSync(place));
  if (path === undefined) return [];
  const roots = new Map(results.map(({ path: recording, root }) => [nameOf(dirname(path), recording), root]));
  return compareIndex(readIndex(path) ?? new Map(), roots).flatMap((each) => indexFinding(each) ?? []);
}

function linesOf({ name, verdict, headline, details }: Finding): readonly string[] {
  return [
    `${name}: ${verdict.replaceAll("_", " ")}`,
    `  ${headline}`,
    ...details.map((line) => `    ${line}`),
  ];
}
