/**
 * The body of a random function. It keeps the types on the operand stack and emits only what validates there:
 * operands lie below calls and blocks, code stands behind jumps, and blocks take and give several values.
 */

import { ByteWriter } from "./bytes.ts";
import type { Chance } from "./chance.ts";
import { emitInstruction } from "./instructions.ts";
import { EXTERNREF, F32, F64, type FunctionType, I32, I64, type Surroundings } from "./types.ts";

interface Frame {
  /** What a jump to it takes. */
  readonly label: readonly number[];
  readonly height: number;
  /** Behind a jump the stack below is whatever is asked of it. */
  dead: boolean;
}

const ADDRESSES = [0, 1, 8, 1000, 1024, 4096, 65_528, 65_535] as const;
const NUMBERS = [0, 1, -1, 2, 7, 64, 127, 128, 255, 256, 65_536, 2_147_483_647, -2_147_483_648] as const;

export class Body {
  readonly out: ByteWriter;
  readonly chance: Chance;
  readonly around: Surroundings;
  readonly locals: readonly number[];
  readonly #signature: FunctionType;
  readonly #stack: number[] = [];
  readonly #frames: Frame[] = [];
  /** Instructions that may still be emitted, blocks within blocks counted together. */
  room: number;

  constructor(
    chance: Chance,
    around: Surroundings,
    signature: FunctionType,
    locals: readonly number[],
    room: number,
  ) {
    this.out = new ByteWriter(chance, 24);
    this.chance = chance;
    this.around = around;
    this.locals = [...signature.parameters, ...locals];
    this.#signature = signature;
    this.room = room;
  }

  /** Emits the whole body; `epilogue` stands before its end and needs what the function gives on the stack. */
  write(epilogue: (body: Body) => void = () => {}): ByteWriter {
    const { results } = this.#signature;
    this.#frames.push({ label: results, height: 0, dead: false });
    if (!this.around.features.endless) this.spend();
    this.instructions();
    this.fit(results);
    epilogue(this);
    this.out.raw(0x0b);
    return this.out;
  }

  get depth(): number {
    return this.#frames.length;
  }

  get dead(): boolean {
    return this.#top().dead;
  }

  /** Types a jump so many blocks out takes. */
  label(depth: number): readonly number[] {
    return this.#frames.at(-1 - depth)!.label;
  }

  /** Instructions until there is no room, or chance ends the block. */
  instructions(): void {
    while (this.room > 0) {
      if (this.dead && this.chance.oneIn(2)) return;
      if (this.depth > 1 && this.chance.oneIn(12)) return;
      this.room -= 1;
      emitInstruction(this);
    }
  }

