/** What queries tell of a world. Each note says where in the journal it comes from. */

import type { Cell } from "../../journal/record.ts";
import type { Json } from "../../values/json.ts";

/** A record, and when it happened. */
export interface Moment {
  readonly frame: bigint;
  /** Index in the frame. */
  readonly record: number;
  /** Logical time of the frame, in ns since the Unix epoch. */
  readonly atNs: bigint;
}

/** An effect that passed the gate. */
export interface IntentNote {
  /** `FRAME.ORDINAL`. */
  readonly id: string;
  readonly at: Moment;
  readonly effectKind: string;
  readonly capName: string;
  readonly params: Json;
  readonly originKind: string;
  readonly originName: string;
  /** Who hears the receipt: a cell, or a step of a plan's instance. */
  readonly cell: Cell | null;
  readonly step: { readonly instance: bigint; readonly id: string } | null;
  /** Set for a `timer.set` that can be read. */
  readonly timer: { readonly dueNs: bigint; readonly key: string | null } | null;
}

export interface SettledNote extends IntentNote {
  readonly receipt: {
    readonly at: Moment;
    readonly adapterId: string;
    readonly status: string;
    readonly tries: bigint;
  };
}

/** An effect that the gate refused. */
export interface DeniedNote {
  readonly at: Moment;
  readonly effectKind: string;
  readonly capName: string;
  /** The reducer or plan that asked. */
  readonly originName: string;
  readonly by: "capability" | "policy";
  /** The policy and the index of its rule (null where no rule allows it); null for a grant. */
  readonly policy: string | null;
  readonly rule: bigint | null;
  /** What the grant said. */
  readonly message: string | null;
}

/** A delivery that faulted, or a plan that failed, and that nobody has redelivered or dismissed. */
export interface FaultNote {
  readonly what: "delivery" | "plan";
  readonly at: Moment;
  readonly cell: Cell | null;
  readonly plan: { readonly name: string; readonly instance: bigint; readonly step: string | null } | null;
  readonly code: string;
  readonly message: string;
  /** As the module itself said. */
  readonly place: { readonly file: string; readonly line: bigint; readonly column: bigint } | null;
  /** Schema of the event that was delivered. */
  readonly event: string | null;
  /** What the gate refused, where that is why. */
  readonly denied: DeniedNote | null;
  /** The first delivery of this event that faulted, and how often it was carried again since. */
  readonly first: Moment | null;
  readonly redelivered: number;
}

/** What a step of a running plan waits for. */
export type Wait =
  | {
      readonly kind: "receipt";
      readonly step: string;
      readonly since: Moment;
      readonly intent: string | null;
    }
  | {
      readonly kind: "event";
      readonly step: string;
      readonly since: Moment;
      readonly event: string;
      /** The condition as a person reads it. */
      readonly where: string | null;
    }
  /** A turn that a frame limit put off. */
  | { readonly kind: "turn"; readonly step: string; readonly since: Moment };

export interface PlanNote {
  readonly instance: bigint;
  readonly plan: string;
  readonly correlation: Json;
  readonly startedAt: Moment;
  /** Steps settled and in all. */
  readonly done: number;
  readonly steps: number;
  readonly waits: readonly Wait[];
}

export interface EndedNote {
  readonly instance: bigint;
  readonly plan: string;
  readonly correlation: Json;
  readonly startedAt: Moment;
  readonly endedAt: Moment;
  readonly status: string;
  readonly error: { readonly code: string; readonly step: string | null; readonly message: string } | null;
  readonly result: Json;
}
