/** Bytes that a walker expects at a place, packed so that four are compared at once. */

export interface Literal {
  readonly length: number;
  /** As many whole words of four bytes, the first byte lowest, as there are. Small typed arrays are slower. */
  readonly words: readonly number[];
  /** The up to three bytes behind them. */
  readonly rest: readonly number[];
}

export function literalOf(bytes: Uint8Array): Literal {
  const words: number[] = [];
  const rest: number[] = [];
  let i = 0;
  for (; i + 4 <= bytes.length; i += 4) words.push(word(bytes, i));
  for (; i < bytes.length; i++) rest.push(bytes[i]!);
  return { length: bytes.length, words, rest };
}

/**
 * Whether the literal stands at `pos`. Bytes behind the array read as zero: what is found there ends behind
 * the array, which walkers refuse.
 */
export function stands(u: Uint8Array, pos: number, { words, rest }: Literal): boolean {
  let p = pos;
  for (let i = 0; i < words.length; i++, p += 4) if (word(u, p) !== words[i]) return false;
  for (let i = 0; i < rest.length; i++) if (u[p + i] !== rest[i]) return false;
  return true;
}

function word(u: Uint8Array, p: number): number {
  return u[p]! | (u[p + 1]! << 8) | (u[p + 2]! << 16) | (u[p + 3]! << 24);
}
