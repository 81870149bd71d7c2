/**
 * The functions a rewritten module gets: helpers its own code calls, and what the host calls in place of its
 * exports. Their names begin with U+0001, which no admitted module's do.
 *
 *     enter(length, fuel) -> address   sets the budgets and calls `alloc`
 *     run(address, length) -> i32      calls `step`; struct-return: where address and length of the output
 *                                      were left; multi-value: the length
 *     pure(address, length) -> i32     the same with the export `run`
 *     answer() -> address              multi-value: the output's address
 *     left() -> fuel                   negative when it ran out
 *     why() -> 0..4                    0 nothing, 1 fuel, 2 stack, 3 memory maximum, 4 grow refused below it
 *     reset()                          memory and globals as they were before any call
 */

import type { ModuleLimits } from "../air/settings.ts";
import { LIMITS } from "../values/limits.ts";
import type { CallForm, Entries } from "./entries.ts";
import { type Additions, SMALL_OFFSET_MAX, takeOff } from "./instrument.ts";
import { MISC, OP } from "./opcodes.ts";
import { type Structure, TYPE } from "./structure.ts";
import { signed, signed64, unsigned } from "./writer.ts";

/** Fuel of what works on a range beside its length: about what the engine's call out of wasm takes. */
const BULK_COST = 64;
/** Bytes a range works on for 1 fuel, as a power of two. */
const BYTES_PER_FUEL_LOG2 = 2;
/** Fuel of memory.grow beside its pages: the engine makes a new buffer each time. */
const GROW_COST = 10_000;
/** Fuel of one new page: the system must zero it. */
const PAGE_COST = 16_384;
const PAGES_ALL = 65_536;
/** Widest store, in bytes. */
const STORE_BYTES = 8;

/** Why a call ended early, as `why` says it. */
export const WHY = { nothing: 0, fuel: 1, stack: 2, memoryMax: 3, growRefused: 4 } as const;

export const NAME = {
  enter: "\u0001enter",
  run: "\u0001run",
  pure: "\u0001pure",
  answer: "\u0001answer",
  left: "\u0001left",
  why: "\u0001why",
  reset: "\u0001reset",
  /** Of the first pass: the start function, which the host calls there. */
  start: "\u0001start",
  /** Of the first pass: the bits of the global with this number. */
  global: (index: number) => `\u0001global${index}`,
} as const;

export interface InjectedFunction {
  /** Null: called from inside only. */
  readonly name: string | null;
  readonly parameters: readonly number[];
  readonly results: readonly number[];
  /** Locals and code, the final `end` included. */
  readonly body: readonly number[];
}

/** What a module's state is before any call. */
export interface Snapshot {
  readonly memoryBytes: number;
  /** What of the memory is not zero. */
  readonly chunks: readonly { readonly at: number; readonly bytes: Uint8Array }[];
  /** Bits of the mutable globals, by index. */
  readonly globals: ReadonlyMap<number, bigint>;
}

export interface Injection {
  readonly structure: Structure;
  readonly additions: Additions;
  readonly limits: ModuleLimits;
  /** Pages the memory may have. */
  readonly pagesMax: number;
  readonly entries: Entries;
  /** Functions of the module's own interface. */
  readonly exported: ReadonlyMap<string, number>;
}

const { i32, i64 } = TYPE;

/** Called from inside, in the order of `Additions`. */
export function helpers({ additions, pagesMax }: Injection): InjectedFunction[] {
  return [span(additions), grow(additions, pagesMax), tableEntries(additions)];
}

/** For the first pass: why the start function stopped, and what it left in the mutable globals. */
export function startReaders({ structure, additions }: Injection): InjectedFunction[] {
  const globals = mutableNumbers(structure).map(({ index, type }) => {
    const bits =
      type === TYPE.i32
        ? [OP.i64ExtendU]
        : type === TYPE.f32
          ? [OP.i32ReinterpretF32, OP.i64ExtendU]
          : type === TYPE.f64
            ? [OP.i64ReinterpretF64]
            : [];
    const body = [0, OP.globalGet, ...unsigned(index), ...bits, OP.end];
    return { name: NAME.global(index), parameters: [], results: [i64], body };
  });
  return [...readings(additions), ...globals];
}

