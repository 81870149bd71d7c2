/**
 * Rewrites one function's body. Nothing is moved or numbered anew: code is inserted at the marks of its scan,
 * and memory.grow becomes a call.
 *
 * Fuel schedule 1: every instruction costs 1, charged where control enters the function or a turn of a loop
 * for all that stands there outside of inner loops; what works on many bytes, pages or table entries pays by
 * their number in addition (inject.ts).
 */

import { OP } from "./opcodes.ts";
import { type FunctionScan, MARK, MARK_LENGTH } from "./scan.ts";
import { TYPE } from "./structure.ts";
import { signed, unsigned, Writer } from "./writer.ts";

/** Where the rewritten module keeps what is added. */
export interface Additions {
  /** Globals, all of them i32 and mutable. */
  readonly fuel: number;
  readonly stack: number;
  readonly highest: number;
  readonly why: number;
  readonly answer: number;
  /** Functions. */
  readonly span: number;
  readonly grow: number;
  readonly entries: number;
}

export interface Instruments {
  readonly additions: Additions;
  /** Whether float results get canonical NaN bits. */
  readonly canonicalize: boolean;
  /** What a call from this function costs of the stack budget; 0 for a call that lies on no cycle. */
  stackCost(scan: FunctionScan, target: number): number;
}

/** Static offsets up to here are covered by what `reset` clears beyond the highest address stored to. */
export const SMALL_OFFSET_MAX = 4096;

/** A piece of a rewritten body: copied from `from` on, or inserted there. Ordered by `at`. */
export interface Piece {
  /** Relative to the body's first byte, that of its local declarations. */
  readonly at: number;
  /** In the original module. */
  readonly from: number;
  readonly copied: boolean;
}

/** The body without its length; `pieces`, when given, gets to know where everything comes from. */
export function instrument(
  bytes: Uint8Array,
  scan: FunctionScan,
  instruments: Instruments,
  pieces?: Piece[],
): Uint8Array {
  const body = new BodyWriter(bytes, scan, pieces);
  const scratch = new Scratch(scan, instruments.canonicalize);
  const { additions } = instruments;
  body.insert(unsigned(scan.groups + scratch.types.length));
  body.skipTo(scan.groupsFrom);
  body.copyTo(scan.codeFrom);
  for (const type of scratch.types) body.insert([1, type]);
  body.insert(charge(additions.fuel, scan.entryCost));
  const { marks } = scan;
  for (let i = 0; i < marks.length; i += MARK_LENGTH) {
    const [kind, from, to, a, b] = [marks[i]!, marks[i + 1]!, marks[i + 2]!, marks[i + 3]!, marks[i + 4]!];
    if (kind === MARK.loop) {
      body.copyTo(to);
      body.insert(charge(additions.fuel, a));
    } else if (kind === MARK.store) store(body, scratch, additions, from, to, a, b);
    else if (kind === MARK.call) {
      const cost = instruments.stackCost(scan, a);
      if (cost > 0) guardedCall(body, additions.stack, cost, from, to);
    } else if (kind === MARK.float) {
      body.copyTo(to);
      if (instruments.canonicalize) body.insert(canonicalNan(scratch, a));
    } else {
      body.copyTo(from);
      const helper =
        kind === MARK.span ? additions.span : kind === MARK.grow ? additions.grow : additions.entries;
      body.insert([OP.call, ...unsigned(helper)]);
      body.skipTo(to);
    }
  }
  body.copyTo(scan.to);
  return body.finish();
}

class BodyWriter {
  readonly #bytes: Uint8Array;
  readonly #out = new Writer();
  readonly #pieces: Piece[] | undefined;
  #from: number;

  constructor(bytes: Uint8Array, scan: FunctionScan, pieces: Piece[] | undefined) {
    this.#bytes = bytes;
    this.#from = scan.from;
    this.#pieces = pieces;
  }

  insert(code: readonly number[]): void {
    this.#pieces?.push({ at: this.#out.length, from: this.#from, copied: false });
    this.#out.raw(code);
  }

