/**
 * What drifts within one process: the bits of a NaN and the depth a recursion reaches, because the engine
 * compiles a function anew once it is hot. The module that shows it is written here byte by byte.
 */

/** Two functions that drift, in the shape of a reducer whose output holds the bits of a NaN. */
export function driftingModule() {
  const types = [
    [0x60, 1, I32, 1, I32],
    [0x60, 2, I32, I32, 2, I32, I32],
    [0x60, 2, I64, I64, 1, I64],
    [0x60, 1, I32, 1, I32],
  ];
  const bodies = [
    // alloc: always the same place.
    [0, 0x41, ...signed(ALLOCATED_AT), 0x0b],
    STEP,
    // nan(a, b): the bits of a + b as floats.
    [0, 0x20, 0, 0xbf, 0x20, 1, 0xbf, 0xa0, 0xbd, 0x0b],
    DEEP,
  ];
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, types),
    ...section(3, [[0], [1], [2], [3]]),
    ...section(5, [[0, 1]]),
    ...section(7, [
      [...text("memory"), 2, 0],
      [...text("alloc"), 0, 0],
      [...text("step"), 0, 1],
      [...text("nan"), 0, 2],
      [...text("deep"), 0, 3],
    ]),
    ...section(
      10,
      bodies.map((body) => [...unsigned(body.length), ...body]),
    ),
    ...section(11, [[0, 0x41, ...signed(OUTPUT_AT), 0x0b, ...unsigned(OUTPUT.length), ...OUTPUT]]),
  ]);
}

const [I32, I64] = [0x7f, 0x7e];
const DEPTH_AT = 16;
/** Calls that end, before each that does not. */
const HEAT = 50;
const OUTPUT_AT = 1024;
const ALLOCATED_AT = 4096;
/** `{"state": 8 bytes}`: the bits of the NaN. */
const OUTPUT = [0xa1, 0x65, ...Buffer.from("state"), 0x48, 0, 0, 0, 0, 0, 0, 0, 0];
/** Two NaNs of different bits: which of them a sum takes after is the engine's to choose. */
export const NANS = [0x7ff8000000000001n, 0x7ff8000000000002n];

/** deep(n): leaves n at DEPTH_AT and gives deep(n - 1) + 1, or 0 for 0. */
const DEEP = [
  ...[0, 0x20, 0, 0x45, 0x04, I32, 0x41, 0, 0x05],
  ...[0x41, DEPTH_AT, 0x20, 0, 0x36, 2, 0, 0x20, 0, 0x41, 1, 0x6b, 0x10, 3, 0x41, 1, 0x6a, 0x0b, 0x0b],
];

/** More calls than any stack holds. */
const ENDLESS = 0x7fffffff;
/** A recursion that ends; the engine counts how often it does. */
const SHALLOW = 20;

/** step: stores nan(NANS) into the output, after a shallow recursion, or one without an end for a long input. */
const STEP = [
  0,
  ...[0x41, ...signed(ENDLESS), 0x41, SHALLOW, 0x20, 1, 0x41, ...signed(1000), 0x4a, 0x1b, 0x10, 3, 0x1a],
  ...[0x41, ...signed(OUTPUT_AT + OUTPUT.length - 8)],
  ...NANS.flatMap((bits) => [0x42, ...signed(bits)]),
  ...[0x10, 2, 0x37, 0, 0],
  ...[0x41, ...signed(OUTPUT_AT), 0x41, ...signed(OUTPUT.length), 0x0b],
];

function section(id, entries) {
  const content = [...unsigned(entries.length), ...entries.flat()];
  return [id, ...unsigned(content.length), ...content];
}

function text(name) {
  return [name.length, ...Buffer.from(name)];
}

function unsigned(value) {
  return value < 128 ? [value] : [(value & 127) | 128, ...unsigned(value >>> 7)];
}

function signed(value) {
  const bytes = [];
  for (let rest = BigInt(value); ; rest >>= 7n) {
    const byte = Number(rest & 127n);
    if (rest >> 6n === rest >> 63n) return [...bytes, byte];
    bytes.push(byte | 128);
  }
}

/**
 * What each of `calls` calls gave, as runs of equal results: `[result, first call]`. `pause` runs between
 * batches, so that the engine can put its new code in place.
 */
export async function changes(calls, call, pause = () => new Promise((resolve) => setTimeout(resolve))) {
  const found = [];
  for (let i = 0; i < calls; i++) {
    const result = call();
    if (found.at(-1)?.result !== result) found.push({ result, from: i });
    if (i % 20_000 === 19_999) await pause();
  }
  return found;
}

/** The module as it is. Instances are made here, without any protection. */
export function unprotected() {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(driftingModule()));
  const depth = new Uint32Array(exports.memory.buffer, DEPTH_AT, 1);
  return {
    nan: () => hex(exports.nan(...NANS)),
    deep: () => {
      for (let i = 0; i < HEAT; i++) exports.deep(SHALLOW);
      try {
        exports.deep(ENDLESS);
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
      }
      return `${ENDLESS - depth[0]} calls`;
    },
  };
}

/** The same module as a host runs it: `createModuleHost` and `hashOf` of the package. */
export function admitted({ createModuleHost, hashOf }) {
  const wasm = driftingModule();
  const host = createModuleHost(
    () => wasm,
    () => ({ floats: "canonicalize" }),
  );
  const hash = hashOf(wasm);
  const input = { state: null, schema: "demo/Drift@1", value: new Uint8Array(1), key: null, context: null };
  const long = { ...input, value: new Uint8Array(2000) };
  return {
    nan: () => {
      const { output, fuel } = host.step(hash, input);
      return `${hex(new DataView(output.state.buffer, output.state.byteOffset).getBigUint64(0, true))}, fuel ${fuel}`;
    },
    deep: () => {
      for (let i = 0; i < HEAT; i++) host.step(hash, input);
      const { fault, fuel } = host.step(hash, long);
      return `${fault.code}, fuel ${fuel}`;
    },
  };
}

function hex(bits) {
  return `0x${BigInt.asUintN(64, bits).toString(16)}`;
}
