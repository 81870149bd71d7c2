/** Bodies of the functions every module exports; the entry file the build generates calls them. */

import { Writer } from "../cbor/writer";

/** Memory for the host to write into. Nothing is ever freed: a call's memory is given back as a whole. */
export function allocate(length: i32): i32 {
  return <i32>heap.alloc(<usize>length);
}

/** Leaves address and length of the answer where the host asked for them. */
export function answer(at: i32, output: Writer): void {
  store<u32>(<usize>at, <u32>output.start);
  store<u32>(<usize>at, <u32>output.length, 4);
}
