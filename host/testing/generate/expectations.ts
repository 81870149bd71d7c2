/** What a test says of an act: the states that changed, events, effects, faults; nothing that is not there. */

import { plansStartedIn } from "../history.ts";
import type { TestWorld } from "../world.ts";
import { quoted, type SourceWriter, wrapped } from "./source.ts";

/** A state of more lines is told by the fields that changed. */
const STATE_LINES_MAX = 24;
/** Cells of one reducer that an act says something of. */
const CELLS_MAX = 8;

/** The cells of a world at one moment, and how many frames it had. */
export interface Snapshot {
  readonly frames: number;
  readonly cells: ReadonlyMap<string, Cell>;
}

interface Cell {
  readonly reducer: string;
  readonly key: unknown;
  readonly state: unknown;
  /** To compare by. */
  readonly text: string;
}

export function snapshotOf(world: TestWorld): Snapshot {
  const cells = new Map<string, Cell>();
  for (const reducer of world.reducers) {
    for (const { key, state } of world.cells(reducer)) {
      cells.set(`${reducer} ${textOf(key)}`, { reducer, key, state, text: textOf(state) });
    }
  }
  return { frames: world.frames.length, cells };
}

/** Lines of a test; each begins with two spaces. */
export function expectations(world: TestWorld, before: Snapshot, source: SourceWriter): readonly string[] {
  const now = snapshotOf(world);
  const calls = [...stateCalls(now, before, source), ...happenedCalls(world, source)];
  const plans = plansStartedIn(world.frames.slice(before.frames));
  if (calls.length === 0) return plans.length === 0 ? ["  world.thenNothingHappened();"] : [];
  if (calls.length === 1) return [`  world${calls[0]!.replaceAll("\n  ", "\n")};`];
  return ["  world", ...calls.map((call, i) => `    ${call}${i === calls.length - 1 ? ";" : ""}`)];
}

function stateCalls(now: Snapshot, before: Snapshot, source: SourceWriter): readonly string[] {
  const counts = new Map<string, number>();
  const few = ({ reducer }: Cell): boolean => {
    counts.set(reducer, (counts.get(reducer) ?? 0) + 1);
    return counts.get(reducer)! <= CELLS_MAX;
  };
  const changed = [...now.cells].filter(([id, { text }]) => before.cells.get(id)?.text !== text);
  const gone = [...before.cells].filter(([id]) => !now.cells.has(id)).map(([, cell]) => cell);
  return [
    ...changed
      .filter(([, cell]) => few(cell))
      .map(([id, cell]) => stateCall(cell, before.cells.get(id), source)),
    ...gone.filter(few).map(({ reducer, key }) => call("thenState", [quoted(reducer), "null"], key, source)),
  ];
}

function stateCall({ reducer, key, state }: Cell, before: Cell | undefined, source: SourceWriter): string {
  const name = quoted(reducer);
  const whole = source.value(state, "    ");
  const fields = before === undefined ? null : changedFields(before.state, state);
  if (fields === null || whole.split("\n").length <= STATE_LINES_MAX)
    return call("thenState", [name, whole], key, source);
  return call("thenStateHas", [name, source.value(fields, "    ")], key, source);
}

function call(method: string, parts: readonly string[], key: unknown, source: SourceWriter): string {
  const keyed = key === null || key === undefined ? [] : [source.value(key, "    ")];
  return `.${method}(${[...parts, ...keyed].join(", ")})`;
}

/** Null for what is no record on both sides. */
function changedFields(before: unknown, now: unknown): object | null {
  if (!isRecord(before) || !isRecord(now)) return null;
  const changed = Object.entries(now).filter(([name, item]) => textOf(before[name]) !== textOf(item));
  return Object.fromEntries(changed);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return (
    typeof value === "object" &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Map) &&
    !("$tag" in value)
  );
}

function happenedCalls(world: TestWorld, source: SourceWriter): readonly string[] {
  const events = world.events.map(({ schema, value, key }) => {
    const keyed = key === null || key === undefined ? {} : { key };
    return source.value({ schema, value, ...keyed }, "      ");
  });
  const effects = world.intents.map(({ kind, params }) => source.value({ kind, params }, "      "));
  const faults = world.faults.map(({ code, message }) => {
    return `.thenFault(${[quoted(code), ...(message === "" ? [] : [quoted(message)])].join(", ")})`;
  });
  return [
    ...(events.length === 0 ? [] : [wrapped(".thenEvents(", events, ")", "    ")]),
    ...(effects.length === 0 ? [] : [wrapped(".thenEffects(", effects, ")", "    ")]),
    ...faults,
  ];
}

function textOf(native: unknown): string {
  return (
    JSON.stringify(native, (_, item: unknown) => {
      if (typeof item === "bigint") return `${item}n`;
      if (item instanceof Map) return ["map", ...(item as ReadonlyMap<unknown, unknown>)];
      if (item instanceof Uint8Array) return ["bytes", ...item];
      return item;
    }) ?? "nothing"
  );
}
