/**
 * The world that examples of diagnostics are parts of: a shop, sound and without warnings. Each part takes the
 * place of its own: definitions by name, members of the manifest or of the plan, the settings, an event.
 */

import { loadWorldDefinitions, type SourceFile } from "../../host/air/load.ts";
import { parsePatch } from "../../host/air/patch.ts";
import type { JournalRecord } from "../../host/journal/record.ts";
import { MemoryCells } from "../../host/kernel/cells.ts";
import type { ModuleHost } from "../../host/kernel/ports.ts";
import type { Definitions } from "../../host/kernel/state.ts";
import { unsupportedFeatures } from "../../host/kernel/supported.ts";
import { World } from "../../host/kernel/world.ts";
import { makeDefinitions } from "../../host/runtime/definitions.ts";
import { readEvent } from "../../host/runtime/scenario.ts";
import type { LogicalTimeNs } from "../../host/values/brand.ts";
import { canon } from "../../host/values/cbor.ts";
import { AirloomError } from "../../host/values/errors.ts";
import { entryOf, GENESIS } from "../kernel/bare.ts";
import type { Example } from "./pages.ts";

type Fields = Record<string, unknown>;

const ORDER = { ref: "shop/OrderId@1" };
const TEXT = { text: {} };

const SCHEMAS: Readonly<Record<string, unknown>> = {
  "shop/OrderId@1": TEXT,
  "shop/OrderPlaced@1": { record: { order: ORDER, total: { dec128: {} } } },
  "shop/OrderPaid@1": { record: { order: ORDER, cents: { int: {} } } },
  "shop/OrderSent@1": { record: { order: ORDER, parcel: TEXT } },
  "shop/OrderEvent@1": {
    variant: {
      Placed: { ref: "shop/OrderPlaced@1" },
      Sent: { ref: "shop/OrderSent@1" },
      Reminder: { ref: "sys/TimerFired@1" },
    },
  },
  "shop/OrderState@1": { record: { stage: TEXT, reminders: { nat: {} } } },
};

const DEFINITIONS: readonly Fields[] = [
  ...Object.entries(SCHEMAS).map(([name, type]) => ({ $kind: "defschema", name, type })),
  {
    $kind: "defmodule",
    name: "shop/Orders@1",
    module_kind: "reducer",
    key_schema: "shop/OrderId@1",
    abi: {
      reducer: {
        state: "shop/OrderState@1",
        event: "shop/OrderEvent@1",
        effects_emitted: ["timer.set"],
        cap_slots: { reminder: "timer" },
      },
    },
  },
  {
    $kind: "defpolicy",
    name: "shop/policy@1",
    rules: [{ when: { effect_kind: "timer.set" }, decision: "allow" }],
  },
];

const PLAN: Fields = {
  $kind: "defplan",
  name: "shop/Send@1",
  input: "shop/OrderPlaced@1",
  steps: [
    {
      id: "sent",
      op: "raise_event",
      event: "shop/OrderSent@1",
      value: { record: { order: { ref: "@plan.input.order" }, parcel: { text: "p-1" } } },
    },
  ],
};

const MANIFEST: Fields = {
  $kind: "manifest",
  air_version: "1",
  schemas: [],
  modules: [],
  plans: [],
  effects: [{ name: "sys/timer.set@1" }],
  caps: [],
  policies: [],
  defaults: {
    policy: "shop/policy@1",
    cap_grants: [{ name: "reminders", cap: "sys/timer@1", params: { record: {} } }],
  },
  module_bindings: { "shop/Orders@1": { slots: { reminder: "reminders" } } },
  routing: {
    events: [{ event: "shop/OrderEvent@1", reducer: "shop/Orders@1", key_field: "$value.order" }],
  },
  triggers: [{ event: "shop/OrderPlaced@1", plan: "shop/Send@1", correlate_by: "order" }],
};

/** Lists that an author fills with every definition of a kind; those of effects and secrets are part of an example. */
const FILLED: readonly (readonly [list: string, kind: string])[] = [
  ["schemas", "defschema"],
  ["modules", "defmodule"],
  ["plans", "defplan"],
  ["caps", "defcap"],
  ["policies", "defpolicy"],
];

const PLAN_MEMBERS: ReadonlySet<string> = new Set([
  "input",
  "output",
  "locals",
  "steps",
  "edges",
  "required_caps",
  "allowed_effects",
  "invariants",
]);

/** What a world that loads is sent, unless an example says something else. */
const EVENT = '{ "schema": "shop/OrderPlaced@1", "value": { "order": "o-1", "total": "10" } }';

