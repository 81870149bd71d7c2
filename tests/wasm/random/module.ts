/**
 * Random modules that validate: a reducer's exports, functions that call one another, and every part of the
 * format that admission lets through. Their loops and calls are bounded by a budget of their own. `step` begins
 * and ends with the globals stored into memory, so that whoever compares memory compares them too.
 */

import { Body } from "./body.ts";
import { ByteWriter } from "./bytes.ts";
import { Chance } from "./chance.ts";
import {
  EXTERNREF,
  F32,
  F64,
  type Features,
  FUNCREF,
  type FunctionType,
  type GlobalPlan,
  I32,
  I64,
  type Surroundings,
} from "./types.ts";

export interface RandomModule {
  readonly bytes: Uint8Array;
  readonly form: "struct-return" | "multi-value";
  readonly features: Features;
}

const PAGE = 65_536;

export function randomModule(seed: number, caseNumber: number, fixed: Partial<Features> = {}): RandomModule {
  const chance = new Chance(seed, caseNumber);
  const features: Features = {
    floats: false,
    canonical: true,
    references: chance.oneIn(6),
    grows: chance.oneIn(4),
    endless: false,
    ...fixed,
  };
  return new ModuleMaker(chance, features).make();
}

class ModuleMaker {
  readonly #chance: Chance;
  readonly #around: Surroundings;
  readonly #form: RandomModule["form"];
  readonly #padded: number;
  readonly #pagesMax: number | null;
  readonly #activeData: readonly boolean[];