/** What the host calls. `snapshot` is null for a module whose instances are used once. */
export function interfaceFunctions(injection: Injection, snapshot: Snapshot | null): InjectedFunction[] {
  const { additions, entries, exported } = injection;
  const functions = [enter(injection), ...readings(additions)];
  if (entries.step !== null) functions.push(call(injection, NAME.run, exported.get("step")!, entries.step));
  if (entries.run !== null) functions.push(call(injection, NAME.pure, exported.get("run")!, entries.run));
  if (snapshot !== null) functions.push(reset(injection, snapshot));
  return functions;
}

/** The mutable globals that hold numbers; references are never restored. */
export function mutableNumbers(structure: Structure): { readonly index: number; readonly type: number }[] {
  return structure.globals.flatMap(({ type, mutable }, index) =>
    mutable && type >= TYPE.f64 ? [{ index, type }] : [],
  );
}

const get = (index: number) => [OP.globalGet, ...unsigned(index)];
const set = (index: number) => [OP.globalSet, ...unsigned(index)];
const constant = (value: number) => [OP.i32Const, ...signed(value)];
const local = (index: number) => [OP.localGet, index];

/** The smaller of what is in a local and a constant, unsigned. */
function atMost(index: number, max: number): number[] {
  return [...local(index), ...constant(max), ...local(index), ...constant(max), OP.i32LtU, OP.select];
}

/** `(to, from or value, length)`, given back as they are: charges by length and notes how high it reaches. */
function span({ fuel, highest }: Additions): InjectedFunction {
  const body = [
    ...[1, 1, i32],
    ...[...get(fuel), ...local(2), ...constant(BYTES_PER_FUEL_LOG2), OP.i32ShrU],
    ...[...constant(BULK_COST), OP.i32Add, ...takeOff(fuel)],
    ...noteEnd(0, 2, 3, highest),
    ...[...local(0), ...local(1), ...local(2), OP.end],
  ];
  return { name: null, parameters: [i32, i32, i32], results: [i32, i32, i32], body };
}

/** Notes that bytes up to `at + length` may be written; all of the memory when the sum wraps. */
function noteEnd(at: number, length: number, scratch: number, highest: number): number[] {
  return [
    ...[...local(at), ...local(length), OP.i32Add, OP.localTee, scratch, ...local(at), OP.i32LtU],
    ...[OP.if, 0x40, ...constant(-1), OP.localSet, scratch, OP.end],
    ...[...local(scratch), ...get(highest), OP.i32GtU],
    ...[OP.if, 0x40, ...local(scratch), ...set(highest), OP.end],
  ];
}

/** In place of memory.grow. A refusal below the maximum is this machine's: the call must not go on. */
function grow({ fuel, why }: Additions, pagesMax: number): InjectedFunction {
  const body = [
    ...[1, 1, i32],
    ...[...get(fuel), ...atMost(0, PAGES_ALL), ...constant(PAGE_COST), OP.i32Mul],
    ...[...constant(GROW_COST), OP.i32Add, ...takeOff(fuel)],
    ...[...local(0), OP.memoryGrow, 0, OP.localTee, 1, ...constant(-1), OP.i32Eq, OP.if, 0x40],
    ...[...local(0), ...constant(pagesMax), OP.memorySize, 0, OP.i32Sub, OP.i32GtU],
    ...[OP.if, 0x40, ...constant(WHY.memoryMax), ...set(why)],
    ...[OP.else, ...constant(WHY.growRefused), ...set(why), OP.unreachable, OP.end, OP.end],
    ...[...local(1), OP.end],
  ];
  return { name: null, parameters: [i32], results: [i32], body };
}

/** A number of table entries, given back as it is: charges for them. */
function tableEntries({ fuel }: Additions): InjectedFunction {
  const body = [
    0,
    ...[...get(fuel), ...atMost(0, LIMITS.moduleTableEntriesMax)],
    ...[...constant(BULK_COST), OP.i32Add, ...takeOff(fuel)],
    ...[...local(0), OP.end],
  ];
  return { name: null, parameters: [i32], results: [i32], body };
}

