/** Given-when-then for one reducer: a state, an event, and what the real wasm makes of them. */

import type { Reducer } from "../air/manifest.ts";
import type { ModuleHost } from "../kernel/ports.ts";
import { loadModules } from "../runtime/definitions.ts";
import type { Hash } from "../values/brand.ts";
import type { Cbor } from "../values/cbor.ts";
import { fromNative } from "../values/native.ts";
import { variantTag } from "../values/value.ts";
import { createModuleHost } from "../wasm/host.ts";
import { type ContextFields, deliverAlone } from "./delivery.ts";
import { reading, TestFailure } from "./failure.ts";
import { keyBytesOf, reducerNamed } from "./keys.ts";
import { loadTested, type TestedFolder } from "./modules.ts";
import { ReducerOutcome } from "./outcome.ts";
import { entropyFrom, START_NS } from "./start.ts";
import type { AnyWorld, EventOf, KeyOf, ReducerName, StateOf, WorldFolder, WorldTypes } from "./types.ts";

/** What a reducer that declares a call context sees in it. */
export interface ContextGiven {
  /** Wall and logical time, ns since the Unix epoch. */
  readonly nowNs?: bigint;
  /** Where logical time is another; as `nowNs` unless given. */
  readonly logicalNowNs?: bigint;
  readonly journalHeight?: bigint;
  /** 64 bytes. */
  readonly entropy?: Uint8Array;
}

/**
 * Compiles the reducer and gives what tests it: each `given`, `key` and `context` is a new test, so that they
 * can be shared. Throws `TestFailure` for a name the world does not have, and what loading and compiling throw.
 */
export async function testReducer<W extends WorldTypes = AnyWorld, N extends ReducerName<W> = ReducerName<W>>(
  folder: WorldFolder<W> | string | URL,
  name: N,
): Promise<ReducerTest<W, N>> {
  const tested = await loadTested(folder, name);
  const { manifest } = tested.definitions;
  const reducer = reducerNamed(manifest, name);
  const modules = new Map<Hash, Uint8Array>();
  for (const { wasmHash } of manifest.modules.values()) {
    const wasm = await tested.findModule(wasmHash);
    if (wasm !== null) modules.set(wasmHash, wasm);
  }
  if (!modules.has(reducer.module.wasmHash)) await loadModules(manifest, tested.findModule); // says which is missing
  const host = createModuleHost((hash) => modules.get(hash));
  return new ReducerTest(tested, reducer, host, { state: null, key: null, context: {} });
}

interface Given<S, K> {
  readonly state: S | null;
  readonly key: K | null;
  readonly context: ContextGiven;
}

export class ReducerTest<W extends WorldTypes, N extends ReducerName<W>> {
  readonly #tested: TestedFolder;
  readonly #reducer: Reducer;
  readonly #modules: ModuleHost;
  readonly #given: Given<StateOf<W, N>, KeyOf<W, N>>;

  constructor(
    tested: TestedFolder,
    reducer: Reducer,
    modules: ModuleHost,
    given: Given<StateOf<W, N>, KeyOf<W, N>>,
  ) {
    this.#tested = tested;
    this.#reducer = reducer;
    this.#modules = modules;
    this.#given = given;
  }

  /** The cell has this state; null, as without `given`, is a cell that does not exist. */
  given(state: StateOf<W, N> | null): ReducerTest<W, N> {
    return this.#with({ state });
  }

  /** The cell of a keyed reducer. */
  key(key: KeyOf<W, N>): ReducerTest<W, N> {
    return this.#with({ key });
  }

  /** What the call context says. Throws `TestFailure` for a reducer that declares none. */
  context(context: ContextGiven): ReducerTest<W, N> {
    if (!this.#reducer.wantsContext) {
      const { name } = this.#reducer.module;
      throw new TestFailure(
        `${name} gets no call context: declare "context": "sys/ReducerContext@1" in its abi to give it one`,
      );
    }
    if (context.entropy !== undefined && context.entropy.length !== 64) {
      throw new TestFailure(`entropy has 64 bytes, found ${context.entropy.length}`);
    }
    return this.#with({ context: { ...this.#given.context, ...context } });
  }

  /**
   * Delivers one event of the reducer's own type. Throws `TestFailure` when a value is not of its type, and
   * `AirloomError` of kind `host` where this machine failed.
   */
  when(event: EventOf<W, N>): ReducerOutcome<W, N> {
    const { name } = this.#reducer.module;
    const { state: stateSchema } = this.#reducer;
    const { state } = this.#given;
    const before =
      state === null
        ? null
        : reading(`the given state of ${name}`, () => stateSchema.encode(fromNative(stateSchema, state)));
    return this.#deliver(before, event);
  }

  #with(change: Partial<Given<StateOf<W, N>, KeyOf<W, N>>>): ReducerTest<W, N> {
    return new ReducerTest(this.#tested, this.#reducer, this.#modules, { ...this.#given, ...change });
  }

  #deliver(before: Uint8Array | null, event: EventOf<W, N>): ReducerOutcome<W, N> {
    const { definitions } = this.#tested;
    const reducer = this.#reducer;
    const { name } = reducer.module;
    const { key, context } = this.#given;
    const value = reading(`the event for ${name}`, () => fromNative(reducer.event, event));
    const delivered = deliverAlone(definitions, this.#modules, {
      reducer,
      state: before,
      key: keyBytesOf(reducer, key),
      value: reducer.event.encode(value),
      arm: reducer.event.type.kind === "variant" ? (variantTag(value) ?? null) : null,
      nowNs: context.logicalNowNs ?? context.nowNs ?? START_NS,
      entropy: entropyFrom("testReducer")(),
      context: contextFields(context),
    });
    const parts = { manifest: definitions.manifest, reducer, before, delivered };
    return new ReducerOutcome<W, N>(parts, (next) => this.#deliver(delivered.state, next));
  }
}

function contextFields({ nowNs, journalHeight, entropy }: ContextGiven): ContextFields {
  const fields = new Map<string, Cbor>();
  if (nowNs !== undefined) fields.set("now_ns", nowNs);
  if (journalHeight !== undefined) fields.set("journal_height", journalHeight);
  if (entropy !== undefined) fields.set("entropy", entropy);
  return fields;
}
