/** Which arm of a variant stands at a place, by its tag in canonical bytes. */

import { compareBytes } from "./bytes.ts";
import { type Literal, literalOf, stands } from "./literal.ts";

/** The index of the arm whose tag stands at `pos`, or -1. */
export type FindArm = (bytes: Uint8Array, pos: number) => number;

/** Up to here trying one tag after another is faster. */
const IN_TURN_MAX = 8;

/** `tags` are encoded; none is the beginning of another, as each begins with its length. */
export function armFinder(tags: readonly Uint8Array[]): FindArm {
  return tags.length <= IN_TURN_MAX ? inTurn(tags.map(literalOf)) : halving(tags);
}

function inTurn(tags: readonly Literal[]): FindArm {
  const count = tags.length;
  return (bytes, pos) => {
    for (let i = 0; i < count; i++) if (stands(bytes, pos, tags[i]!)) return i;
    return -1;
  };
}

/** So that a wide variant costs no more for each byte of a value than a narrow one. */
function halving(tags: readonly Uint8Array[]): FindArm {
  const sorted = tags.map((tag, arm) => ({ tag, arm })).sort((a, b) => compareBytes(a.tag, b.tag));
  return (bytes, pos) => {
    let from = 0;
    let to = sorted.length;
    while (from < to) {
      const middle = (from + to) >> 1;
      const { tag, arm } = sorted[middle]!;
      const order = compareAt(bytes, pos, tag);
      if (order === 0) return arm;
      if (order < 0) to = middle;
      else from = middle + 1;
    }
    return -1;
  };
}

/** The order of what stands at `pos` to the tag; 0 when it is the tag. Behind the array nothing is. */
function compareAt(bytes: Uint8Array, pos: number, tag: Uint8Array): number {
  for (let i = 0; i < tag.length; i++) {
    const difference = (bytes[pos + i] ?? -1) - tag[i]!;
    if (difference !== 0) return difference;
  }
  return 0;
}
