import { type Command, InvalidArgumentError } from "commander";
import { Coverage, type CoverageItem, type CoverageReport } from "../../replay/coverage.ts";
import { discover } from "../../replay/discover.ts";
import { readRecording } from "../../replay/recording/file.ts";
import { RecordedDefinitions } from "../../replay/recording/typing.ts";
import { EXIT } from "../exit.ts";
import type { Io } from "../io.ts";
import { clean, paletteOf, plural } from "../render/text.ts";
import type { Run } from "../run.ts";

interface Options {
  readonly min: number;
  readonly json?: boolean;
}

const EXAMPLES = `
Example:
  airloom coverage tests/journals --min 80`;

export function coverageCommand(program: Command, io: Io, run: Run): void {
  program
    .command("coverage")
    .description("say which arms, steps, edges, guards, policy rules and grants recordings exercise")
    .argument("<targets...>", "recordings: files, folders, glob patterns")
    .option("--min <percent>", "fail below this share of what the definitions have", parsePercent, 0)
    .option("--json", "one JSON object")
    .addHelpText("after", EXAMPLES)
    .action((targets: string[], options: Options) => run(options, () => cover(io, targets, options)));
}

async function cover(io: Io, targets: readonly string[], options: Options): Promise<number> {
  const least = options.min;
  const coverage = new Coverage();
  for (const { path } of discover(io.cwd, targets)) {
    const definitions = new RecordedDefinitions();
    coverage.begin();
    for await (const entry of readRecording(path)) {
      if (entry.kind === "blob") definitions.add(entry.blob);
      if (entry.kind !== "frame") continue;
      definitions.note(entry.frame.records[0]!);
      if (definitions.manifest !== null) coverage.add(entry.frame, definitions.manifest);
    }
  }
  const report = coverage.report();
  io.stdout(options.json ? `${toJson(report)}\n` : render(io, report));
  if (report.share * 100 >= least) return EXIT.fine;
  if (!options.json) io.stderr(`coverage is ${percent(report.share)}, at least ${least} % is asked for\n`);
  return EXIT.found;
}

/** Throws `InvalidArgumentError`. */
function parsePercent(text: string): number {
  const value = Number(text);
  if (/^\d{1,3}(?:\.\d+)?$/.test(text) && value <= 100) return value;
  throw new InvalidArgumentError("It takes a number from 0 to 100.");
}

function toJson({ items, faults, share }: CoverageReport): string {
  return JSON.stringify({
    type: "coverage",
    share,
    items,
    faults: [...faults].map(([code, count]) => ({ code, count })),
  });
}

/** A line for each owner, and below it what is never exercised. */
function render(io: Io, { items, faults, share }: CoverageReport): string {
  const p = paletteOf(io);
  const groups = new Map<string, CoverageItem[]>();
  for (const item of items) {
    const title = `${item.subject}s of ${item.owner}`;
    const group = groups.get(title);
    if (group === undefined) groups.set(title, [item]);
    else group.push(item);
  }
  const lines = [...groups].flatMap(([title, group]) => {
    const never = group.filter(({ count }) => count === 0);
    const mark = never.length === 0 ? p.green : p.yellow;
    return [
      `${mark(`${group.length - never.length}/${group.length}`)}  ${clean(title)}`,
      ...never.map(({ name }) => `      never: ${clean(name)}`),
    ];
  });
  const met = [...faults].map(([code, count]) => `${code} (${count})`);
  lines.push(`faults met: ${met.length === 0 ? "none" : met.map((text) => clean(text)).join(", ")}`);
  lines.push(`coverage: ${percent(share)} of ${plural(items.length, "item")}`);
  return `${lines.join("\n")}\n`;
}

function percent(share: number): string {
  return `${(Math.floor(share * 1000) / 10).toFixed(1)} %`;
}
