/** Bytes that a walker expects at a place, packed so that four are compared at once. */

export interface Literal {
  readonly length: number;
  /** As many whole words of four bytes, the first byte lowest, as there are. */
  readonly words: Int32Array;
  /** The up to three bytes behind them. */
  readonly rest: Uint8Array;
}

export function literalOf(bytes: Uint8Array): Literal {
  const words = new Int32Array(bytes.length >> 2);
  for (let i = 0; i < words.length; i++) words[i] = word(bytes, 4 * i);
  return { length: bytes.length, words, rest: bytes.slice(4 * words.length) };
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
