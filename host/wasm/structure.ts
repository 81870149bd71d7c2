/**
 * Everything of a module but its code: sections, types, index spaces, exports, segments. What wasm has and
 * modules here must not use is noted as a feature and, where it cannot be read past, ends the reading.
 */

import { OP } from "./opcodes.ts";
import { Malformed, Reader } from "./reader.ts";

/** What a module may not use; each is a code of its own, `module.<feature>`. */
export type Feature =
  | "simd"
  | "threads"
  | "tail_calls"
  | "exceptions"
  | "gc"
  | "memory64"
  | "many_memories"
  | "floats"
  | "unsupported";

/** Where a module uses a feature. */
export interface FeatureUse {
  readonly feature: Feature;
  /** The instruction, type or section. */
  readonly what: string;
  /** Byte offset. */
  readonly at: number;
}

export interface FunctionType {
  /** Value types as their bytes. */
  readonly parameters: readonly number[];
  readonly results: readonly number[];
}

export const TYPE = {
  i32: 0x7f,
  i64: 0x7e,
  f32: 0x7d,
  f64: 0x7c,
  v128: 0x7b,
  funcref: 0x70,
  externref: 0x6f,
} as const;

export type ExternalKind = "function" | "table" | "memory" | "global" | "tag";

const EXTERNAL_KINDS: readonly ExternalKind[] = ["function", "table", "memory", "global", "tag"];

export interface Limits {
  readonly min: number;
  readonly max: number | null;
  readonly shared: boolean;
  readonly is64: boolean;
}

export interface Section {
  readonly id: number;
  /** Content without the section's head. */
  readonly from: number;
  readonly to: number;
}

export interface Structure {
  readonly bytes: Uint8Array;
  /** In order, custom sections included. */
  readonly sections: readonly Section[];
  readonly types: readonly FunctionType[];
  readonly imports: readonly {
    readonly module: string;
    readonly name: string;
    readonly kind: ExternalKind;
  }[];
  /** Type index of each function, imported ones first. */
  readonly functions: readonly number[];
  readonly importedFunctions: number;
  readonly tables: readonly (Limits & { readonly type: number })[];
  readonly memories: readonly Limits[];
  readonly globals: readonly { readonly type: number; readonly mutable: boolean }[];
  readonly exports: readonly { readonly name: string; readonly kind: ExternalKind; readonly index: number }[];
  readonly start: number | null;
  /** Functions that stand in a table or are referred to: what an indirect call may reach. */
  readonly referenced: ReadonlySet<number>;
  readonly dataSegments: number;
  /** Bodies with their local declarations, in order. */
  readonly bodies: readonly { readonly from: number; readonly to: number }[];
  /** Each feature's uses outside of code. */
  readonly uses: readonly FeatureUse[];
  /** False when a feature ended the reading: the rest is unknown. */
  readonly complete: boolean;
}

/** Thrown where the bytes go on in a way only a feature explains. */
export class Unreadable extends Error {}

/** Reads a module. Throws `Malformed` for bytes that are none. */
export function readStructure(bytes: Uint8Array): Structure {
  const draft = new StructureReader(bytes);
  let complete = true;
  try {
    draft.read();
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    complete = false;
  }
  return { ...draft.parts(), complete };
}

const SECTION_ORDER = [1, 2, 3, 4, 5, 13, 6, 7, 8, 9, 12, 10, 11];
const MAGIC = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];