  copyTo(to: number): void {
    if (to <= this.#from) return;
    this.#pieces?.push({ at: this.#out.length, from: this.#from, copied: true });
    this.#out.copy(this.#bytes, this.#from, to);
    this.#from = to;
  }

  skipTo(to: number): void {
    this.#from = to;
  }

  finish(): Uint8Array {
    return this.#out.finish();
  }
}

/** Locals the inserted code needs: an address, and a value of each type that is stored or computed. */
class Scratch {
  readonly types: readonly number[];
  readonly #first: number;

  constructor(scan: FunctionScan, canonicalize: boolean) {
    const types = new Set<number>();
    for (let i = 0; i < scan.marks.length; i += MARK_LENGTH) {
      const kind = scan.marks[i];
      if (kind === MARK.store) types.add(storedType(scan.marks[i + 3]!));
      else if (kind === MARK.float && canonicalize) types.add(floatType(scan.marks[i + 3]!));
    }
    // The address comes first, whether or not there is one.
    this.types = types.size === 0 ? [] : [TYPE.i32, ...types];
    this.#first = scan.parameters + scan.locals;
  }

  get address(): number[] {
    return unsigned(this.#first);
  }

  value(type: number): number[] {
    return unsigned(this.#first + this.types.indexOf(type, 1));
  }
}

function storedType(opcode: number): number {
  if (opcode === OP.f32Store) return TYPE.f32;
  if (opcode === OP.f64Store) return TYPE.f64;
  return opcode === OP.i64Store || (opcode >= OP.i64Store8 && opcode <= OP.i64Store32) ? TYPE.i64 : TYPE.i32;
}

function floatType(width: number): number {
  return width === 32 ? TYPE.f32 : TYPE.f64;
}

/** Takes `cost` off a counter and traps below zero. */
export function charge(counter: number, cost: number): number[] {
  return [OP.globalGet, ...unsigned(counter), OP.i32Const, ...signed(cost), ...takeOff(counter)];
}

/** The same with counter and cost on the stack already. */
export function takeOff(counter: number): number[] {
  const index = unsigned(counter);
  return [
    ...[OP.i32Sub, OP.globalSet, ...index],
    ...[OP.globalGet, ...index, OP.i32Const, 0, OP.i32LtS, OP.if, 0x40, OP.unreachable, OP.end],
  ];
}

/** A store that notes how high it reached; one that traps writes nothing, so the note comes after. */
function store(
  body: BodyWriter,
  scratch: Scratch,
  { highest }: Additions,
  from: number,
  to: number,
  opcode: number,
  offset: number,
): void {
  const value = scratch.value(storedType(opcode));
  const { address } = scratch;
  body.copyTo(from);
  body.insert([OP.localSet, ...value, OP.localTee, ...address, OP.localGet, ...value]);
  body.copyTo(to);
  // The memory is smaller than 4 GiB, so that the sum of a store that did not trap does not wrap.
  const reached =
    offset <= SMALL_OFFSET_MAX
      ? [OP.localGet, ...address]
      : [OP.localGet, ...address, OP.i32Const, ...signed(offset), OP.i32Add, OP.localTee, ...address];
  body.insert([
    ...reached,
    ...[OP.globalGet, ...unsigned(highest), OP.i32GtU, OP.if, 0x40],
    ...[OP.localGet, ...address, OP.globalSet, ...unsigned(highest), OP.end],
  ]);
}

/** A call on a cycle: its caller's frame is charged while it lasts. A trap below never comes back. */
function guardedCall(body: BodyWriter, stack: number, cost: number, from: number, to: number): void {
  body.copyTo(from);
  body.insert(charge(stack, cost));
  body.copyTo(to);
  const index = unsigned(stack);
  body.insert([OP.globalGet, ...index, OP.i32Const, ...signed(cost), OP.i32Add, OP.globalSet, ...index]);
}

/** The value itself where it equals itself, else the NaN with only its top fraction bit set. */
function canonicalNan(scratch: Scratch, width: number): number[] {
  const value = scratch.value(floatType(width));
  const nan = width === 32 ? [OP.f32Const, 0, 0, 0xc0, 0x7f] : [OP.f64Const, 0, 0, 0, 0, 0, 0, 0xf8, 0x7f];
  const same = [OP.localGet, ...value, OP.localGet, ...value, width === 32 ? OP.f32Eq : OP.f64Eq];
  return [OP.localTee, ...value, ...nan, ...same, OP.select];
}