  constructor(chance: Chance, features: Features) {
    this.#chance = chance;
    this.#form = chance.pick(["struct-return", "multi-value"]);
    this.#padded = chance.oneIn(3) ? 6 : 0;
    const step = this.#form === "multi-value" ? signature(2, 2) : signature(3, 0);
    const types = [
      signature(1, 1),
      step,
      ...Array.from({ length: 1 + chance.below(6) }, () => randomType(chance, features)),
    ];
    const functions = [0, 1, ...Array.from({ length: chance.below(7) }, () => chance.below(types.length))];
    const pages = 1 + chance.below(3);
    this.#pagesMax = chance.oneIn(4) ? null : pages + chance.below(4);
    this.#activeData = Array.from({ length: chance.below(4) }, () => chance.oneIn(2));
    this.#around = {
      features,
      types,
      functions,
      globals: [
        { type: I32, mutable: true },
        ...Array.from({ length: chance.below(6) }, () => randomGlobal(chance, features)),
      ],
      tables: features.references ? [FUNCREF, EXTERNREF] : [FUNCREF],
      tableSize: 4 + chance.below(5),
      slots: Array.from({ length: 4 }, () => chance.below(functions.length)),
      dataSegments: this.#activeData.length,
      elementSegments: features.references ? 3 : 1,
      pages,
      budget: 0,
    };
  }

  make(): RandomModule {
    const { types, functions, globals, features } = this.#around;
    const sections = [
      this.#custom(),
      this.#section(1, types, (out, type) => writeType(out, type)),
      this.#section(3, functions, (out, index) => out.u32(index)),
      this.#section(4, this.#around.tables, (out, type) => this.#table(out, type)),
      this.#section(5, [0], (out) => this.#memory(out)),
      this.#section(6, globals, (out, global, i) => this.#global(out, global, i)),
      this.#exports(),
      this.#start(),
      this.#elements(),
      this.#dataCount(),
      this.#section(10, functions, (out, index, i) => this.#function(out, types[index]!, i)),
      this.#section(11, this.#activeData, (out, active) => this.#data(out, active)),
      this.#custom(),
    ];
    return {
      bytes: Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, ...sections.flat()]),
      form: this.#form,
      features,
    };
  }

  #writer(): ByteWriter {
    return new ByteWriter(this.#chance, this.#padded);
  }

  #wrapped(id: number, content: ByteWriter): readonly number[] {
    return this.#writer().raw(id).sized(content).bytes;
  }

  #section<T>(
    id: number,
    entries: readonly T[],
    write: (out: ByteWriter, entry: T, index: number) => void,
  ): readonly number[] {
    if (entries.length === 0) return [];
    const content = this.#writer().u32(entries.length);
    for (const [i, entry] of entries.entries()) write(content, entry, i);
    return this.#wrapped(id, content);
  }

  #custom(): readonly number[] {
    if (!this.#chance.oneIn(4)) return [];
    const content = this.#writer().name(this.#chance.pick(["producers", "x", "name"]));
    return this.#wrapped(0, content.append(this.#chance.bytes(this.#chance.below(40))));
  }

  #table(out: ByteWriter, type: number): void {
    const { tableSize } = this.#around;
    out.raw(type);
    // Where a table may grow, its maximum is its own and no engine's.
    if (!this.#around.features.references && this.#chance.oneIn(2)) out.raw(0).u32(tableSize);
    else
      out
        .raw(1)
        .u32(tableSize)
        .u32(tableSize + this.#chance.below(4));
  }

  #memory(out: ByteWriter): void {
    if (this.#pagesMax === null) out.raw(0).u32(this.#around.pages);
    else out.raw(1).u32(this.#around.pages).u32(this.#pagesMax);
  }

  #global(out: ByteWriter, { type, mutable }: GlobalPlan, index: number): void {
    const chance = this.#chance;
    out.raw(type, mutable ? 1 : 0);
    if (index === this.#around.budget) out.raw(0x41).i32(1 + chance.below(1500));
    else if (type === I32) out.raw(0x41).i32(chance.bits());
    else if (type === I64) out.raw(0x42).i64((BigInt(chance.bits()) << 32n) | BigInt(chance.bits()));
    else if (type === F32) out.raw(0x43).append(chance.bytes(4));
    else if (type === F64) out.raw(0x44).append(chance.bytes(8));
    else if (type === FUNCREF && chance.oneIn(2)) out.raw(0xd2).u32(0);
    else out.raw(0xd0, type);
    out.raw(0x0b);
  }

  #exports(): readonly number[] {
    const { functions, globals, tables } = this.#around;
    const all: (readonly [name: string, kind: number, index: number])[] = [
      ["memory", 2, 0],
      ["alloc", 0, 0],
      ["step", 0, 1],
    ];
    if (this.#chance.oneIn(3)) all.push(["other", 0, this.#chance.below(functions.length)]);
    if (this.#chance.oneIn(3)) all.push(["global", 3, this.#chance.below(globals.length)]);
    if (this.#chance.oneIn(8)) all.push(["t", 1, this.#chance.below(tables.length)]);
    return this.#section(7, all, (out, [name, kind, index]) => out.name(name).raw(kind).u32(index));
  }

  #start(): readonly number[] {
    const { functions, types } = this.#around;
    const fitting = functions.flatMap((index, i) => (isStart(types[index]!) ? [i] : []));
    if (fitting.length === 0 || !this.#chance.oneIn(3)) return [];
    return this.#wrapped(8, this.#writer().u32(this.#chance.pick(fitting)));
  }

  /** An active segment for calls through the table; with references also a passive and a declarative one. */
  #elements(): readonly number[] {
    const { functions, features, elementSegments, slots } = this.#around;
    return this.#section(9, Array(elementSegments).fill(0), (out, _, i) => {
      if (i === 0 && features.references && this.#chance.oneIn(2)) {
        out.raw(4, 0x41).i32(0).raw(0x0b).u32(4);
        for (const index of slots) out.raw(0xd2).u32(index).raw(0x0b);
      } else if (i === 0) {
        out.raw(0, 0x41).i32(this.#chance.oneIn(60) ? 7 : 0);
        out.raw(0x0b).u32(4);
        for (const index of slots) out.u32(index);
      } else if (i === 1) {
        out.raw(1, 0).u32(4);
        for (const index of slots) out.u32(index);
      } else {
        out.raw(3, 0).u32(functions.length);
        for (const index of functions.keys()) out.u32(index);
      }
    });
  }

  #dataCount(): readonly number[] {
    const { dataSegments } = this.#around;
    return dataSegments === 0 ? [] : this.#wrapped(12, this.#writer().u32(dataSegments));
  }

  #data(out: ByteWriter, active: boolean): void {
    const chance = this.#chance;
    if (active) {
      const end = this.#around.pages * PAGE;
      const at = chance.oneIn(40) ? end - 1 : chance.pick([0, 8, 1000, 5000, end - 200]);
      out
        .raw(...(chance.oneIn(3) ? [2, 0] : [0]), 0x41)
        .i32(at)
        .raw(0x0b);
    } else out.raw(1);
    const bytes = chance.bytes(chance.below(100));
    out.u32(bytes.length).append(bytes);
  }

  #function(out: ByteWriter, type: FunctionType, index: number): void {
    const { chance, groups, locals } = this.#locals();
    const room = chance.oneIn(12) ? 250 : (index === 1 ? 40 : 10) + chance.below(60);
    const body = new Body(chance, this.#around, type, locals, room);
    const content = this.#writer().u32(groups.length);
    for (const [count, each] of groups) content.u32(count).raw(each);
    if (index === 1) this.#storeGlobals(content, ANSWER_AT + 16);
    content.append(body.write((written) => this.#epilogue(written, index)).bytes);
    out.sized(content);
  }

  /** Stores the globals that hold numbers, one behind the other. */
  #storeGlobals(out: ByteWriter, at: number): void {
    for (const [i, global] of this.#around.globals.entries()) {
      const opcode = storeOf(global);
      if (opcode !== undefined)
        out
          .raw(0x41)
          .i32(at + 8 * i)
          .raw(0x23)
          .u32(i)
          .raw(opcode, 0)
          .u32(0);
    }
  }

  #locals() {
    const chance = this.#chance;
    const { features } = this.#around;
    const types = features.references
      ? [I32, I64, FUNCREF, EXTERNREF]
      : features.floats
        ? [I32, I64, F32, F64]
        : [I32, I64];
    const most = chance.oneIn(30) ? 500 : 4;
    const groups = Array.from(
      { length: chance.below(5) },
      () => [chance.below(most), chance.pick(types)] as const,
    );
    // The last two are for the generator's own use.
    if (features.floats) groups.push([1, F32], [1, F64]);
    return { chance, groups, locals: groups.flatMap(([count, type]) => Array<number>(count).fill(type)) };
  }

  /** `alloc` gives an address in memory; `step` mostly answers with an envelope around what memory holds. */
  #epilogue(body: Body, index: number): void {
    const { out } = body;
    if (index === 0) out.raw(0x41).i32(0x7ff8).raw(0x71);
    if (index !== 1) return;
    this.#storeGlobals(out, ANSWER_AT + 256);
    if (this.#chance.oneIn(4)) return;
    if (this.#form === "multi-value") out.raw(0x1a, 0x1a);
    writeAnswer(out);
    if (this.#form === "multi-value") out.raw(0x41).i32(ANSWER_AT).raw(0x41).i32(ANSWER_BYTES);
    else {
      for (const [offset, value] of [
        [0, ANSWER_AT],
        [4, ANSWER_BYTES],
      ] as const) {
        out.raw(0x20, 0, 0x41).i32(value).raw(0x36, 2).u32(offset);
      }
    }
  }
}

function storeOf({ type }: GlobalPlan): number | undefined {
  return new Map([
    [I32, 0x36],
    [I64, 0x37],
    [F32, 0x38],
    [F64, 0x39],
  ]).get(type);
}

const ANSWER_AT = 900;
const STATE_BYTES = 4096;
const ANSWER_BYTES = 10 + STATE_BYTES;

/** Stores `{"state": bytes}` around the 4096 bytes that follow: a1 65 "state" 59 10 00. */
function writeAnswer(out: ByteWriter): void {
  out.raw(0x41).i32(ANSWER_AT).raw(0x42).i64(0x59_65_74_61_74_73_65_a1n).raw(0x37, 0).u32(0);
  out.raw(0x41).i32(ANSWER_AT).raw(0x41).i32(0x0010).raw(0x3b, 0).u32(8);
}

function signature(parameters: number, results: number): FunctionType {
  return { parameters: Array(parameters).fill(I32), results: Array(results).fill(I32) };
}

function randomType(chance: Chance, features: Features): FunctionType {
  const numbers = features.floats ? [I32, I64, F32, F64] : [I32, I32, I64];
  const types = features.references ? [...numbers, FUNCREF, EXTERNREF] : numbers;
  const some = (most: number) => Array.from({ length: chance.below(most) }, () => chance.pick(types));
  return chance.oneIn(3) ? { parameters: [], results: [] } : { parameters: some(4), results: some(4) };
}

function randomGlobal(chance: Chance, features: Features): GlobalPlan {
  const numbers = features.floats ? [I32, I64, F32, F64] : [I32, I64];
  const types = features.references ? [...numbers, FUNCREF, EXTERNREF] : numbers;
  return { type: chance.pick(types), mutable: !chance.oneIn(4) };
}

function isStart({ parameters, results }: FunctionType): boolean {
  return parameters.length === 0 && results.length === 0;
}

function writeType(out: ByteWriter, { parameters, results }: FunctionType): void {
  out.raw(0x60).u32(parameters.length).append(parameters).u32(results.length).append(results);
}