function enter({ additions, limits, exported }: Injection): InjectedFunction {
  const { fuel, stack, why, highest } = additions;
  const body = [
    ...[1, 2, i32],
    ...[...local(1), ...set(fuel), ...constant(limits.stackBytesMax), ...set(stack)],
    ...[...constant(WHY.nothing), ...set(why)],
    ...[...local(0), OP.call, ...unsigned(exported.get("alloc")!), OP.localSet, 2],
    ...noteEnd(2, 0, 3, highest),
    ...[...local(2), OP.end],
  ];
  return { name: NAME.enter, parameters: [i32, i32], results: [i32], body };
}

function call({ additions, exported }: Injection, name: string, target: number, form: CallForm) {
  const body =
    form === "multi-value"
      ? [
          ...[0, ...local(0), ...local(1), OP.call, ...unsigned(target)],
          ...[OP.localSet, 1, ...set(additions.answer), ...local(1), OP.end],
        ]
      : [
          ...[1, 1, i32, ...constant(8), OP.call, ...unsigned(exported.get("alloc")!), OP.localTee, 2],
          ...[...local(0), ...local(1), OP.call, ...unsigned(target), ...local(2), OP.end],
        ];
  return { name, parameters: [i32, i32], results: [i32], body };
}

function readings({ fuel, stack, why, answer }: Additions): InjectedFunction[] {
  const below = (counter: number, result: number) => [
    ...[...get(counter), ...constant(0), OP.i32LtS, OP.if, 0x40, ...constant(result), OP.return, OP.end],
  ];
  const reading = (name: string, code: readonly number[]) => {
    return { name, parameters: [], results: [i32], body: [0, ...code, OP.end] };
  };
  return [
    reading(NAME.left, get(fuel)),
    reading(NAME.answer, get(answer)),
    reading(NAME.why, [...below(fuel, WHY.fuel), ...below(stack, WHY.stack), ...get(why)]),
  ];
}

/**
 * Clears the memory up to the highest address that was stored to and brings back what was there. Sound
 * whatever the module does: every store, every bulk operation and the host's own input are noted.
 */
function reset(
  { structure, additions: { highest } }: Injection,
  { memoryBytes, chunks, globals }: Snapshot,
): InjectedFunction {
  const beyond = SMALL_OFFSET_MAX + STORE_BYTES;
  const bring = chunks.flatMap(({ at, bytes }, i) => [
    ...[...constant(at), ...constant(0), ...constant(bytes.length)],
    ...[OP.misc, MISC.memoryInit, ...unsigned(structure.dataSegments + i), 0],
  ]);
  const restore = mutableNumbers(structure).flatMap(({ index, type }) => [
    ...bitsConstant(type, globals.get(index)!),
    ...set(index),
  ]);
  const body = [
    ...[1, 1, i32],
    ...[...get(highest), ...constant(beyond), OP.i32Add, OP.localTee, 0, ...get(highest), OP.i32LtU],
    ...[OP.if, 0x40, ...constant(-1), OP.localSet, 0, OP.end],
    ...[...constant(0), ...constant(0), ...atMost(0, memoryBytes), OP.misc, MISC.memoryFill, 0],
    ...[...bring, ...restore, ...constant(0), ...set(highest), OP.end],
  ];
  return { name: NAME.reset, parameters: [], results: [], body };
}

function bitsConstant(type: number, bits: bigint): number[] {
  if (type === TYPE.i32) return constant(Number(BigInt.asIntN(32, bits)));
  if (type === TYPE.i64) return [OP.i64Const, ...signed64(bits)];
  const width = type === TYPE.f32 ? 4 : 8;
  const bytes = Array.from({ length: width }, (_, i) => Number((bits >> BigInt(8 * i)) & 255n));
  return [type === TYPE.f32 ? OP.f32Const : OP.f64Const, ...bytes];
}
