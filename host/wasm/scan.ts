/**
 * One walk over a function's body: what admission asks of it, and the marks at which the rewriter inserts
 * code. The body is taken to be valid; whatever it holds, the walk ends and reads nothing outside it.
 */

import {
  arithmeticWidth,
  givenBy,
  IMMEDIATE,
  IMMEDIATES,
  isFloat,
  MISC,
  MISC_INDICES,
  nameOf,
  OP,
  takenBy,
} from "./opcodes.ts";
import { Reader } from "./reader.ts";
import { type Feature, type FeatureUse, type Structure, TYPE } from "./structure.ts";

/** Kinds of marks. Each mark is five numbers: kind, from, to, and two more as given here. */
export const MARK = {
  /** At the head of a loop, behind its type: instructions of one turn. */
  loop: 0,
  /** A store: its opcode and static offset. */
  store: 1,
  /** In front of memory.copy, memory.fill and memory.init. */
  span: 2,
  /** memory.grow. */
  grow: 3,
  /** In front of what takes a number of table entries. */
  entries: 4,
  /** A call: the function, or -1 minus the type of an indirect call. */
  call: 5,
  /** Float arithmetic: the width of its result. */
  float: 6,
} as const;

export const MARK_LENGTH = 5;

export interface FunctionScan {
  /** In the module's index space. */
  readonly index: number;
  readonly from: number;
  readonly to: number;
  /** Where the local declarations' groups stand, and the first instruction. */
  readonly groups: number;
  readonly groupsFrom: number;
  readonly codeFrom: number;
  readonly parameters: number;
  /** Declared ones, parameters aside. */
  readonly locals: number;
  readonly heightMax: number;
  /** Parameters and results of the call that has the most: the caller's frame holds them too. */
  readonly callValuesMax: number;
  /** Instructions charged on entry: those outside of loops. */
  readonly entryCost: number;
  readonly instructions: number;
  /**
   * Where ways part or meet, in the function and in what is inserted into it: blocks, branches, each target of a
   * table, loop heads twice, stores and calls. At each a compiler looks at everything the function holds.
   */
  readonly joins: number;
  readonly marks: readonly number[];
  /** Functions called by index, each once. */
  readonly calls: ReadonlySet<number>;
  /** Types of indirect calls, each once. */
  readonly indirectTypes: ReadonlySet<number>;
  /** Functions referred to by `ref.func`. */
  readonly referenced: ReadonlySet<number>;
  /** Changes what `reset` does not restore: tables, dropped segments. */
  readonly leavesTraces: boolean;
  /** By feature and instruction: the first use and how many there are. */
  readonly uses: readonly CountedUse[];
}

export interface CountedUse extends FeatureUse {
  readonly count: number;
}

/** Throws `Malformed` for a body that cannot be walked. */
export function scanFunction(structure: Structure, index: number): FunctionScan {
  return new Scan(structure, index).walk();
}

/** A block, loop or function under way. */
interface Scope {
  /** Height of the operands below its own. */
  readonly base: number;
  readonly parameters: number;
  readonly results: number;
  /** Mark of the loop whose turns its instructions belong to; -1 for the function's entry. */
  readonly loop: number;
  /** What follows inside is never reached. */
  unreachable: boolean;
  /** The block itself is never entered. */
  readonly dead: boolean;
}

class Scan {
  readonly #structure: Structure;
  readonly #index: number;
  readonly #reader: Reader;
  readonly #marks: number[] = [];
  readonly #calls = new Set<number>();
  readonly #indirectTypes = new Set<number>();
  readonly #referenced = new Set<number>();
  readonly #uses = new Map<string, FeatureUse & { count: number }>();
  readonly #scopes: Scope[] = [];
  #scope: Scope;
  #height = 0;
  #heightMax = 0;
  #callValuesMax = 0;
  #entryCost = 1;
  #instructions = 0;
  #joins = 1;
  #leavesTraces = false;

  constructor(structure: Structure, index: number) {
    this.#structure = structure;
    this.#index = index;
    const { from, to } = structure.bodies[index - structure.importedFunctions]!;
    this.#reader = new Reader(structure.bytes, from, to);
    const results = this.#typeOf(structure.functions[index]!)?.results.length ?? 0;
    this.#scope = { base: 0, parameters: 0, results, loop: -1, unreachable: false, dead: false };
    this.#scopes.push(this.#scope);
  }

