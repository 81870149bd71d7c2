/** Where tests begin unless they say otherwise: the same instant and the same chance every time. */

import type { Entropy } from "../runtime/entropy.ts";
import { utf8 } from "../values/bytes.ts";
import { sha256 } from "../values/hash.ts";

/** 2023-11-14T22:13:20Z, in ns since the Unix epoch. */
export const START_NS = 1_700_000_000_000_000_000n;

/** Entropy that the seed alone decides: the n-th draw is the sha256 of seed and n. */
export function entropyFrom(seed: string): Entropy {
  let draws = 0;
  return () => sha256(utf8(`${seed} ${draws++}`));
}
