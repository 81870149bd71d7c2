/**
 * What a debug build has beyond its release: custom sections. They change no code and come last, so that a
 * place in the code is the same in both. What is read here our own compiler wrote; foreign modules go through
 * admission.
 */

const HEADER_BYTES = 8;
const CUSTOM = 0;
const CODE = 10;
/** In the name section: the part that names functions. */
const FUNCTION_NAMES = 1;

/** The module without custom sections. */
export function withoutCustomSections(wasm: Uint8Array): Uint8Array {
  const kept = [...sectionsOf(wasm)].filter(({ id }) => id !== CUSTOM);
  const parts = [wasm.subarray(0, HEADER_BYTES), ...kept.map(({ start, end }) => wasm.subarray(start, end))];
  const bytes = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** Names of functions by index, as the module's name section has them; none where there is no such section. */
export function functionNames(wasm: Uint8Array): ReadonlyMap<number, string> {
  const names = new Map<number, string>();
  for (const { id, body, end } of sectionsOf(wasm)) {
    const reader = new Bytes(wasm, body, end);
    if (id !== CUSTOM || reader.text() !== "name") continue;
    while (!reader.done) {
      const part = reader.u32();
      const partEnd = reader.u32() + reader.at;
      if (part === FUNCTION_NAMES) {
        for (let count = reader.u32(); count > 0; count--) names.set(reader.u32(), reader.text());
      }
      reader.at = partEnd;
    }
  }
  return names;
}

/** Offsets at which the functions begin, in order; of a module without imports that is by index. */
export function functionStarts(wasm: Uint8Array): readonly number[] {
  const starts: number[] = [];
  for (const { id, body, end } of sectionsOf(wasm)) {
    if (id !== CODE) continue;
    const reader = new Bytes(wasm, body, end);
    for (let count = reader.u32(); count > 0; count--) {
      const length = reader.u32();
      starts.push(reader.at);
      reader.at += length;
    }
  }
  return starts;
}

interface Section {
  readonly id: number;
  /** Of its id byte, of what follows its length, and behind it. */
  readonly start: number;
  readonly body: number;
  readonly end: number;
}

function* sectionsOf(wasm: Uint8Array): Generator<Section> {
  const reader = new Bytes(wasm, HEADER_BYTES, wasm.length);
  while (!reader.done) {
    const start = reader.at;
    const id = reader.u32();
    const length = reader.u32();
    const body = reader.at;
    reader.at = body + length;
    yield { id, start, body, end: reader.at };
  }
}

class Bytes {
  at: number;
  readonly #bytes: Uint8Array;
  readonly #end: number;

  constructor(bytes: Uint8Array, at: number, end: number) {
    this.#bytes = bytes;
    this.at = at;
    this.#end = end;
  }

  get done(): boolean {
    return this.at >= this.#end;
  }

  /** LEB128. */
  u32(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.#bytes[this.at++] ?? 0;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
  }

  text(): string {
    const length = this.u32();
    this.at += length;
    return new TextDecoder().decode(this.#bytes.subarray(this.at - length, this.at));
  }
}
