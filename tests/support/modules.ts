/** Wasm modules for tests: the repository's reducers, reducers from source text, and modules made byte by byte. */

import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type CompiledModule, compileReducer } from "../../host/build/compile.ts";
import { concat, utf8 } from "../../host/values/bytes.ts";
import { type Cbor, CborWriter } from "../../host/values/cbor.ts";
import { hashOf } from "../../host/values/hash.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

export type Compiled = Pick<CompiledModule, "wasm" | "hash">;

const compiled = new Map<string, Promise<Compiled>>();

/** Path of a reducer's source in this repository: `folder`, or `folder/file` where it is not `reducer.ts`. */
export function reducerSource(name: string): string {
  const [folder, file = "reducer"] = name.split("/");
  return join(ROOT, "assembly/reducers", folder!, `${file}.ts`);
}

/**
 * A reducer of this repository. Compiled once per process; between processes it is kept under
 * node_modules/.cache by the hash of everything that goes into it.
 */
export function compiledReducer(name: string): Promise<Compiled> {
  return recalled(name, name, () => compileReducer({ source: reducerSource(name) }));
}

/** A reducer of this repository whose `reducer.ts` has another text; kept like those that have not. */
export function changedReducer(name: string, edit: (text: string) => string): Promise<Compiled> {
  const source = reducerSource(name);
  const before = readFileSync(source, "utf8");
  const text = edit(before);
  if (text === before) throw new Error(`the edit leaves the reducer ${name} as it is`);
  const files = { "reducer.ts": text, "air.ts": readFileSync(join(dirname(source), "air.ts"), "utf8") };
  return recalled(name, `${name}-${hashOf(utf8(text)).slice(7, 23)}`, () =>
    withFolder(files, (folder) => compileReducer({ source: join(folder, "reducer.ts") })),
  );
}

function recalled(reducer: string, name: string, compile: () => Promise<Compiled>): Promise<Compiled> {
  const known = compiled.get(name) ?? compileOrRecall(reducer, name, compile);
  compiled.set(name, known);
  return known;
}

async function compileOrRecall(
  reducer: string,
  name: string,
  compile: () => Promise<Compiled>,
): Promise<Compiled> {
  const inputs = inputsHash(dirname(reducerSource(reducer)));
  const cache = join(ROOT, "node_modules/.cache/airloom-tests", `${name.replace("/", "-")}-${inputs}.wasm`);
  try {
    const wasm = new Uint8Array(readFileSync(cache));
    return { wasm, hash: hashOf(wasm) };
  } catch {
    const { wasm, hash } = await compile();
    mkdirSync(dirname(cache), { recursive: true });
    const draft = `${cache}.${process.pid}`;
    writeFileSync(draft, wasm);
    renameSync(draft, cache);
    return { wasm, hash };
  }
}

function inputsHash(folder: string): string {
  const folders = [folder, ...["abi", "cbor", "sdk"].map((sub) => join(ROOT, "assembly", sub))];
  const inFolders = folders.flatMap((path) =>
    readdirSync(path)
      .sort(byCodeUnit)
      .map((file) => join(path, file)),
  );
  const builders = ["asc", "asconfig", "compile", "layout", "reducer-class", "sections"].map((name) =>
    join(ROOT, `host/build/${name}.ts`),
  );
  const settings = ["asconfig.json", "node_modules/assemblyscript/package.json"].map((name) =>
    join(ROOT, name),
  );
  const files = [...inFolders, ...builders, ...settings];
  return hashOf(concat(files.flatMap((file) => [utf8(`${file}\n`), readFileSync(file)]))).slice(7, 39);
}

function byCodeUnit(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Writes files into a new folder, hands its path over and removes it. */
export async function withFolder<T>(
  files: Readonly<Record<string, string>>,
  work: (folder: string) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "airloom-test-"));
  try {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, name)), { recursive: true });
      writeFileSync(join(folder, name), text);
    }
    return await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Compiles a reducer whose source is this text. */
export function compileSource(text: string): Promise<CompiledModule> {
  return withFolder({ "reducer.ts": text }, (folder) =>
    compileReducer({ source: join(folder, "reducer.ts") }),
  );
}

/** A module of i32 functions, byte by byte. Code is without its final `end`. */
export interface TinyModule {
  readonly functions: readonly {
    readonly parameters: number;
    readonly results: number;
    readonly code: number[];
  }[];
  readonly exports: readonly (readonly [
    name: string,
    kind: "function" | "memory" | "global",
    index: number,
  ])[];
  /** Functions () -> () to import; they come first in the index space. */
  readonly imports?: readonly (readonly [module: string, name: string])[];
  /** Limits flags and pages of each memory; one of one page unless given. */
  readonly memories?: readonly (readonly number[])[];
  /** Immutable i32 globals. */
  readonly globals?: readonly number[];
  readonly start?: number;
  readonly data?: { readonly at: number; readonly bytes: Uint8Array };
}

const KINDS = { function: 0, memory: 2, global: 3 } as const;
const I32 = 0x7f;

