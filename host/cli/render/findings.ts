/** What a diagnosis found, and the commands that go on from there. */

import type { Finding } from "../../runtime/queries/diagnose.ts";
import { type Json, jsonInteger, stringifyJson } from "../../values/json.ts";
import { shellWord } from "./fault.ts";
import {
  faultJson,
  faultLine,
  fromNow,
  intentJson,
  intentLine,
  momentJson,
  placeName,
  planJson,
  timerJson,
  timerLine,
  waitJson,
  waitText,
} from "./notes.ts";
import { clean, type Palette } from "./text.ts";

export interface About {
  /** As they were given on the command line. */
  readonly world: string;
  readonly store: string | undefined;
  readonly nowNs: bigint;
}

/** One line for the finding, then a line for each command to go on with. */
export function findingLines(p: Palette, finding: Finding, about: About): readonly string[] {
  const mark = finding.needs ? p.red("!") : p.dim("·");
  return [
    `${mark} ${findingText(p, finding, about)}`,
    ...commandsFor(finding, about).map((command) => `    ${p.dim(command)}`),
  ];
}

/** `{"type": "finding", "kind", "needs", "next", ...}`. */
export function findingJson(finding: Finding, about: About): Json {
  return new Map<string, Json>([
    ["type", "finding"],
    ["kind", finding.kind],
    ["needs", finding.needs],
    ["next", commandsFor(finding, about)],
    ...detailsJson(finding, about),
  ]);
}

function findingText(p: Palette, finding: Finding, { nowNs }: About): string {
  switch (finding.kind) {
    case "fault":
      return faultLine(p, finding.fault, nowNs);
    case "timer":
      return `${timerLine(p, finding.intent, nowNs)}${finding.needs ? "; no process has the world open to fire it" : ""}`;
    case "effect": {
      const why = finding.needs ? "no process has the world open to do it" : "its adapter is at work";
      return `${intentLine(p, finding.intent, nowNs)}; ${why}`;
    }
    case "outside":
      return `${intentLine(p, finding.intent, nowNs)}; waits for a signed receipt of ${finding.adapters.map((each) => clean(each)).join(" or ")}`;
    case "no_adapter":
      return `${intentLine(p, finding.intent, nowNs)}; only a program with an adapter of its own does this, and \`airloom run\` would answer it with an error`;
    case "event":
    case "turn": {
      const { plan, wait } = finding;
      const of = plan.correlation === null ? "" : ` ${clean(stringifyJson(plan.correlation), 80)}`;
      return `${p.magenta("plan")} ${clean(plan.plan)} #${plan.instance}${of}: ${waitText(p, wait, nowNs)}`;
    }
    case "pending": {
      const { at, schema, deliveries } = finding.pending;
      return `${p.yellow("pending")} ${deliveries === 1 ? "1 delivery" : `${deliveries} deliveries`} of ${clean(schema)} in ${placeName(at)}, ${fromNow(at.atNs, nowNs)}`;
    }
    case "folder":
      return `${p.yellow("folder")} differs from what the world runs: ${finding.changes.map((each) => clean(each)).join(", ")}`;
  }
}

function commandsFor(finding: Finding, { world, store }: About): readonly string[] {
  const airloom = (verb: string, ...rest: string[]): string =>
    [
      "airloom",
      verb,
      shellWord(world),
      ...rest,
      ...(store === undefined ? [] : ["--store", shellWord(store)]),
    ].join(" ");
  switch (finding.kind) {
    case "fault": {
      const { what, at } = finding.fault;
      const place = placeName(at);
      const again =
        what === "delivery"
          ? [airloom("debug", place), airloom("redeliver", place)]
          : [airloom("why", place)];
      return [...again, airloom("dismiss", place, "--reason", "'...'")];
    }
    case "timer":
    case "effect":
    case "turn":
    case "pending":
      return finding.needs ? [airloom("run")] : [];
    case "outside": {
      const { intent, adapters } = finding;
      const by = shellWord(adapters[0]!);
      return [
        airloom(
          "receipt inject",
          intent.id,
          "--adapter",
          by,
          "--status",
          "ok",
          "--payload",
          "'...'",
          "--key",
          "FILE",
        ),
      ];
    }
    case "no_adapter":
      return [airloom("why", "--intent", finding.intent.id)];
    case "event": {
      const { event } = finding.wait;
      return [airloom("send", `'{"schema": "${event}", "value": ...}'`)];
    }
    case "folder":
      return [airloom("run", "--upgrade")];
  }
}

function detailsJson(finding: Finding, { nowNs }: About): readonly (readonly [string, Json])[] {
  switch (finding.kind) {
    case "fault":
      return [["fault", faultJson(finding.fault)]];
    case "timer":
      return [["timer", timerJson(finding.intent, nowNs)]];
    case "outside":
      return [
        ["intent", intentJson(finding.intent)],
        ["adapters", finding.adapters],
      ];
    case "effect":
    case "no_adapter":
      return [["intent", intentJson(finding.intent)]];
    case "event":
    case "turn":
      return [
        ["plan", planJson(finding.plan)],
        ["wait", waitJson(finding.wait)],
      ];
    case "pending": {
      const { at, schema, deliveries } = finding.pending;
      return [
        ["at", momentJson(at)],
        ["schema", schema],
        ["deliveries", jsonInteger(BigInt(deliveries))],
      ];
    }
    case "folder":
      return [["changes", finding.changes]];
  }
}
