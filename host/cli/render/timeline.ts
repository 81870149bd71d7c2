/** A world's life as people read it: each event, what the reducers made of it, each timer, each decision. */

import type { Manifest } from "../../air/manifest.ts";
import type { Frame } from "../../journal/frame.ts";
import type { JournalRecord, RecordOf } from "../../journal/record.ts";
import type { LiveNote } from "../../kernel/draft.ts";
import { cellText } from "../../replay/core/diff.ts";
import { stringifyJson } from "../../values/json.ts";
import { looseJson } from "../../values/loose-json.ts";
import type { Schema } from "../../values/schema.ts";
import type { Value } from "../../values/value.ts";
import type { Io } from "../io.ts";
import type { FaultGuide } from "./fault.ts";
import { clean, duration, instant, type Palette, paletteOf, plural } from "./text.ts";

/** Renders frames in order; it remembers states and timers, to show what changed and how late one fired. */
export class Timeline {
  readonly #p: Palette;
  readonly #states = new Map<string, ReadonlyMap<string, Value>>();
  readonly #deadlines = new Map<string, bigint>();
  /** By record sequence: what a redelivery or a dismissal is of. */
  readonly #faults = new Map<bigint, string>();
  #startNs: bigint | null = null;

  /** Leads from a fault to the author's source and to the command that shows it again. */
  guide: FaultGuide | null = null;

  constructor(io: Io) {
    this.#p = paletteOf(io);
  }

  /** The frame as lines, without line ends. */
  frame(frame: Frame, manifest: Manifest, notes: readonly LiveNote[] = []): readonly string[] {
    this.#startNs ??= frame.head.logicalNs;
    const since = `+${(Number(frame.head.logicalNs - this.#startNs) / 1e9).toFixed(3)}s`.padStart(10);
    const lines: string[] = [];
    const depths: number[] = [];
    for (const [index, record] of frame.records.entries()) {
      const outer = record.cause === null ? -1 : depths[record.cause]!;
      const said = notes.filter((each) => each.record === index);
      if (isFault(record)) {
        this.#faults.set(frame.head.firstRecord + BigInt(index), `${frame.head.frame}.${index}`);
      }
      const text = this.#record(frame, record, manifest, said);
      depths.push(text === null ? outer : outer + 1);
      if (text === null) continue;
      const depth = outer + 1;
      const gutter = index === 0 ? `${this.#p.dim(since)}  ` : " ".repeat(12);
      lines.push(`${gutter}${"  ".repeat(depth)}${text}`);
      const below = `${" ".repeat(14)}${"  ".repeat(depth)}`;
      for (const note of said) lines.push(`${below}${this.#p.dim(clean(note.text))}`);
      if (record.kind === "delivery" && record.outcome === "fault" && this.guide !== null) {
        lines.push(`${below}${this.#p.dim(this.guide.command(frame.head.frame, index))}`);
      }
    }
    return lines;
  }

  /** One record as `frame` writes it, without its place in time; null for one that is told by those around it. */
  record(frame: Frame, record: JournalRecord, manifest: Manifest): string | null {
    return this.#record(frame, record, manifest, []);
  }