  /** Brings values of these types onto the stack, unless they are there and chance takes them. */
  need(types: readonly number[]): void {
    if (!this.#has(types) || this.chance.oneIn(3)) for (const type of types) this.push(type);
  }

  /** Emits something that gives one value of a type. */
  push(type: number): void {
    const local = this.chance.oneIn(2) ? this.#anyOf(this.locals, type) : -1;
    if (local >= 0) this.out.raw(0x20).u32(local);
    else if (!this.chance.oneIn(3) || !this.#pushGlobal(type)) this.#pushConstant(type);
    this.#stack.push(type);
  }

  pushNumber(value: number): void {
    this.out.raw(0x41).i32(value);
    this.#stack.push(I32);
  }

  /** An address, mostly one that is in memory. */
  pushAddress(): void {
    if (this.chance.oneIn(3)) {
      this.pushNumber(this.chance.pick(ADDRESSES));
      return;
    }
    this.push(I32);
    if (this.chance.oneIn(40)) return;
    this.pushNumber(this.chance.pick([0xff, 0xfff, 0xffff]));
    this.out.raw(0x71);
    this.took(2).gave([I32]);
  }

  /** Takes values off; behind a jump there may be fewer than an instruction takes. */
  took(count: number): this {
    const floor = this.#top().height;
    this.#stack.length = Math.max(floor, this.#stack.length - count);
    return this;
  }

  gave(types: readonly number[]): this {
    this.#stack.push(...types);
    return this;
  }

  /** Type of the value on top, if there surely is one. */
  topType(): number | undefined {
    return this.#stack.length > this.#top().height ? this.#stack.at(-1) : undefined;
  }

  /** A block whose opcode and type were emitted, and whose operands lie on the stack. */
  nested(type: FunctionType, label: readonly number[], content: () => void): void {
    this.took(type.parameters.length);
    this.#frames.push({ label, height: this.#stack.length, dead: false });
    this.gave(type.parameters);
    content();
    this.fit(type.results);
    this.out.raw(0x0b);
    this.leave(type);
  }

  /** The other branch of an `if`. */
  otherwise(type: FunctionType): void {
    this.fit(type.results);
    const frame = this.#top();
    this.#stack.length = frame.height;
    frame.dead = false;
    this.out.raw(0x05);
    this.gave(type.parameters);
  }

  leave(type: FunctionType): void {
    this.#stack.length = this.#frames.pop()!.height;
    this.gave(type.results);
  }

  /** Behind a jump. */
  jumped(): void {
    const frame = this.#top();
    this.#stack.length = frame.height;
    frame.dead = true;
  }

  /** Makes exactly these types lie on the block's part of the stack. */
  fit(types: readonly number[]): void {
    const { height, dead } = this.#top();
    const here = this.#stack.slice(height);
    if (here.length === types.length && here.every((type, i) => type === types[i])) return;
    while (this.#stack.length > height) {
      this.out.raw(0x1a);
      this.#stack.pop();
    }
    if (dead && this.chance.oneIn(2)) this.gave(types);
    else for (const type of types) this.push(type);
  }

  /** Counts the budget down; returns or traps when it is used up. */
  spend(): void {
    const { budget } = this.around;
    this.out.raw(0x23).u32(budget).raw(0x45, 0x04, 0x40);
    if (this.chance.oneIn(8)) this.out.raw(0x00);
    else {
      for (const type of this.#signature.results) this.#pushConstant(type);
      this.out.raw(0x0f);
    }
    this.out.raw(0x0b, 0x23).u32(budget).raw(0x41, 1, 0x6b, 0x24).u32(budget);
  }

  /** Returns with what is on the stack. */
  returns(): void {
    this.need(this.#signature.results);
    this.out.raw(0x0f);
    this.jumped();
  }

  #top(): Frame {
    return this.#frames.at(-1)!;
  }

  #has(types: readonly number[]): boolean {
    const { height, dead } = this.#top();
    const here = this.#stack.slice(height).reverse();
    return [...types].reverse().every((type, i) => (i < here.length ? here[i] === type : dead));
  }

  #anyOf(list: readonly number[], type: number): number {
    const fitting = list.flatMap((each, i) => (each === type ? [i] : []));
    return fitting.length === 0 ? -1 : this.chance.pick(fitting);
  }

  #pushGlobal(type: number): boolean {
    const types = this.around.globals.map((global) => global.type);
    const index = this.#anyOf(types, type);
    if (index >= 0) this.out.raw(0x23).u32(index);
    return index >= 0;
  }

  #pushConstant(type: number): void {
    const { out, chance } = this;
    const number = chance.oneIn(2) ? chance.pick(NUMBERS) : chance.bits();
    if (type === I32) out.raw(0x41).i32(number);
    else if (type === I64) out.raw(0x42).i64((BigInt(number) << 32n) | BigInt(chance.bits()));
    else if (type === F32) out.raw(0x43).append(floatBits(chance, 4));
    else if (type === F64) out.raw(0x44).append(floatBits(chance, 8));
    else if (type === EXTERNREF || chance.oneIn(3)) out.raw(0xd0, type);
    else out.raw(0xd2).u32(chance.below(this.around.functions.length));
  }
}

/** Bits of a float: any, or a NaN with a payload of its own, or a small number. */
function floatBits(chance: Chance, length: number): readonly number[] {
  if (chance.oneIn(3)) return chance.bytes(length);
  const view = new DataView(new ArrayBuffer(8));
  if (length === 4) view.setFloat32(0, chance.below(17) - 8, true);
  else view.setFloat64(0, chance.below(17) - 8, true);
  const bytes = [...new Uint8Array(view.buffer, 0, length)];
  if (!chance.oneIn(3)) return bytes;
  bytes[length - 1] = chance.pick([0x7f, 0xff]);
  bytes[length - 2] = chance.pick([0xa0, 0xc0, 0xf8, 0xf4]);
  return bytes;
}