/** Codes that these parts give: of loading, of the event, and of what the journal says then. */
export function codesOf(examples: readonly Example[]): readonly string[] {
  const parts = sortOut(examples);
  const found: string[] = [];
  try {
    if (parts.patch !== null) return parsePatch(parts.patch).warnings.map(({ code }) => code);
    const loaded = loadWorldDefinitions(parts.files, parts.settings);
    found.push(...loaded.warnings.map(({ code }) => code));
    const unsupported = unsupportedFeatures(loaded.manifest);
    found.push(...unsupported.map(({ code }) => code));
    if (unsupported.length > 0) return found;
    const definitions = makeDefinitions(loaded.manifest, loaded.settings);
    found.push(...run(definitions, parts.event ?? EVENT).flatMap(faultOf));
  } catch (error) {
    if (!(error instanceof AirloomError)) throw error;
    found.push(error.code, ...error.diagnostics.map(({ code }) => code));
  }
  return found;
}

interface Parts {
  readonly files: readonly SourceFile[];
  readonly settings: SourceFile | null;
  readonly event: string | null;
  readonly patch: SourceFile | null;
}

function sortOut(examples: readonly Example[]): Parts {
  const own: string[] = [];
  let [manifest, plan]: readonly [Fields, Fields] = [MANIFEST, PLAN];
  let settings: SourceFile | null = null;
  let event: string | null = null;
  let patch: SourceFile | null = null;
  for (const { file, text } of examples) {
    const json = parsed(text);
    const keys = Object.keys(json ?? {});
    if (file === "world.json") settings = { path: file, text };
    else if (keys.includes("patches")) patch = { path: "patch.json", text };
    else if (json === null || text.includes('"$kind"')) own.push(text);
    else if (keys.includes("schema")) event = text;
    else if (keys.every((key) => PLAN_MEMBERS.has(key))) plan = { ...plan, ...json };
    else manifest = { ...manifest, ...json };
  }
  const defined = own.flatMap(namesIn);
  const kept = [...DEFINITIONS, plan].filter(({ $kind, name }) => {
    return !defined.some((each) => each.name === name && each.kind === $kind);
  });
  const all = [...kept.map(({ $kind, name }) => ({ kind: String($kind), name: String(name) })), ...defined];
  const lists = FILLED.map(([list, kind]) => {
    const names = new Set(all.filter((each) => each.kind === kind).map(({ name }) => name));
    return [list, [...names].map((name) => ({ name }))] as const;
  });
  const filled = Object.fromEntries(lists.filter(([list]) => (manifest[list] as unknown[]).length === 0));
  const world: readonly unknown[] = defined.some(({ kind }) => kind === "manifest")
    ? kept
    : [...kept, { ...manifest, ...filled }];
  const files = [...own, JSON.stringify(world)].map((text, i) => ({ path: `air/${i}.json`, text }));
  return { files, settings, event, patch };
}

/** Null for what is no JSON, which then is a file of its own. */
function parsed(text: string): Fields | null {
  try {
    return JSON.parse(text) as Fields;
  } catch {
    return null;
  }
}

/** Definitions a text holds, sound or not. */
function namesIn(text: string): readonly { readonly kind: string; readonly name: string }[] {
  const found = text.matchAll(/"\$kind": "(\w+)"(?:,\s*"name": "([^"]*)")?/g);
  return [...found].map(([, kind, name]) => ({ kind: kind!, name: name ?? "" }));
}

/** The records of the frame that an event gives. Throws what refuses it. */
function run(definitions: Definitions, event: string): readonly JournalRecord[] {
  const ports = { modules: orders(), cells: new MemoryCells() };
  const { world } = World.create(ports, GENESIS, definitions, entryOf(0n));
  const { schema, value, key } = readEvent(definitions.manifest, { file: "event", line: 1, text: event });
  const bytes = value(0n as LogicalTimeNs);
  const outcome = world.step({ kind: "event", schema, value: bytes, key: key ?? null }, entryOf(1n));
  if (outcome.kind !== "frame") throw new Error(`a frame was expected, found ${outcome.kind}`);
  return outcome.frame.records;
}

/** `shop/Orders@1` as it answers everything: a state, and a timer. */
function orders(): ModuleHost {
  const state = canon(
    new Map<string, string | bigint>([
      ["stage", "open"],
      ["reminders", 0n],
    ]),
  );
  const params = canon(
    new Map([
      ["deliver_at_ns", 1n],
      ["key", null],
    ] as const),
  );
  const timer = { kind: "timer.set", params, slot: "reminder", idempotencyKey: null };
  const output = { state, events: [], effects: [timer], annotation: null };
  return {
    step: () => ({ ok: true, output, fuel: 0n }),
    run: () => ({ ok: true, output: state, fuel: 0n }),
  };
}

function faultOf(record: JournalRecord): readonly string[] {
  if (record.kind === "delivery") return record.faultCode === null ? [] : [record.faultCode];
  if (record.kind === "plan_ended") return record.errorCode === null ? [] : [record.errorCode];
  return [];
}
