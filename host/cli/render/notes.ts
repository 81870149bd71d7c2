/** What is open in a world, for people and for machines. */

import type { Cell } from "../../journal/record.ts";
import type {
  DeniedNote,
  EndedNote,
  FaultNote,
  IntentNote,
  Moment,
  PlanNote,
  SettledNote,
  Wait,
} from "../../runtime/queries/notes.ts";
import { type Json, jsonInteger, stringifyJson } from "../../values/json.ts";
import { keyJson } from "./state.ts";
import { clean, duration, instant, type Palette } from "./text.ts";

/** `demo/Orders@1["a-1"]`; of a reducer with a single cell, its name. */
export function cellName({ reducer, key }: Cell): string {
  return clean(key.length === 0 ? reducer : `${reducer}[${stringifyJson(keyJson(key))}]`);
}

/** `3.1`, as `debug`, `trace` and `why` take it. */
export function placeName({ frame, record }: Pick<Moment, "frame" | "record">): string {
  return `${frame}.${record}`;
}

/** `in 3 s`, `3 s ago`. */
export function fromNow(ns: bigint, nowNs: bigint): string {
  return ns > nowNs ? `in ${duration(ns - nowNs)}` : `${duration(nowNs - ns)} ago`;
}

export function originText({ cell, originName, step }: IntentNote): string {
  if (cell !== null) return cellName(cell);
  return step === null ? clean(originName) : `${clean(originName)} #${step.instance} ${clean(step.id)}`;
}

export function timerLine(p: Palette, note: IntentNote, nowNs: bigint): string {
  const { dueNs, key } = note.timer ?? { dueNs: 0n, key: null };
  const when = dueNs <= nowNs ? p.red(fromNow(dueNs, nowNs)) : fromNow(dueNs, nowNs);
  const named = key === null ? "" : `, key ${clean(key)}`;
  return `${p.yellow("timer")} ${note.id} due ${p.bold(instant(dueNs))} (${when}) for ${p.green(originText(note))}${named}`;
}

export function intentLine(p: Palette, note: IntentNote, nowNs: bigint): string {
  const params = p.dim(clean(stringifyJson(note.params), 200));
  return `${p.yellow(clean(note.effectKind))} ${note.id} ${params} of ${p.green(originText(note))}, under ${clean(note.capName)}, since ${instant(note.at.atNs)} (${fromNow(note.at.atNs, nowNs)})`;
}

export function settledLine(p: Palette, note: SettledNote): string {
  const { receipt } = note;
  const status = receipt.status === "ok" ? p.green("ok") : p.red(clean(receipt.status));
  const took = duration(receipt.at.atNs - note.at.atNs);
  return `${p.yellow(clean(note.effectKind))} ${note.id} of ${p.green(originText(note))} ${status} by ${clean(receipt.adapterId)} after ${took}, in ${placeName(receipt.at)}`;
}

export function deniedLine(p: Palette, note: DeniedNote): string {
  return `${p.red("denied")} ${clean(note.effectKind)} of ${p.green(clean(note.originName))} ${deniedBy(note)}, in ${placeName(note.at)}`;
}

export function deniedBy({ by, capName, policy, rule, message }: DeniedNote): string {
  if (by === "capability")
    return `by grant ${clean(capName)}${message === null ? "" : `: ${clean(message)}`}`;
  return `by policy ${clean(policy ?? "")}, ${rule === null ? "no rule allows it" : `rule ${rule}`}`;
}

export function planLines(p: Palette, note: PlanNote, nowNs: bigint): readonly string[] {
  const { plan, instance, correlation, done, steps, startedAt } = note;
  const of = correlation === null ? "" : ` ${clean(stringifyJson(correlation), 80)}`;
  const head = `${p.magenta("plan")} ${clean(plan)} #${instance}${of}, ${done} of ${steps} steps, since ${instant(startedAt.atNs)} (${fromNow(startedAt.atNs, nowNs)})`;
  return [head, ...note.waits.map((wait) => `  ${waitText(p, wait, nowNs)}`)];
}

