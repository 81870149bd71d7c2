/** Worlds of plans alone: no module, one effect of their own, and an ingress at a time. */

import type { OpenIntent } from "../../host/effects/intent.ts";
import type { Receipt, ReceiptStatus } from "../../host/effects/receipt.ts";
import type { Frame } from "../../host/journal/frame.ts";
import type { JournalRecord, RecordKind, RecordOf } from "../../host/journal/record.ts";
import type { MemoryCells } from "../../host/kernel/cells.ts";
import type { Ingress } from "../../host/kernel/ingress.ts";
import { makeDefinitions } from "../../host/runtime/definitions.ts";
import type { Value } from "../../host/values/value.ts";
import { loadAll } from "../docs/load.ts";
import type { TestWorld } from "../support/world.ts";
import { type Bare, bareWorld } from "./bare.ts";

/** Schemas every world of plans has. */
export const SCHEMAS = {
  "t/Go@1": { record: { id: { text: {} }, n: { nat: {} } } },
  "t/Said@1": { record: { id: { text: {} }, n: { nat: {} } } },
  "t/Heard@1": { record: { id: { text: {} }, n: { nat: {} }, maybe: { option: { nat: {} } } } },
  "t/Out@1": { record: { n: { int: {} } } },
  "t/Params@1": { record: { text: { text: {} }, n: { int: {} }, maybe: { option: { text: {} } } } },
  "t/Receipt@1": { record: { n: { nat: {} }, maybe: { option: { text: {} } } } },
  "t/Cap@1": { record: {} },
};

export interface PlanWorldParts {
  /** Without `$kind`; `input` is `t/Go@1` unless given. */
  readonly plans: readonly object[];
  readonly schemas?: Readonly<Record<string, object>>;
  readonly triggers?: readonly object[];
  /** Effects the policy denies. */
  readonly deny?: readonly string[];
  readonly expiryNs?: string;
  /** Further definitions, each listed. */
  readonly more?: readonly { readonly list: string; readonly definition: { readonly name: string } }[];
  /** Built-in effects to list, and grants for them. */
  readonly builtins?: readonly string[];
  readonly grants?: readonly object[];
  /** By hash, for modules among the further definitions. */
  readonly modules?: ReadonlyMap<string, Uint8Array>;
  readonly routes?: readonly object[];
}

/** `t.echo` and `t.other` are effects under the grant `g`; `t/Go@1` starts every plan unless triggers are given. */
export function planWorld(parts: PlanWorldParts): TestWorld {
  const schemas = { ...SCHEMAS, ...parts.schemas };
  const plans = parts.plans.map((plan) => ({
    $kind: "defplan",
    name: "t/P@1",
    input: "t/Go@1",
    ...plan,
  }));
  const effects = ["echo", "other"].map((kind) => ({
    $kind: "defeffect",
    name: `t/${kind}@1`,
    kind: `t.${kind}`,
    params_schema: "t/Params@1",
    receipt_schema: "t/Receipt@1",
    cap_type: "t.cap",
    origin_scope: "plan",
  }));
  const cap = { $kind: "defcap", name: "t/cap@1", cap_type: "t.cap", schema: { record: {} } };
  const rules = [
    ...(parts.deny ?? []).map((kind) => ({ when: { effect_kind: kind }, decision: "deny" })),
    { when: {}, decision: "allow" },
  ];
  const policy = { $kind: "defpolicy", name: "t/policy@1", rules };
  const listed = (list: string) =>
    (parts.more ?? []).filter((each) => each.list === list).map(({ definition: { name } }) => ({ name }));
  const manifest = {
    $kind: "manifest",
    air_version: "1",
    schemas: [...Object.keys(schemas).map((name) => ({ name })), ...listed("schemas")],
    modules: listed("modules"),
    plans: plans.map(({ name }) => ({ name })),
    effects: [
      ...effects.map(({ name }) => ({ name })),
      ...(parts.builtins ?? []).map((name) => ({ name })),
      ...listed("effects"),
    ],
    caps: [{ name: cap.name }, ...listed("caps")],
    secrets: listed("secrets"),
    policies: [{ name: policy.name }],
    defaults: {
      policy: policy.name,
      cap_grants: [
        {
          name: "g",
          cap: cap.name,
          params: { record: {} },
          ...(parts.expiryNs === undefined ? {} : { expiry_ns: parts.expiryNs }),
        },
        ...(parts.grants ?? []),
      ],
    },
    ...(parts.routes === undefined ? {} : { routing: { events: parts.routes } }),
    triggers: parts.triggers ?? plans.map(({ name }) => ({ event: "t/Go@1", plan: name })),
  };
  const { manifest: resolved, settings } = loadAll([
    manifest,
    ...Object.entries(schemas).map(([name, type]) => ({ $kind: "defschema", name, type })),
    ...plans,
    ...effects,
    cap,
    policy,
    ...(parts.more ?? []).map(({ definition }) => definition),
  ]);
  return {
    definitions: makeDefinitions(resolved, settings),
    findModule: async (hash) => parts.modules?.get(hash) ?? null,
  };
}

export interface Planned extends Bare {
  /** Starts what `t/Go@1` triggers. */
  go(n?: number, id?: string): Frame;
  hear(n: number, id?: string, maybe?: number): Frame;
  /** A receipt for an open intent; `payload` is CBOR, or a value of `t/Receipt@1`. */
  answer(intent: OpenIntent, payload: Uint8Array | Value, status?: ReceiptStatus): Ingress;
  intents(): readonly OpenIntent[];
}

export async function planned(world: TestWorld, cells?: MemoryCells): Promise<Planned> {
  const bare = await bareWorld(world, cells);
  return Object.assign(bare, {
    go: (n = 1, id = "a") => bare.frame(bare.event("t/Go@1", { id, n })),
    hear: (n: number, id = "a", maybe?: number) =>
      bare.frame(bare.event("t/Heard@1", { id, n, maybe: maybe ?? null })),
    intents: () => [...bare.world.state.intents.values()],
    answer(intent: OpenIntent, payload: Uint8Array | Value, status: ReceiptStatus = "ok"): Ingress {
      const bytes =
        payload instanceof Uint8Array
          ? payload
          : bare.world.state.definitions.manifest.effects.get(intent.kind)!.receipt.encode(payload);
      return { kind: "receipt", intent: intent.id, receipt: receiptOf(bytes, status) };
    },
  });
}

export function receiptOf(payload: Uint8Array, status: ReceiptStatus = "ok"): Receipt {
  return {
    adapterId: "test",
    status,
    payload,
    costCents: null,
    signature: new Uint8Array(64),
    tries: 1n,
  };
}

/** The records of one kind in a frame. */
export function ofKind<K extends RecordKind>(frame: Frame, kind: K): RecordOf<K>[] {
  return frame.records.filter((record) => record.kind === kind) as unknown as RecordOf<K>[];
}

/** `kind cause`, one a record: the shape of a frame. */
export function shape(frame: Frame): string[] {
  return frame.records.map(({ kind, cause }: JournalRecord) => `${kind} ${cause ?? "-"}`);
}

/** Steps settled in a frame, in order: `a done`. */
export function settledIn(frame: Frame): string[] {
  return ofKind(frame, "plan_turn").flatMap(({ steps }) => steps.map(([id, outcome]) => `${id} ${outcome}`));
}

/** How instances ended in a frame. */
export function endsIn(frame: Frame): (string | null)[] {
  return ofKind(frame, "plan_ended").map(({ status, errorCode, errorStep }) =>
    status === "ok" ? "ok" : `${errorCode} at ${errorStep ?? "-"}`,
  );
}
