/** Modules in the WebAssembly text format, for tests that need every instruction to be as written. */

import loadWabt from "wabt";

/** Everything the format has, so that a test can write what admission refuses. */
const FEATURES = {
  exceptions: true,
  mutable_globals: true,
  sat_float_to_int: true,
  sign_extension: true,
  simd: true,
  threads: true,
  multi_value: true,
  tail_call: true,
  bulk_memory: true,
  reference_types: true,
  function_references: true,
  memory64: true,
  extended_const: true,
} as const;

const compiled = new Map<string, Promise<Uint8Array>>();
let library: ReturnType<typeof loadWabt> | undefined;

/** The binary of a module's text. The text itself decides the bytes; each is compiled once per process. */
export function compileWat(text: string): Promise<Uint8Array> {
  const known = compiled.get(text) ?? assemble(text);
  compiled.set(text, known);
  return known;
}

async function assemble(text: string): Promise<Uint8Array> {
  library ??= loadWabt();
  const module = (await library).parseWat("test.wat", text, FEATURES);
  try {
    return module.toBinary({}).buffer.slice();
  } finally {
    module.destroy();
  }
}