export function waitText(p: Palette, wait: Wait, nowNs: bigint): string {
  const since = p.dim(`(for ${duration(nowNs > wait.since.atNs ? nowNs - wait.since.atNs : 0n)})`);
  const step = p.bold(clean(wait.step));
  if (wait.kind === "receipt") return `${step} waits for the receipt of ${wait.intent} ${since}`;
  if (wait.kind === "turn") return `${step} has a turn to come ${since}`;
  const where = wait.where === null ? "" : ` where ${clean(wait.where, 200)}`;
  return `${step} waits for ${p.cyan(clean(wait.event))}${where} ${since}`;
}

export function endedLine(p: Palette, note: EndedNote): string {
  const { plan, instance, correlation, error, result, startedAt, endedAt } = note;
  const of = correlation === null ? "" : ` ${clean(stringifyJson(correlation), 80)}`;
  const took = `after ${duration(endedAt.atNs - startedAt.atNs)}, in ${placeName(endedAt)}`;
  const name = `${p.magenta("plan")} ${clean(plan)} #${instance}${of}`;
  if (error !== null) {
    const at = error.step === null ? "" : ` at ${clean(error.step)}`;
    return `${name} ${p.red("failed")}${at} ${took}: ${clean(error.code)} ${clean(error.message)}`;
  }
  return `${name} ${p.green("ended")} ${took}${result === null ? "" : `: ${clean(stringifyJson(result), 200)}`}`;
}

export function faultLine(p: Palette, note: FaultNote, nowNs: bigint): string {
  const { at, code, message, denied, place } = note;
  const why = denied === null ? clean(message) : `${clean(denied.effectKind)} ${deniedBy(denied)}`;
  const where = place === null ? "" : ` (${clean(place.file)}:${place.line}:${place.column})`;
  return `${p.red("fault")} ${p.bold(placeName(at))} ${faultOwner(p, note)}: ${clean(code)} ${why}${where}, ${fromNow(at.atNs, nowNs)}${againText(note)}`;
}

function faultOwner(p: Palette, { cell, plan, event }: FaultNote): string {
  if (cell !== null) return `${p.green(cellName(cell))}${event === null ? "" : ` at ${clean(event)}`}`;
  if (plan === null) return "";
  return `${p.magenta("plan")} ${clean(plan.name)} #${plan.instance}${plan.step === null ? "" : ` at ${clean(plan.step)}`}`;
}

function againText({ first, redelivered }: FaultNote): string {
  if (first === null) return "";
  const times = redelivered === 1 ? "once" : `${redelivered} times`;
  return `, redelivered ${times} since ${placeName(first)}`;
}

export function momentJson({ frame, record, atNs }: Moment): Json {
  return new Map([
    ["frame", jsonInteger(frame)],
    ["record", jsonInteger(BigInt(record))],
    ["logical_ns", jsonInteger(atNs)],
  ]);
}

export function cellJson(cell: Cell | null): Json {
  if (cell === null) return null;
  return new Map<string, Json>([
    ["reducer", cell.reducer],
    ["key", cell.key.length === 0 ? null : keyJson(cell.key)],
  ]);
}

/** `type`: `timer`, or `intent` with its `state`. */
export function timerJson(note: IntentNote, nowNs: bigint): Json {
  const { dueNs, key } = note.timer ?? { dueNs: 0n, key: null };
  return new Map<string, Json>([
    ["type", "timer"],
    ["intent", note.id],
    ["due_ns", jsonInteger(dueNs)],
    ["in_ns", jsonInteger(dueNs - nowNs)],
    ["overdue", dueNs <= nowNs],
    ["timer_key", key],
    ...ownerJson(note),
    ["set_at", momentJson(note.at)],
  ]);
}