  walk(): FunctionScan {
    const r = this.#reader;
    const from = r.pos;
    const groups = r.count();
    const groupsFrom = r.pos;
    let locals = 0;
    for (let i = 0; i < groups; i++) {
      locals += r.u32();
      this.#localType(r.pos, r.byte());
    }
    const codeFrom = r.pos;
    while (!r.done && this.#scopes.length > 0) if (!this.#instruction()) break;
    return {
      index: this.#index,
      from,
      to: r.end,
      groups,
      groupsFrom,
      codeFrom,
      parameters: this.#typeOf(this.#structure.functions[this.#index]!)?.parameters.length ?? 0,
      locals,
      heightMax: this.#heightMax,
      callValuesMax: this.#callValuesMax,
      entryCost: this.#entryCost,
      instructions: this.#instructions,
      joins: this.#joins,
      marks: this.#marks,
      calls: this.#calls,
      indirectTypes: this.#indirectTypes,
      referenced: this.#referenced,
      leavesTraces: this.#leavesTraces,
      uses: [...this.#uses.values()],
    };
  }

  #typeOf(index: number) {
    return this.#structure.types[index];
  }

  #localType(at: number, type: number): void {
    if (type === TYPE.v128) this.#use("simd", "a local of type v128", at);
    else if (type < TYPE.v128 && type !== TYPE.funcref && type !== TYPE.externref) {
      this.#use("gc", `a local of type 0x${type.toString(16)}`, at);
    }
  }