export const op = {
  unreachable: [0x00],
  drop: [0x1a],
  get: (local: number) => [0x20, ...unsigned(local)],
  const: (value: number) => [0x41, ...signed(value)],
  /** Pops value and address. */
  store: (offset = 0) => [0x36, 2, ...unsigned(offset)],
  call: (index: number) => [0x10, ...unsigned(index)],
} as const;

export function assemble(tiny: TinyModule): Uint8Array {
  const { functions, exports, imports = [], memories = [[0, 1]], globals = [], start, data } = tiny;
  const types = [
    ...imports.map(() => [0x60, 0, 0]),
    ...functions.map((f) => functionType(f.parameters, f.results)),
  ];
  const bodies = functions.map(({ code }) => [0, ...code, 0x0b]);
  const parts = [
    Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0),
    section(1, types),
    section(
      2,
      imports.map(([from, name], i) => [...text(from), ...text(name), 0, ...unsigned(i)]),
    ),
    section(
      3,
      functions.map((_, i) => unsigned(imports.length + i)),
    ),
    section(5, memories),
    section(
      6,
      globals.map((value) => [I32, 0, ...op.const(value), 0x0b]),
    ),
    section(
      7,
      exports.map(([name, kind, index]) => [...text(name), KINDS[kind], ...unsigned(index)]),
    ),
    start === undefined ? new Uint8Array(0) : Uint8Array.from([8, ...sized(unsigned(start))]),
    section(10, bodies.map(sized)),
    ...(data ? dataSection(data.at, data.bytes) : []),
  ];
  return concat(parts);
}

function functionType(parameters: number, results: number): number[] {
  return [
    0x60,
    ...unsigned(parameters),
    ...Array(parameters).fill(I32),
    ...unsigned(results),
    ...Array(results).fill(I32),
  ];
}

function section(id: number, entries: readonly (readonly number[])[]): Uint8Array {
  if (entries.length === 0) return new Uint8Array(0);
  return Uint8Array.from([id, ...sized([...unsigned(entries.length), ...entries.flat()])]);
}

function dataSection(at: number, bytes: Uint8Array): Uint8Array[] {
  const head = [1, 0, ...op.const(at), 0x0b, ...unsigned(bytes.length)];
  return [Uint8Array.from([11, ...unsigned(head.length + bytes.length), ...head]), bytes];
}

function sized(bytes: readonly number[]): number[] {
  return [...unsigned(bytes.length), ...bytes];
}

function text(value: string): number[] {
  return sized([...utf8(value)]);
}

function unsigned(value: number): number[] {
  const byte = value & 127;
  return value < 128 ? [byte] : [byte | 128, ...unsigned(value >>> 7)];
}

function signed(value: number): number[] {
  const byte = value & 127;
  const rest = value >> 7;
  return rest === (byte & 64 ? -1 : 0) ? [byte] : [byte | 128, ...signed(rest)];
}

const OUTPUT_AT = 1024;
/** Where `alloc` of these modules always points: behind any output, in the second page. */
const ALLOCATED_AT = 65_536;

export const REDUCER_EXPORTS: TinyModule["exports"] = [
  ["memory", "memory", 0],
  ["alloc", "function", 0],
  ["step", "function", 1],
];

/** Parts of a reducer module that each test changes one of. */
export interface TinyReducer extends Partial<TinyModule> {
  /** What it answers to everything. */
  readonly output?: Uint8Array;
  /** Instead of what is true of the output. */
  readonly address?: number;
  readonly length?: number;
  readonly form?: "struct-return" | "multi-value";
  readonly allocCode?: number[];
  readonly stepCode?: number[];
}

/** A module with a reducer's interface that always answers the same. */
export function tinyReducer(tiny: TinyReducer = {}): Uint8Array {
  const { output = emptyOutput(), form = "struct-return", ...others } = tiny;
  const { address = OUTPUT_AT, length = output.length } = tiny;
  const answer =
    form === "multi-value"
      ? [...op.const(address), ...op.const(length)]
      : [
          ...op.get(0),
          ...op.const(address),
          ...op.store(),
          ...op.get(0),
          ...op.const(length),
          ...op.store(4),
        ];
  const [parameters, results] = form === "multi-value" ? [2, 2] : [3, 0];
  return assemble({
    functions: [
      { parameters: 1, results: 1, code: tiny.allocCode ?? op.const(ALLOCATED_AT) },
      { parameters, results, code: tiny.stepCode ?? answer },
    ],
    exports: REDUCER_EXPORTS,
    memories: [[0, 8]],
    data: { at: OUTPUT_AT, bytes: output },
    ...others,
  });
}

/** An output envelope: entries in the order given. */
export function envelope(...entries: readonly (readonly [string, Cbor])[]): Uint8Array {
  const writer = new CborWriter();
  writer.head(5, entries.length);
  for (const [key, value] of entries) {
    writer.text(key);
    writer.item(value);
  }
  return writer.finish();
}

function emptyOutput(): Uint8Array {
  return envelope(["state", null]);
}
