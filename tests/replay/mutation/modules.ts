/** One change to a module's code: a constant, or an operator of the same type for another. Read by this file alone. */

import type { Chance } from "../../wasm/random/chance.ts";

export interface Place {
  readonly what: "constant" | "operator";
  /** Offset of the byte that may change. */
  readonly at: number;
  /** Opcodes that may stand here; of a constant, its own. */
  readonly from: number;
  readonly to: number;
}

/** Operators that take and give the same: comparisons and arithmetic of i32 and i64. */
const ALIKE: readonly (readonly [from: number, to: number])[] = [
  [0x46, 0x4f],
  [0x51, 0x5a],
  [0x6a, 0x78],
  [0x7c, 0x8a],
];

/** Every constant and operator of the code section, in order. */
export function placesIn(wasm: Uint8Array): readonly Place[] {
  const found: Place[] = [];
  const reader = new Cursor(wasm, 8);
  while (!reader.done) {
    const id = reader.byte();
    const end = reader.number() + reader.at;
    if (id === 10) code(reader, found);
    reader.at = end;
  }
  return found;
}

export function mutateModule(wasm: Uint8Array, place: Place, chance: Chance): Uint8Array {
  const changed = wasm.slice();
  if (place.what === "operator") {
    const others = place.to - place.from;
    const now = place.from + chance.below(others);
    changed[place.at] = now >= wasm[place.at]! ? now + 1 : now;
  } else {
    // The lowest bits of the number: whatever its length, it stays well formed.
    changed[place.at]! ^= 1 << chance.below(6);
  }
  return changed;
}

function code(reader: Cursor, found: Place[]): void {
  for (let count = reader.number(); count > 0; count--) {
    const end = reader.number() + reader.at;
    for (let groups = reader.number(); groups > 0; groups--) {
      reader.number();
      reader.byte();
    }
    while (reader.at < end) instruction(reader, found);
  }
}

function instruction(reader: Cursor, found: Place[]): void {
  const at = reader.at;
  const opcode = reader.byte();
  const alike = ALIKE.find(([from, to]) => opcode >= from && opcode <= to);
  if (alike !== undefined) found.push({ what: "operator", at, from: alike[0], to: alike[1] });
  else if (opcode === 0x41 || opcode === 0x42) {
    found.push({ what: "constant", at: reader.at, from: opcode, to: opcode });
    reader.number();
  } else immediates(reader, opcode);
}

/** WebAssembly core 2.0, section 5.4, without SIMD. */
function immediates(reader: Cursor, opcode: number): void {
  if (opcode >= 0x02 && opcode <= 0x04) reader.number();
  else if (opcode === 0x0c || opcode === 0x0d || opcode === 0x10) reader.number();
  else if (opcode === 0x0e) for (let count = reader.number() + 1; count > 0; count--) reader.number();
  else if (opcode === 0x11) reader.numbers(2);
  else if (opcode === 0x1c) for (let count = reader.number(); count > 0; count--) reader.byte();
  else if (opcode >= 0x20 && opcode <= 0x26) reader.number();
  else if (opcode >= 0x28 && opcode <= 0x3e) reader.numbers(2);
  else if (opcode === 0x3f || opcode === 0x40 || opcode === 0xd0) reader.byte();
  else if (opcode === 0x43) reader.at += 4;
  else if (opcode === 0x44) reader.at += 8;
  else if (opcode === 0xd2) reader.number();
  else if (opcode === 0xfc) {
    const second = reader.number();
    if (second >= 8) reader.numbers(second === 8 || second === 10 || second === 12 || second === 14 ? 2 : 1);
  }
}

class Cursor {
  readonly #bytes: Uint8Array;
  at: number;

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes;
    this.at = at;
  }

  get done(): boolean {
    return this.at >= this.#bytes.length;
  }

  byte(): number {
    return this.#bytes[this.at++]!;
  }

  /** LEB128; of a signed one only the length matters. */
  number(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.byte();
      value += (byte & 127) * 2 ** shift;
      if (byte < 128) return value;
    }
  }

  numbers(count: number): void {
    for (let i = 0; i < count; i++) this.number();
  }
}
