/**
 * A module as it runs: its own functions instrumented, the injected ones behind them, memory and tables
 * bounded. Every index of the original stays what it was; custom sections and exports nobody calls are left out.
 */

import type { ModuleLimits } from "../air/settings.ts";
import { utf8 } from "../values/bytes.ts";
import { LIMITS } from "../values/limits.ts";
import { entriesOf } from "./entries.ts";
import { type CallGraph, frameBytes } from "./graph.ts";
import {
  helpers,
  type InjectedFunction,
  type Injection,
  interfaceFunctions,
  NAME,
  type Snapshot,
  startReaders,
} from "./inject.ts";
import { type Additions, type Instruments, instrument, type Piece } from "./instrument.ts";
import { OP } from "./opcodes.ts";
import type { FunctionScan } from "./scan.ts";
import { type Structure, TYPE } from "./structure.ts";
import { signed, Writer } from "./writer.ts";

/** What is rewritten: a module that admission found nothing against. */
export interface Subject {
  readonly structure: Structure;
  readonly scans: readonly FunctionScan[];
  readonly graph: CallGraph;
  readonly limits: ModuleLimits;
}

export interface Rewritten {
  readonly bytes: Uint8Array;
  /** Where each original function's body begins in `bytes`. */
  readonly bodies: Uint32Array;
}

/**
 * `first`: as far as needed to learn what the start function leaves. Else the final form, with `reset` when
 * there is a snapshot.
 */
export function rewrite(subject: Subject, pass: "first" | Snapshot | null): Rewritten {
  return new Rewriter(subject, pass).write();
}

/** Pages the module's memory may have: its own maximum or the settings'. */
export function pagesMaxOf({ structure, limits }: Pick<Subject, "structure" | "limits">): number {
  return Math.min(structure.memories[0]?.max ?? limits.memoryPagesMax, limits.memoryPagesMax);
}

/** Where the pieces of a function's rewritten body come from. */
export function piecesOf(subject: Subject, functionIndex: number): readonly Piece[] {
  const scan = subject.scans[functionIndex];
  const pieces: Piece[] = [];
  if (scan !== undefined) instrument(subject.structure.bytes, scan, instrumentsOf(subject), pieces);
  return pieces;
}

function additionsOf({ globals, functions }: Structure): Additions {
  const [global, callee] = [globals.length, functions.length];
  return {
    fuel: global,
    stack: global + 1,
    highest: global + 2,
    why: global + 3,
    answer: global + 4,
    span: callee,
    grow: callee + 1,
    entries: callee + 2,
  };
}

function instrumentsOf({ structure, graph, limits }: Subject): Instruments {
  const frames = new Map<FunctionScan, number>();
  const frameOf = (scan: FunctionScan) => {
    const bytes = frames.get(scan) ?? frameBytes(scan);
    frames.set(scan, bytes);
    return bytes;
  };
  return {
    additions: additionsOf(structure),
    canonicalize: limits.floats === "canonicalize",
    stackCost: (scan, target) => (graph.onCycle(scan.index, target) ? frameOf(scan) : 0),
  };
}

const SECTIONS = [1, 3, 4, 5, 6, 7, 8, 9, 12, 10, 11] as const;

class Rewriter {
  readonly #subject: Subject;
  readonly #pass: "first" | Snapshot | null;
  readonly #injection: Injection;
  readonly #injected: readonly InjectedFunction[];
  readonly #out = new Writer(1 << 16);
  readonly #bodies: Uint32Array;

  constructor(subject: Subject, pass: "first" | Snapshot | null) {
    const { structure, limits } = subject;
    this.#subject = subject;
    this.#pass = pass;
    this.#bodies = new Uint32Array(subject.scans.length);
    this.#injection = {
      structure,
      additions: additionsOf(structure),
      limits,
      pagesMax: pagesMaxOf(subject),
      entries: entriesOf(structure),
      exported: new Map(
        structure.exports.flatMap(({ name, kind, index }) => (kind === "function" ? [[name, index]] : [])),
      ),
    };
    const outward =
      pass === "first" ? startReaders(this.#injection) : interfaceFunctions(this.#injection, pass);
    this.#injected = [...helpers(this.#injection), ...outward];
  }

  write(): Rewritten {
    this.#out.copy(this.#subject.structure.bytes, 0, 8);
    for (const id of SECTIONS) {
      if (id === 10) this.#code();
      else this.#section(id, this.#content(id));
    }
    return { bytes: this.#out.finish(), bodies: this.#bodies };
  }

  #section(id: number, content: Writer | null): void {
    if (content === null) return;
    this.#out.byte(id);
    this.#out.u32(content.length);
    this.#out.raw(content.view());
  }

