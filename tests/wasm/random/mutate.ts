/** Changes to real modules: bytes, numbers and whole sections. Much of what comes of it does not validate. */

import type { Chance } from "./chance.ts";

interface Section {
  readonly id: number;
  /** With its head. */
  readonly from: number;
  readonly contentFrom: number;
  readonly to: number;
}

/** One to three changes, half of them in code. */
export function mutated(original: Uint8Array, chance: Chance): Uint8Array {
  let bytes: Uint8Array = original.slice();
  for (let left = 1 + chance.below(3); left > 0; left--) bytes = changed(bytes, chance);
  return bytes;
}

function changed(bytes: Uint8Array, chance: Chance): Uint8Array {
  const sections = sectionsOf(bytes);
  if (sections.length === 0) return flipped(bytes, chance, 0, bytes.length);
  const code = sections.find(({ id }) => id === 10) ?? sections[0]!;
  const any = chance.pick(sections);
  switch (chance.below(12)) {
    case 0:
      return flipped(bytes, chance, 8, bytes.length);
    case 1:
      return flipped(bytes, chance, any.contentFrom, any.to);
    case 2:
      return joined(bytes.subarray(0, any.from), bytes.subarray(any.to));
    case 3:
      return joined(bytes.subarray(0, any.to), bytes.subarray(any.from, any.to), bytes.subarray(any.to));
    case 4:
      return swapped(bytes, any, chance.pick(sections));
    case 5:
      return bytes.subarray(0, chance.below(bytes.length));
    default:
      return reworded(bytes, chance, code);
  }
}

/** Other bits in one byte. */
function flipped(bytes: Uint8Array, chance: Chance, from: number, to: number): Uint8Array {
  const result = bytes.slice();
  if (to > from) result[from + chance.below(to - from)]! ^= 1 << chance.below(8);
  return result;
}

/** Ranges of opcodes that take and give the same, so that one for the other mostly validates. */
const ALIKE: readonly (readonly [from: number, to: number])[] = [
  [0x46, 0x4f],
  [0x51, 0x5a],
  [0x67, 0x69],
  [0x6a, 0x78],
  [0x7c, 0x8a],
];

/** Another opcode of its kind, or another small number where one stands. */
function reworded(bytes: Uint8Array, chance: Chance, { contentFrom, to }: Section): Uint8Array {
  const result = bytes.slice();
  for (let tries = 100; tries > 0; tries--) {
    const at = contentFrom + chance.below(Math.max(1, to - contentFrom));
    const kind = ALIKE.find(([first, last]) => result[at]! >= first && result[at]! <= last);
    if (kind !== undefined) {
      result[at] = kind[0] + chance.below(kind[1] - kind[0] + 1);
      return result;
    }
    if (result[at - 1] === 0x41 && result[at]! < 128) {
      result[at] = chance.below(128);
      return result;
    }
  }
  return result;
}

function swapped(bytes: Uint8Array, a: Section, b: Section): Uint8Array {
  const [first, second] = a.from < b.from ? [a, b] : [b, a];
  return joined(
    bytes.subarray(0, first.from),
    bytes.subarray(second.from, second.to),
    bytes.subarray(first.to, second.from),
    bytes.subarray(first.from, first.to),
    bytes.subarray(second.to),
  );
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

/** As far as they can be found. */
function sectionsOf(bytes: Uint8Array): readonly Section[] {
  const found: Section[] = [];
  for (let at = 8; at + 2 < bytes.length; ) {
    const from = at++;
    let length = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = bytes[at++] ?? 0;
      length += (byte & 127) * 2 ** shift;
      if (byte < 128) break;
    }
    if (at + length > bytes.length) break;
    found.push({ id: bytes[from]!, from, contentFrom: at, to: at + length });
    at += length;
  }
  return found;
}
