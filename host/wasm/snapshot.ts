/** What an instance is before any call, as `reset` brings it back. */

import { mutableNumbers, NAME, type Snapshot } from "./inject.ts";
import type { Structure } from "./structure.ts";

/** Zeroes between two chunks from here on are not kept. */
const GAP_BYTES = 256;
const CHUNKS_MAX = 256;

/** `exports` of an instance of the first pass, whose start function has run. */
export function takeSnapshot(structure: Structure, exports: WebAssembly.Exports): Snapshot {
  const memory = new Uint8Array((exports.memory as WebAssembly.Memory).buffer);
  const globals = mutableNumbers(structure).map(({ index }) => {
    const read = exports[NAME.global(index)] as () => bigint;
    return [index, BigInt.asUintN(64, read())] as const;
  });
  return { memoryBytes: memory.length, chunks: chunksOf(memory), globals: new Map(globals) };
}

function chunksOf(memory: Uint8Array): Snapshot["chunks"] {
  for (let gap = GAP_BYTES; ; gap *= 4) {
    const found = rangesOf(memory, gap);
    if (found.length <= CHUNKS_MAX)
      return found.map(([from, to]) => ({ at: from, bytes: memory.slice(from, to) }));
  }
}

/** Ranges that hold everything but zeroes, at least `gap` bytes apart. */
function rangesOf(memory: Uint8Array, gap: number): (readonly [from: number, to: number])[] {
  const words = new Uint32Array(memory.buffer, memory.byteOffset, memory.length / 4);
  const ranges: (readonly [number, number])[] = [];
  let from = -1;
  let to = -1;
  for (let i = 0; i < words.length; i++) {
    if (words[i] === 0) continue;
    if (from >= 0 && 4 * i - to >= gap) {
      ranges.push([from, to]);
      from = -1;
    }
    if (from < 0) from = 4 * i;
    to = 4 * i + 4;
  }
  if (from >= 0) ranges.push([from, to]);
  return ranges;
}