  #record(
    frame: Frame,
    record: JournalRecord,
    manifest: Manifest,
    notes: readonly LiveNote[],
  ): string | null {
    const p = this.#p;
    switch (record.kind) {
      case "genesis":
        return `${p.bold("world")} ${record.worldId}  ${p.dim(short(record.manifestHash))}`;
      case "manifest":
        return `${p.bold("definitions")} ${p.dim(short(record.manifestHash))}`;
      case "domain_event":
        return this.#event(record, manifest);
      case "effect_receipt":
        return this.#receipt(frame, record);
      case "plan_start":
        return `${p.bold("start")} ${record.plan}`;
      case "redeliver": {
        const value = sugar(manifest.schemas.get(record.schema), record.value);
        const to = clean(cellText(record.cell) ?? "");
        return `${p.bold("redeliver")} ${this.#fault(record.delivery)} to ${to}: ${record.schema} ${p.dim(clean(value))}`;
      }
      case "dismiss":
        return `${p.bold("dismiss")} ${this.#fault(record.fault)}${record.reason === null ? "" : `: ${clean(record.reason)}`}`;
      case "continue":
        return p.dim("goes on with pending work");
      case "snapshot":
        return `${p.bold("snapshot")} ${p.dim(short(record.snapshotHash))}`;
      case "delivery":
        return this.#delivery(record, manifest, notes);
      case "plan_started":
        return null; // its first turn follows
      case "plan_turn":
        return this.#turn(record);
      case "plan_ended":
        return record.status === "ok"
          ? null
          : `${p.red("plan failed")} ${record.plan} #${record.instance}: ${record.errorCode} ${clean(record.errorMessage ?? "")}`;
      case "plan_result":
        return `${p.magenta("result")} of ${record.plan} #${record.instance}`;
      case "cap_decision":
        return record.decision === "allow"
          ? null
          : `${p.red("denied")} by grant ${record.capName}: ${clean(record.denyMessage ?? "")}`;
      case "policy_decision":
        return this.#decision(record);
      case "effect_intent":
        return this.#intent(frame, record, manifest);
    }
  }

  #fault(seq: bigint): string {
    return this.#faults.get(seq) ?? `record ${seq}`;
  }

  #event(record: RecordOf<"domain_event">, manifest: Manifest): string | null {
    if (record.schema.startsWith("sys/") && record.cause !== null) return null; // its receipt was shown
    const value = sugar(manifest.schemas.get(record.schema), record.value);
    return `${this.#p.cyan("event")} ${record.schema} ${this.#p.dim(clean(value))}`;
  }

  #delivery(record: RecordOf<"delivery">, manifest: Manifest, notes: readonly LiveNote[]): string {
    const p = this.#p;
    const name = clean(cellText(record.cell) ?? "");
    if (record.outcome === "fault") {
      const trace = notes.flatMap((note) => note.trace);
      const place = this.guide?.place(record, trace) ?? recordedPlace(record);
      return `${p.red("fault")} ${name}: ${record.faultCode} ${clean(record.faultMessage ?? "")}${place === null ? "" : ` (${place})`}`;
    }
    return `${p.green(name)} ${this.#changes(record, manifest)}`;
  }

  #changes(record: RecordOf<"delivery">, manifest: Manifest): string {
    const id = cellText(record.cell) ?? "";
    const schema = manifest.reducers.get(record.cell?.reducer ?? "")?.state;
    if (record.stateBlob !== null) return `state ${short(record.stateBlob)}`;
    if (record.state === null) {
      this.#states.delete(id);
      return "cell deleted";
    }
    const after = fieldsOfState(schema, record.state);
    const before = this.#states.get(id);
    this.#states.set(id, after);
    const changed = [...after].filter(([name, value]) => show(value) !== show(before?.get(name)));
    if (changed.length === 0) return this.#p.dim("unchanged");
    return changed.map(([name, value]) => this.#change(name, before?.get(name), value)).join(", ");
  }

  #change(name: string, before: Value | undefined, after: Value): string {
    const to = this.#p.bold(clean(show(after), 60));
    return before === undefined ? `${name} ${to}` : `${name} ${clean(show(before), 60)} → ${to}`;
  }

  #turn(record: RecordOf<"plan_turn">): string | null {
    if (record.steps.length === 0) return null;
    const steps = record.steps
      .map(([id, outcome]) => (outcome === "done" ? id : `${id} (${outcome})`))
      .join(", ");
    return `${this.#p.magenta("plan")} ${record.plan} #${record.instance} ran ${steps}`;
  }

  #decision(record: RecordOf<"policy_decision">): string | null {
    if (record.decision === "allow") return null;
    const rule = record.ruleIndex === null ? "no rule allows it" : `rule ${record.ruleIndex}`;
    return `${this.#p.red("denied")} ${record.effectKind} by ${record.policy}, ${rule}`;
  }

  #intent(frame: Frame, record: RecordOf<"effect_intent">, manifest: Manifest): string {
    const p = this.#p;
    const id = `${frame.head.frame}.${record.ordinal}`;
    const params = manifest.effects.get(record.effectKind)?.params;
    const fields = params === undefined ? new Map<string, Value>() : fieldsOfState(params, record.params);
    const deadline = fields.get("deliver_at_ns");
    if (record.effectKind !== "timer.set" || deadline?.kind !== "nat") {
      return `${p.yellow(record.effectKind)} ${id} ${p.dim(clean(sugar(params, record.params)))} under ${record.capName}`;
    }
    this.#deadlines.set(id, deadline.value);
    const wait = deadline.value - frame.head.logicalNs;
    const when = wait >= 0n ? `in ${duration(wait)}` : `${duration(-wait)} ago`;
    const key = show(fields.get("key"));
    return `${p.yellow("timer")} ${id} due ${p.bold(instant(deadline.value))} (${when}), key ${clean(key)}, under ${record.capName}`;
  }

  #receipt(frame: Frame, record: RecordOf<"effect_receipt">): string {
    const p = this.#p;
    const id = `${record.intentFrame}.${record.intentOrdinal}`;
    const deadline = this.#deadlines.get(id);
    const status = record.status === "ok" ? "" : ` ${p.red(record.status)}`;
    if (record.effectKind !== "timer.set" || deadline === undefined) {
      return `${p.yellow(record.effectKind)} ${id} answered by ${clean(record.adapterId)}${status}`;
    }
    return `${p.yellow("timer")} ${id} fired, ${duration(frame.head.logicalNs - deadline)} late${status}`;
  }
}

function isFault(record: JournalRecord): boolean {
  if (record.kind === "plan_ended") return record.status === "error";
  return record.kind === "delivery" && record.outcome === "fault";
}

/** As the module itself said. */
function recordedPlace({ faultFile, faultLine, faultColumn }: RecordOf<"delivery">): string | null {
  return faultFile === null ? null : `${clean(faultFile)}:${faultLine}:${faultColumn}`;
}

function short(hash: string): string {
  return hash.slice(0, 19);
}

function sugar(schema: Schema | undefined, bytes: Uint8Array): string {
  if (schema === undefined) return plural(bytes.length, "byte");
  try {
    return stringifyJson(schema.toSugar(schema.decode(bytes)));
  } catch {
    return plural(bytes.length, "byte");
  }
}

/** The top fields of a value; of one that is no record, itself. */
function fieldsOfState(schema: Schema | undefined, bytes: Uint8Array): ReadonlyMap<string, Value> {
  try {
    const value = schema?.decode(bytes);
    if (value === undefined) return new Map();
    if (value.kind !== "record" || schema?.type.kind !== "record") return new Map([["value", value]]);
    return new Map([...schema.type.fields.keys()].map((name) => [name, value.fields.get(name)!]));
  } catch {
    return new Map();
  }
}

function show(value: Value | undefined): string {
  if (value === undefined) return "";
  if (value.kind === "text") return value.value;
  return "value" in value && typeof value.value === "bigint"
    ? value.value.toString()
    : stringifyJson(looseJson(value));
}