  #content(id: number): Writer | null {
    if (id === 1) return this.#types();
    if (id === 3) return this.#functions();
    if (id === 4) return this.#tables();
    if (id === 5) return this.#memory();
    if (id === 6) return this.#globals();
    if (id === 7) return this.#exports();
    if (id === 8 && this.#pass === "first") return null;
    if (id === 12) return this.#dataCount();
    return id === 11 ? this.#data() : this.#original(id);
  }

  /** A section as it was, or null. */
  #original(id: number): Writer | null {
    const found = this.#range(id);
    if (found === undefined) return null;
    const out = new Writer();
    out.copy(this.#subject.structure.bytes, found.from, found.to);
    return out;
  }

  #range(id: number) {
    return this.#subject.structure.sections.find((section) => section.id === id);
  }

  /** A section with more entries than it had, whose own are copied. */
  #extended(id: number, entries: number, added: number): Writer {
    const out = new Writer();
    out.u32(entries + added);
    const found = this.#range(id);
    if (found !== undefined) {
      const { bytes } = this.#subject.structure;
      let from = found.from;
      while (bytes[from]! >= 128) from++;
      out.copy(bytes, from + 1, found.to);
    }
    return out;
  }

  #types(): Writer {
    const out = this.#extended(1, this.#subject.structure.types.length, this.#injected.length);
    for (const { parameters, results } of this.#injected) {
      out.byte(0x60);
      for (const types of [parameters, results]) {
        out.u32(types.length);
        out.raw(types);
      }
    }
    return out;
  }

  #functions(): Writer {
    const { functions, types } = this.#subject.structure;
    const out = this.#extended(3, functions.length, this.#injected.length);
    for (let i = 0; i < this.#injected.length; i++) out.u32(types.length + i);
    return out;
  }

  #tables(): Writer | null {
    const { tables } = this.#subject.structure;
    if (tables.length === 0) return null;
    const out = new Writer();
    out.u32(tables.length);
    for (const { type, min, max } of tables) {
      out.byte(type);
      limits(out, min, Math.min(max ?? LIMITS.moduleTableEntriesMax, LIMITS.moduleTableEntriesMax));
    }
    return out;
  }

  #memory(): Writer {
    const out = new Writer();
    out.u32(1);
    limits(out, this.#subject.structure.memories[0]!.min, this.#injection.pagesMax);
    return out;
  }

  #globals(): Writer {
    const { globals } = this.#subject.structure;
    const { stackBytesMax } = this.#subject.limits;
    // In the order of `Additions`; the start function runs on the first two.
    const initial = [LIMITS.startFuelMax, stackBytesMax, 0, 0, 0];
    const out = this.#extended(6, globals.length, initial.length);
    for (const value of initial) out.raw([TYPE.i32, 1, OP.i32Const, ...signed(value), OP.end]);
    return out;
  }

  #exports(): Writer {
    const { functions, exports, start } = this.#subject.structure;
    const named = this.#injected.flatMap(({ name }, i) =>
      name === null ? [] : [{ name, kind: 0, index: functions.length + i }],
    );
    const kept = exports.flatMap(({ name, kind, index }) => {
      if (name === "memory" && kind === "memory") return [{ name, kind: 2, index }];
      return name === "fault" && kind === "global" ? [{ name, kind: 3, index }] : [];
    });
    if (this.#pass === "first" && start !== null) named.push({ name: NAME.start, kind: 0, index: start });
    const out = new Writer();
    out.u32(kept.length + named.length);
    for (const { name, kind, index } of [...kept, ...named]) {
      const text = utf8(name);
      out.u32(text.length);
      out.raw(text);
      out.byte(kind);
      out.u32(index);
    }
    return out;
  }

  #code(): void {
    const { structure, scans } = this.#subject;
    const instruments = instrumentsOf(this.#subject);
    const content = new Writer(1 << 16);
    content.u32(scans.length + this.#injected.length);
    for (const [i, scan] of scans.entries()) {
      const body = instrument(structure.bytes, scan, instruments);
      content.u32(body.length);
      this.#bodies[i] = content.length;
      content.raw(body);
    }
    for (const { body } of this.#injected) {
      content.u32(body.length);
      content.raw(body);
    }
    this.#section(10, content);
    const from = this.#out.length - content.length;
    for (let i = 0; i < this.#bodies.length; i++) this.#bodies[i]! += from;
  }

  get #chunks(): Snapshot["chunks"] {
    return this.#pass === null || this.#pass === "first" ? [] : this.#pass.chunks;
  }

  #dataCount(): Writer {
    const out = new Writer();
    out.u32(this.#subject.structure.dataSegments + this.#chunks.length);
    return out;
  }

  #data(): Writer {
    const out = this.#extended(11, this.#subject.structure.dataSegments, this.#chunks.length);
    for (const { bytes } of this.#chunks) {
      out.byte(1);
      out.u32(bytes.length);
      out.raw(bytes);
    }
    return out;
  }
}

function limits(out: Writer, min: number, max: number): void {
  out.byte(1);
  out.u32(min);
  out.u32(Math.max(min, max));
}
