import type { Command } from "commander";
import { changedDefinitions } from "../../runtime/changes.ts";
import { diagnose, type Finding } from "../../runtime/queries/diagnose.ts";
import type { Survey } from "../../runtime/queries/survey.ts";
import { type Holder, holderOf } from "../../store/lock.ts";
import { type Json, jsonInteger } from "../../values/json.ts";
import { EXIT } from "../exit.ts";
import type { Io } from "../io.ts";
import { nowNs, printJson, type QueryOptions, queryOptions, surveyed } from "../querying.ts";
import { findingJson, findingLines } from "../render/findings.ts";
import { clean, paletteOf, plural } from "../render/text.ts";
import type { Run } from "../run.ts";
import { authoredDefinitions, placeOf, type WorldPlace } from "../world.ts";

const HELP = `
It tells everything that is open, what needs somebody first, and for each what to do next. It exits with 1 when
something needs somebody, with 0 when the world goes on by itself or waits for what it should wait for.

With --json, a line for each finding: {"type": "finding", "kind", "needs", "next": [commands], ...}, where kind is
"fault", "timer", "effect", "outside", "no_adapter", "event", "turn", "pending" or "folder" and the rest what \`faults\`,
\`timers\`, \`intents\` and \`plans\` print for it; then {"type": "diagnosis", "needs", "findings", "frames",
"held_by": {"pid", "host", "since"} or null}.

Example:
  airloom diagnose air/worlds/retry-backoff`;

export function diagnoseCommand(program: Command, io: Io, run: Run): void {
  const command = program
    .command("diagnose")
    .description("say why a world is stuck, or that it is not, and what to do next")
    .argument("<world>", "world folder");
  queryOptions(command, "one JSON object a finding")
    .addHelpText("after", HELP)
    .action((world: string, options: QueryOptions) => run(options, () => diagnoseWorld(io, world, options)));
}

async function diagnoseWorld(io: Io, world: string, options: QueryOptions): Promise<number> {
  const place = placeOf(io, world, options.store);
  const found = await surveyed(io, world, options);
  const holder = await holderOf(place.store);
  const now = nowNs();
  const findings = diagnose(found, {
    nowNs: now,
    held: holder !== null,
    changes: changesOf(place, found),
  });
  const needing = findings.filter(({ needs }) => needs).length;
  const about = { world, store: options.store, nowNs: now };
  if (options.json) {
    for (const finding of findings) printJson(io, findingJson(finding, about));
    printJson(io, summaryJson(found, findings, needing, holder));
  } else {
    const p = paletteOf(io);
    for (const finding of findings)
      for (const line of findingLines(p, finding, about)) io.stdout(`${line}\n`);
    io.stdout(`${summary(found, findings, needing, holder)}\n`);
  }
  return needing > 0 ? EXIT.found : EXIT.fine;
}

/** Null for a folder that cannot be read: `airloom check` says why. */
function changesOf(place: WorldPlace, { definitions }: Survey): readonly string[] | null {
  const folder = authoredDefinitions(place.folder);
  if (folder === null) return null;
  const same =
    folder.manifest.hash === definitions.manifest.hash && folder.settingsHash === definitions.settingsHash;
  return same ? [] : changedDefinitions(definitions, folder);
}

function summary(
  { frames }: Survey,
  findings: readonly Finding[],
  needing: number,
  holder: Holder | null,
): string {
  const by =
    holder === null
      ? "no process has the world open"
      : `process ${holder.pid} on ${clean(holder.host ?? "?")} has had the world open since ${clean(holder.since ?? "?")}`;
  if (findings.length === 0) return `nothing is open after ${plural(frames, "frame")}; ${by}`;
  const needs =
    needing === 0 ? "nothing needs you" : `${plural(needing, "finding")} of ${findings.length} to see to`;
  return `${needs}; ${by}`;
}

function summaryJson(
  { frames }: Survey,
  findings: readonly Finding[],
  needing: number,
  holder: Holder | null,
): Json {
  const heldBy =
    holder === null
      ? null
      : new Map<string, Json>([
          ["pid", holder.pid === null ? null : jsonInteger(BigInt(holder.pid))],
          ["host", holder.host],
          ["since", holder.since],
        ]);
  return new Map<string, Json>([
    ["type", "diagnosis"],
    ["needs", jsonInteger(BigInt(needing))],
    ["findings", jsonInteger(BigInt(findings.length))],
    ["frames", jsonInteger(frames)],
    ["held_by", heldBy],
  ]);
}
