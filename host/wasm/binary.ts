/**
 * The few facts about a module's bytes that the engine does not tell: signatures of exported functions and
 * the flags of memories. The bytes have passed the engine's own validation.
 */

/** As in the binary format's value types: `i32`, or the number of another type. */
export type ValueType = "i32" | number;

export interface Signature {
  readonly parameters: readonly ValueType[];
  readonly results: readonly ValueType[];
}

export interface BinaryFacts {
  /** By export name, of functions only. Null: a type form this reader does not know. */
  readonly functions: ReadonlyMap<string, Signature | null>;
  readonly memories: readonly { readonly shared: boolean; readonly is64: boolean }[];
  readonly declaresTags: boolean;
}

const SECTION = { types: 1, functions: 3, memories: 5, exports: 7, tags: 13 } as const;
const FUNCTION_FORM = 0x60;
const I32 = 0x7f;
/** Value types from here down to the shortest negative are one byte; below stand references with an index. */
const SINGLE_BYTE_MIN = 0x65;

/** Reads a valid module without imports. */
export function readBinary(bytes: Uint8Array): BinaryFacts {
  const sections = findSections(bytes);
  const signatures = readTypes(bytes, sections.get(SECTION.types));
  const typeOf = readIndices(bytes, sections.get(SECTION.functions));
  const functions = new Map<string, Signature | null>();
  for (const { name, index } of readFunctionExports(bytes, sections.get(SECTION.exports))) {
    functions.set(name, signatures?.[typeOf[index]!] ?? null);
  }
  return {
    functions,
    memories: readMemories(bytes, sections.get(SECTION.memories)),
    declaresTags: sections.has(SECTION.tags),
  };
}

class Cursor {
  readonly bytes: Uint8Array;
  pos: number;

  constructor(bytes: Uint8Array, pos: number) {
    this.bytes = bytes;
    this.pos = pos;
  }

  byte(): number {
    return this.bytes[this.pos++] ?? 0;
  }

  /** Unsigned LEB128 of up to 64 bits; exact up to 2^53. */
  unsigned(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.byte();
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
  }

  name(): string {
    const length = this.unsigned();
    this.pos += length;
    return new TextDecoder().decode(this.bytes.subarray(this.pos - length, this.pos));
  }
}

/** Where the content of each section starts. */
function findSections(bytes: Uint8Array): ReadonlyMap<number, number> {
  const sections = new Map<number, number>();
  const cursor = new Cursor(bytes, 8);
  while (cursor.pos < bytes.length) {
    const id = cursor.byte();
    const size = cursor.unsigned();
    if (id !== 0) sections.set(id, cursor.pos);
    cursor.pos += size;
  }
  return sections;
}

/** Null when the section holds more than plain function types. */
function readTypes(bytes: Uint8Array, at: number | undefined): readonly Signature[] | null {
  if (at === undefined) return [];
  const cursor = new Cursor(bytes, at);
  const signatures: Signature[] = [];
  for (let n = cursor.unsigned(); n > 0; n--) {
    if (cursor.byte() !== FUNCTION_FORM) return null;
    const parameters = readValueTypes(cursor);
    const results = parameters && readValueTypes(cursor);
    if (!parameters || !results) return null;
    signatures.push({ parameters, results });
  }
  return signatures;
}

function readValueTypes(cursor: Cursor): readonly ValueType[] | null {
  const types: ValueType[] = [];
  for (let n = cursor.unsigned(); n > 0; n--) {
    const type = cursor.byte();
    if (type < SINGLE_BYTE_MIN) return null;
    types.push(type === I32 ? "i32" : type);
  }
  return types;
}

function readIndices(bytes: Uint8Array, at: number | undefined): readonly number[] {
  if (at === undefined) return [];
  const cursor = new Cursor(bytes, at);
  return Array.from({ length: cursor.unsigned() }, () => cursor.unsigned());
}

function readFunctionExports(bytes: Uint8Array, at: number | undefined): { name: string; index: number }[] {
  if (at === undefined) return [];
  const cursor = new Cursor(bytes, at);
  const found = Array.from({ length: cursor.unsigned() }, () => {
    return { name: cursor.name(), kind: cursor.byte(), index: cursor.unsigned() };
  });
  return found.filter(({ kind }) => kind === 0);
}

function readMemories(bytes: Uint8Array, at: number | undefined): BinaryFacts["memories"] {
  if (at === undefined) return [];
  const cursor = new Cursor(bytes, at);
  return Array.from({ length: cursor.unsigned() }, () => {
    const flags = cursor.byte();
    cursor.unsigned();
    if (flags & 1) cursor.unsigned();
    return { shared: (flags & 2) !== 0, is64: (flags & 4) !== 0 };
  });
}