function ownerJson({ originKind, originName, cell, step }: IntentNote): [string, Json][] {
  return [
    ["origin_kind", originKind],
    ["origin_name", originName],
    ["cell", cellJson(cell)],
    ["instance", step === null ? null : jsonInteger(step.instance)],
    ["step", step?.id ?? null],
  ];
}

export function intentJson(note: IntentNote, state: "open" | "settled" = "open"): ReadonlyMap<string, Json> {
  return new Map<string, Json>([
    ["type", "intent"],
    ["state", state],
    ["intent", note.id],
    ["effect_kind", note.effectKind],
    ["cap_name", note.capName],
    ["params", note.params],
    ...ownerJson(note),
    ["emitted_at", momentJson(note.at)],
  ]);
}

export function settledJson(note: SettledNote): Json {
  const { at, adapterId, status, tries } = note.receipt;
  return new Map<string, Json>([
    ...intentJson(note, "settled"),
    ["status", status],
    ["adapter_id", adapterId],
    ["tries", jsonInteger(tries)],
    ["settled_at", momentJson(at)],
  ]);
}

export function deniedJson(note: DeniedNote): Json {
  return new Map<string, Json>([
    ["type", "intent"],
    ["state", "denied"],
    ["effect_kind", note.effectKind],
    ["cap_name", note.capName],
    ["origin_name", note.originName],
    ["denied_by", note.by],
    ["policy", note.policy],
    ["rule", note.rule === null ? null : jsonInteger(note.rule)],
    ["message", note.message],
    ["denied_at", momentJson(note.at)],
  ]);
}

export function planJson(note: PlanNote): Json {
  return new Map<string, Json>([
    ["type", "plan"],
    ["state", "running"],
    ["plan", note.plan],
    ["instance", jsonInteger(note.instance)],
    ["correlation", note.correlation],
    ["started_at", momentJson(note.startedAt)],
    ["steps_done", jsonInteger(BigInt(note.done))],
    ["steps", jsonInteger(BigInt(note.steps))],
    ["waits", note.waits.map(waitJson)],
  ]);
}

export function waitJson(wait: Wait): Json {
  return new Map<string, Json>([
    ["for", wait.kind],
    ["step", wait.step],
    ["since", momentJson(wait.since)],
    ...(wait.kind === "receipt" ? ([["intent", wait.intent]] as const) : []),
    ...(wait.kind === "event"
      ? ([
          ["event", wait.event],
          ["where", wait.where],
        ] as const)
      : []),
  ]);
}

export function endedJson(note: EndedNote): Json {
  const { error } = note;
  return new Map<string, Json>([
    ["type", "plan"],
    ["state", "ended"],
    ["plan", note.plan],
    ["instance", jsonInteger(note.instance)],
    ["correlation", note.correlation],
    ["started_at", momentJson(note.startedAt)],
    ["ended_at", momentJson(note.endedAt)],
    ["status", note.status],
    [
      "error",
      error &&
        new Map<string, Json>([
          ["code", error.code],
          ["step", error.step],
          ["message", error.message],
        ]),
    ],
    ["result", note.result],
  ]);
}

export function faultJson(note: FaultNote): Json {
  const { at, cell, plan, place, first, denied } = note;
  return new Map<string, Json>([
    ["type", "fault"],
    ["of", note.what],
    ["at", momentJson(at)],
    ["cell", cellJson(cell)],
    ["plan", plan?.name ?? null],
    ["instance", plan === null ? null : jsonInteger(plan.instance)],
    ["step", plan?.step ?? null],
    ["code", note.code],
    ["message", note.message],
    ["file", place?.file ?? null],
    ["line", place === null ? null : jsonInteger(place.line)],
    ["event", note.event],
    ["denied", denied === null ? null : deniedJson(denied)],
    ["first_at", first === null ? null : momentJson(first)],
    ["redelivered", jsonInteger(BigInt(note.redelivered))],
  ]);
}