class StructureReader {
  readonly #bytes: Uint8Array;
  readonly #sections: Section[] = [];
  readonly #types: FunctionType[] = [];
  readonly #imports: Structure["imports"][number][] = [];
  readonly #functions: number[] = [];
  readonly #tables: Structure["tables"][number][] = [];
  readonly #memories: Limits[] = [];
  readonly #globals: Structure["globals"][number][] = [];
  readonly #exports: Structure["exports"][number][] = [];
  readonly #bodies: Structure["bodies"][number][] = [];
  readonly #referenced = new Set<number>();
  readonly #uses: FeatureUse[] = [];
  #importedFunctions = 0;
  #start: number | null = null;
  #dataSegments = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  parts(): Omit<Structure, "complete"> {
    return {
      bytes: this.#bytes,
      sections: this.#sections,
      types: this.#types,
      imports: this.#imports,
      functions: this.#functions,
      importedFunctions: this.#importedFunctions,
      tables: this.#tables,
      memories: this.#memories,
      globals: this.#globals,
      exports: this.#exports,
      start: this.#start,
      referenced: this.#referenced,
      dataSegments: this.#dataSegments,
      bodies: this.#bodies,
      uses: this.#uses,
    };
  }

  read(): void {
    const whole = new Reader(this.#bytes);
    for (const expected of MAGIC) {
      if (whole.byte() !== expected) throw new Malformed(whole.pos - 1, "no wasm module of version 1");
    }
    let last = -1;
    while (!whole.done) {
      const id = whole.byte();
      const length = whole.u32();
      const from = whole.skip(length);
      this.#sections.push({ id, from, to: from + length });
      if (id === 0) continue;
      const place = SECTION_ORDER.indexOf(id);
      if (place < 0) this.#stop("unsupported", `section ${id}`, from);
      if (place <= last) throw new Malformed(from, `section ${id} out of order`);
      last = place;
      const section = new Reader(this.#bytes, from, from + length);
      this.#section(id, section);
      if (!section.done) throw new Malformed(section.pos, `section ${id} is longer than what it holds`);
    }
  }

  #section(id: number, r: Reader): void {
    if (id === 8) this.#start = r.u32();
    else if (id === 12) r.u32();
    else if (id === 13) this.#skip(r, "exceptions", "a tag section");
    else this.#entries(id, r);
  }

  #entries(id: number, r: Reader): void {
    const entries = r.count();
    for (let i = 0; i < entries; i++) {
      if (id === 1) this.#types.push(this.#type(r));
      else if (id === 2) this.#imported(r);
      else if (id === 3) this.#functions.push(r.u32());
      else if (id === 4) this.#tables.push(this.#table(r));
      else if (id === 5) this.#memories.push(this.#memory(r));
      else if (id === 6) this.#global(r);
      else if (id === 7) this.#exports.push({ name: r.name(), kind: this.#external(r), index: r.u32() });
      else if (id === 9) this.#element(r);
      else if (id === 10) this.#body(r);
      else this.#data(r);
    }
    if (id === 11) this.#dataSegments = entries;
    if (id === 5 && this.#memories.length > 1) this.#use("many_memories", `${entries} memories`, r.pos);
  }

  #use(feature: Feature, what: string, at: number): void {
    this.#uses.push({ feature, what, at });
  }

  #stop(feature: Feature, what: string, at: number): never {
    this.#use(feature, what, at);
    throw new Unreadable(what);
  }

  #skip(r: Reader, feature: Feature, what: string): void {
    this.#use(feature, what, r.pos);
    r.pos = r.end;
  }

  #type(r: Reader): FunctionType {
    const at = r.pos;
    const form = r.byte();
    if (form !== 0x60) this.#stop("gc", `the type form 0x${form.toString(16)}`, at);
    return { parameters: this.#valueTypes(r), results: this.#valueTypes(r) };
  }

  #valueTypes(r: Reader): number[] {
    return Array.from({ length: r.count() }, () => this.#valueType(r));
  }

  #valueType(r: Reader): number {
    const at = r.pos;
    const type = r.byte();
    if (type === TYPE.v128) this.#use("simd", "the type v128", at);
    else if (type < TYPE.v128 && type !== TYPE.funcref && type !== TYPE.externref) {
      this.#stop("gc", `the value type 0x${type.toString(16)}`, at);
    }
    return type;
  }

  #external(r: Reader): ExternalKind {
    const at = r.pos;
    const kind = EXTERNAL_KINDS[r.byte()];
    if (kind === undefined) throw new Malformed(at, "an export or import of no known kind");
    return kind;
  }

  #imported(r: Reader): void {
    const entry = { module: r.name(), name: r.name(), kind: this.#external(r) };
    this.#imports.push(entry);
    if (entry.kind === "function") {
      this.#functions.push(r.u32());
      this.#importedFunctions++;
    } else if (entry.kind === "table") this.#tables.push(this.#table(r));
    else if (entry.kind === "memory") this.#memories.push(this.#memory(r));
    else if (entry.kind === "global")
      this.#globals.push({ type: this.#valueType(r), mutable: r.byte() === 1 });
    else {
      this.#use("exceptions", "an imported tag", r.pos);
      r.byte();
      r.u32();
    }
  }

  #table(r: Reader): Structure["tables"][number] {
    if (this.#bytes[r.pos] === 0x40) this.#stop("gc", "a table with an initial value", r.pos);
    return { type: this.#valueType(r), ...this.#limits(r) };
  }

  #memory(r: Reader): Limits {
    const at = r.pos;
    const limits = this.#limits(r);
    if (limits.shared) this.#use("threads", "a shared memory", at);
    return limits;
  }

  #limits(r: Reader): Limits {
    const at = r.pos;
    const flags = r.byte();
    if (flags > 7) this.#stop("unsupported", `limits of the form ${flags}`, at);
    const is64 = (flags & 4) !== 0;
    // Larger than 32 bits only with memory64, which is refused: the numbers do not matter then.
    if (is64) this.#stop("memory64", "64-bit limits", at);
    const min = r.u32();
    const max = flags & 1 ? r.u32() : null;
    return { min, max, shared: (flags & 2) !== 0, is64 };
  }

  #global(r: Reader): void {
    this.#globals.push({ type: this.#valueType(r), mutable: r.byte() === 1 });
    this.#constant(r);
  }

  /**
   * A constant expression; the functions it refers to are noted. Arithmetic and globals in constants are refused:
   * some engines take them, others do not.
   */
  #constant(r: Reader): void {
    for (;;) {
      const at = r.pos;
      const opcode = r.byte();
      if (opcode === OP.end) return;
      if (opcode === OP.i32Const || opcode === OP.i64Const) r.skipNumber();
      else if (opcode === OP.f32Const || opcode === OP.f64Const) {
        this.#use("floats", opcode === OP.f32Const ? "f32.const" : "f64.const", at);
        r.skip(opcode === OP.f32Const ? 4 : 8);
      } else if (opcode === OP.refFunc) this.#referenced.add(r.u32());
      else if (opcode === OP.refNull) this.#heapType(r);
      else {
        const feature = opcode === 0xfd ? "simd" : opcode === 0xfb ? "gc" : "unsupported";
        this.#stop(feature, `the opcode 0x${opcode.toString(16)} in a constant`, at);
      }
    }
  }

  #heapType(r: Reader): void {
    const at = r.pos;
    const type = r.byte();
    if (type !== TYPE.funcref && type !== TYPE.externref) {
      this.#stop("gc", `the heap type 0x${type.toString(16)}`, at);
    }
  }

  /** Bit 0: not active. Bit 1: names its table, or is declarative. Bit 2: expressions in place of indices. */
  #element(r: Reader): void {
    const at = r.pos;
    const flags = r.u32();
    if (flags > 7) this.#stop("unsupported", `an element segment of the form ${flags}`, at);
    if ((flags & 3) === 2) r.u32();
    if ((flags & 1) === 0) this.#constant(r);
    if ((flags & 3) !== 0) {
      if (flags & 4) this.#valueType(r);
      else r.byte();
    }
    const entries = r.count();
    for (let i = 0; i < entries; i++) {
      if (flags & 4) this.#constant(r);
      else this.#referenced.add(r.u32());
    }
  }

  #body(r: Reader): void {
    const length = r.u32();
    const from = r.skip(length);
    this.#bodies.push({ from, to: from + length });
  }

  #data(r: Reader): void {
    const at = r.pos;
    const flags = r.u32();
    if (flags > 2) this.#stop("unsupported", `a data segment of the form ${flags}`, at);
    if (flags === 2) r.u32();
    if (flags !== 1) this.#constant(r);
    r.skip(r.u32());
  }
}
