/** What the tests of a world know of its types: the `World` that `airloom codegen` writes, or nothing. */

/** What codegen's `World` has; a world without generated types is an `AnyWorld`. */
export interface WorldTypes {
  readonly schemas: object;
  readonly reducers: object;
}

export interface AnyWorld extends WorldTypes {
  readonly schemas: Readonly<Record<string, unknown>>;
  readonly reducers: Readonly<
    Record<string, { readonly state: unknown; readonly event: unknown; readonly key: unknown }>
  >;
}

/** A world folder and the types of what is in it. */
export interface WorldFolder<W extends WorldTypes = AnyWorld> {
  /** Relative to the current folder unless absolute. */
  readonly path: string | URL;
  /** Only for the compiler; never there. */
  readonly types?: W;
}

/** Names a world folder: `worldFolder<World>(new URL("..", import.meta.url))`. */
export function worldFolder<W extends WorldTypes = AnyWorld>(path: string | URL): WorldFolder<W> {
  return { path };
}

export type SchemaName<W extends WorldTypes> = keyof W["schemas"] & string;
export type ReducerName<W extends WorldTypes> = keyof W["reducers"] & string;

type Part<T, Name extends string> = T extends { readonly [K in Name]: infer Found } ? Found : unknown;

export type StateOf<W extends WorldTypes, N extends ReducerName<W>> = Part<W["reducers"][N], "state">;
export type EventOf<W extends WorldTypes, N extends ReducerName<W>> = Part<W["reducers"][N], "event">;
export type KeyOf<W extends WorldTypes, N extends ReducerName<W>> = Part<W["reducers"][N], "key">;

/** An event as a test writes or reads it. */
export type DomainEvent<W extends WorldTypes> = {
  readonly [S in SchemaName<W>]: {
    readonly schema: S;
    readonly value: W["schemas"][S];
    /** Of the cell it is for, where it carries one. An expected event without it has any. */
    readonly key?: unknown;
  };
}[SchemaName<W>];

/**
 * Parameters and receipts by effect kind. A kind that is not here has `unknown`; declare your own with
 * `declare module "airloom/testing" { interface EffectTypes { ... } }`.
 */
export interface EffectTypes {
  "timer.set": {
    readonly params: {
      /** Logical time, ns since the Unix epoch. */
      readonly deliver_at_ns: bigint;
      readonly key: string | null;
    };
    readonly receipt: { readonly delivered_at_ns: bigint; readonly key: string | null };
  };
}

export type ParamsOf<K extends string> = K extends keyof EffectTypes ? EffectTypes[K]["params"] : unknown;
export type ReceiptOf<K extends string> = K extends keyof EffectTypes ? EffectTypes[K]["receipt"] : unknown;

/** An effect as a reducer asked for it. */
export interface RequestedEffect<K extends string = string> {
  readonly kind: K;
  readonly params: ParamsOf<K>;
}

/** An effect a test expects; without `params` it may have any. */
export interface ExpectedEffect<K extends string = string> {
  readonly kind: K;
  readonly params?: ParamsOf<K>;
}

/** Several of them, each with the parameters of its own kind. */
export type ExpectedEffects<Kinds extends readonly string[]> = {
  readonly [I in keyof Kinds]: ExpectedEffect<Kinds[I]>;
};

/** Why a delivery did not apply. */
export interface Fault {
  /** A code of docs/diagnostics, such as `module.abort`. */
  readonly code: string;
  readonly message: string;
  /** Where the module gave up, as it names its files; null where it does not say. */
  readonly file: string | null;
  readonly line: number | null;
  readonly column: number | null;
}