  #use(feature: Feature, what: string, at: number): void {
    const known = this.#uses.get(`${feature} ${what}`);
    if (known !== undefined) known.count++;
    else this.#uses.set(`${feature} ${what}`, { feature, what, at, count: 1 });
  }

  get #dead(): boolean {
    return this.#scope.dead || this.#scope.unreachable;
  }

  #mark(kind: number, from: number, to: number, a = 0, b = 0): void {
    if (!this.#dead) this.#marks.push(kind, from, to, a, b);
  }

  /** False when the rest of the body cannot be read: an instruction nobody here knows. */
  #instruction(): boolean {
    const r = this.#reader;
    const at = r.pos;
    const opcode = r.byte();
    this.#instructions++;
    this.#charge();
    const misc = opcode === OP.misc ? r.u32() : 0;
    const name = nameOf(opcode, misc);
    if (name === undefined) {
      this.#unknown(opcode, at);
      return false;
    }
    if (isFloat(opcode, misc)) this.#use("floats", name, at);
    const immediate = IMMEDIATES[opcode]!;
    if (immediate === IMMEDIATE.block) return this.#block(opcode, at);
    if (opcode === OP.else || opcode === OP.end) this.#close(opcode);
    else if (opcode === OP.call || opcode === OP.callIndirect) this.#call(opcode, at);
    else if (opcode === OP.misc) this.#misc(misc, at);
    else if (immediate === IMMEDIATE.memory) return this.#access(opcode, at);
    else {
      if (!this.#immediate(immediate, at)) return false;
      this.#move(takenBy(opcode), givenBy(opcode));
      this.#note(opcode, at);
    }
    return true;
  }

  #charge(): void {
    const { loop } = this.#scope;
    if (loop < 0) this.#entryCost++;
    else this.#marks[loop + 3]! += 1;
  }

  /** What instructions of no special form mean beside their operands. */
  #note(opcode: number, at: number): void {
    const r = this.#reader;
    if (ENDS.has(opcode)) this.#unreachable();
    else if (opcode === OP.memoryGrow) this.#mark(MARK.grow, at, r.pos);
    else if (opcode === OP.tableSet) this.#leavesTraces = true;
    else {
      const width = arithmeticWidth(opcode);
      if (width !== 0) this.#mark(MARK.float, at, r.pos, width);
    }
  }

  #immediate(immediate: number, at: number): boolean {
    const r = this.#reader;
    if (immediate === IMMEDIATE.index) {
      const index = r.u32();
      const opcode = this.#structure.bytes[at];
      if (opcode === OP.refFunc) this.#referenced.add(index);
      else if (opcode === OP.br || opcode === OP.brIf) this.#joins++;
    } else if (immediate === IMMEDIATE.number) r.skipNumber();
    else if (immediate === IMMEDIATE.bytes4) r.skip(4);
    else if (immediate === IMMEDIATE.bytes8) r.skip(8);
    else if (immediate === IMMEDIATE.labels) {
      for (let n = r.count() + 1; n > 0; n--) {
        r.u32();
        this.#joins++;
      }
    } else if (immediate === IMMEDIATE.types)
      for (let n = r.count(); n > 0; n--) this.#localType(r.pos, r.byte());
    else if (immediate === IMMEDIATE.heapType) {
      const type = r.byte();
      if (type !== TYPE.funcref && type !== TYPE.externref) {
        this.#use("gc", `the heap type 0x${type.toString(16)}`, at);
        return false;
      }
    }
    return true;
  }

  #move(taken: number, given: number): void {
    const { base } = this.#scope;
    // Below the base only unreachable code takes: its operands are whatever it needs.
    this.#height = Math.max(base, this.#height - taken) + given;
    if (this.#height > this.#heightMax) this.#heightMax = this.#height;
  }

  #unreachable(): void {
    this.#height = this.#scope.base;
    this.#scope.unreachable = true;
  }

  #block(opcode: number, at: number): boolean {
    const r = this.#reader;
    const { parameters, results } = this.#blockType(r);
    this.#joins += opcode === OP.loop ? 2 : 1;
    this.#move((opcode === OP.if ? 1 : 0) + parameters, 0);
    const base = this.#height;
    const dead = this.#dead;
    let { loop } = this.#scope;
    if (opcode === OP.loop && !dead) {
      this.#mark(MARK.loop, at, r.pos, 1);
      loop = this.#marks.length - MARK_LENGTH;
    }
    this.#scope = { base, parameters, results, loop, unreachable: false, dead };
    this.#scopes.push(this.#scope);
    this.#move(0, parameters);
    return true;
  }

  #blockType(r: Reader): { readonly parameters: number; readonly results: number } {
    const first = this.#structure.bytes[r.pos] ?? 0;
    if (first === 0x40 || (first >= 0x40 && first < 0x80)) {
      this.#localTypeUnlessEmpty(r);
      return { parameters: 0, results: first === 0x40 ? 0 : 1 };
    }
    // A type index is signed and at least 0, so as an unsigned number it reads the same.
    const type = this.#typeOf(r.u32());
    return { parameters: type?.parameters.length ?? 0, results: type?.results.length ?? 0 };
  }

  #localTypeUnlessEmpty(r: Reader): void {
    const at = r.pos;
    const type = r.byte();
    if (type !== 0x40) this.#localType(at, type);
  }

  #close(opcode: number): void {
    const { base, parameters, results, loop, dead } = this.#scope;
    this.#height = base;
    if (opcode === OP.else) {
      this.#joins++;
      this.#scope = { base, parameters, results, loop, unreachable: false, dead };
      this.#scopes[this.#scopes.length - 1] = this.#scope;
      this.#move(0, parameters);
      return;
    }
    this.#scopes.pop();
    const outer = this.#scopes.at(-1);
    if (outer === undefined) return;
    this.#scope = outer;
    this.#move(0, results);
  }

  #call(opcode: number, at: number): void {
    const r = this.#reader;
    const target = r.u32();
    const indirect = opcode === OP.callIndirect;
    if (indirect) {
      r.u32();
      this.#indirectTypes.add(target);
    } else this.#calls.add(target);
    const type = this.#typeOf(indirect ? target : (this.#structure.functions[target] ?? -1));
    const parameters = type?.parameters.length ?? 0;
    const results = type?.results.length ?? 0;
    this.#joins++;
    this.#callValuesMax = Math.max(this.#callValuesMax, parameters + results);
    this.#move(parameters + (indirect ? 1 : 0), results);
    this.#mark(MARK.call, at, r.pos, indirect ? -1 - target : target);
  }

  #misc(misc: number, at: number): void {
    const r = this.#reader;
    for (let n = MISC_INDICES[misc]!; n > 0; n--) r.u32();
    this.#move(takenBy(OP.misc, misc), givenBy(OP.misc, misc));
    if (misc === MISC.memoryInit || misc === MISC.memoryCopy || misc === MISC.memoryFill) {
      this.#mark(MARK.span, at, at);
    } else if (misc >= MISC.tableInit && misc !== MISC.elemDrop && misc !== MISC.tableSize) {
      this.#mark(MARK.entries, at, at);
      this.#leavesTraces = true;
    } else if (misc === MISC.dataDrop || misc === MISC.elemDrop) this.#leavesTraces = true;
  }

  #access(opcode: number, at: number): boolean {
    const r = this.#reader;
    const align = r.u32();
    if (align >= 0x40) {
      this.#use("many_memories", nameOf(opcode)!, at);
      return false;
    }
    const offset = r.u32();
    this.#move(takenBy(opcode), givenBy(opcode));
    if (givenBy(opcode) === 0) {
      this.#joins++;
      this.#mark(MARK.store, at, r.pos, opcode, offset);
    }
    return true;
  }

  #unknown(opcode: number, at: number): void {
    const feature = FEATURE_OF.get(opcode) ?? "unsupported";
    this.#use(feature, `the opcode 0x${opcode.toString(16).padStart(2, "0")}`, at);
  }
}

const ENDS = new Set<number>([OP.unreachable, OP.br, OP.brTable, OP.return]);

/** What instructions belong to that modules may not use. */
const FEATURE_OF: ReadonlyMap<number, Feature> = new Map<number, Feature>([
  ...[0x06, 0x07, 0x08, 0x09, 0x0a, 0x18, 0x19, 0x1f].map((opcode) => [opcode, "exceptions"] as const),
  ...[0x12, 0x13, 0x15].map((opcode) => [opcode, "tail_calls"] as const),
  ...[0x14, 0xd3, 0xd4, 0xd5, 0xd6, 0xfb].map((opcode) => [opcode, "gc"] as const),
  [0xfd, "simd"],
  [0xfe, "threads"],
]);
