/**
 * What a module was built from, kept beside it: the compiler's version, its options and the hash of every
 * text it read. With the same of all three there is nothing to compile, since nothing else decides the bytes.
 */

import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join, relative, resolve, sep } from "node:path";
import type { ModuleLimits } from "../air/settings.ts";
import type { Hash } from "../values/brand.ts";
import { compareText } from "../values/bytes.ts";
import { AirloomError, type Diagnostic } from "../values/errors.ts";
import { hashOf, isHash } from "../values/hash.ts";
import { stringifyJson } from "../values/json.ts";
import { admitModule } from "../wasm/admission.ts";
import { compilerVersion } from "./asc.ts";
import type { CompilerOptions } from "./asconfig.ts";
import { type CompileOptions, compileModule, entryOf, layoutOf, type ModuleKind } from "./compile.ts";
import type { Layout } from "./layout.ts";
import { keepInfo, keepModule, modulePath, modulesFolder, readBeside } from "./modules.ts";

/** Counts up when the same sources would be built to other files. */
const FORMAT = 1;

/** The text of `<hash>.json`. */
export interface BuildInfo {
  readonly format: number;
  readonly hash: Hash;
  readonly kind: ModuleKind;
  /** Path of the source from the world folder, with forward slashes. */
  readonly source: string;
  /** Version of the compiler. */
  readonly assemblyscript: string;
  /** Options of the compiler, all that are set. */
  readonly asconfig: Readonly<Record<string, unknown>>;
  /** Hash of each text that was read, by its name in the layout; null for one that was looked for in vain. */
  readonly inputs: Readonly<Record<string, string | null>>;
  readonly warnings: readonly Diagnostic[];
}

export interface Built {
  readonly info: BuildInfo;
  readonly wasm: Uint8Array;
  /** Whether the compiler had to run. */
  readonly compiled: boolean;
}

export interface BuildRequest {
  /** The world folder: the module is kept below it, and looked for there. */
  readonly folder: string;
  /** Absolute path of the source. */
  readonly source: string;
  readonly kind: ModuleKind;
  readonly options: CompilerOptions;
  readonly limits: ModuleLimits;
}

/**
 * Builds one module, or takes it from where an earlier build left it. It is admitted either way. Throws what
 * `compileModule` throws.
 */
export async function buildModule(request: BuildRequest): Promise<Built> {
  const { folder, source, kind, options, limits } = request;
  const compile: CompileOptions = { source, kind, options, limits };
  const known = await findBuilt(folder, await layoutOf(compile), options);
  if (known !== null) {
    admitModule(known.wasm, { ...limits, entry: entryOf(kind) });
    return known.info.source === sourceIn(folder, source) ? known : moveSource(request, known);
  }
  const { wasm, hash, debug, sourceMap, warnings, inputs } = await compileModule(compile);
  const info: BuildInfo = {
    format: FORMAT,
    hash,
    kind,
    source: sourceIn(folder, source),
    assemblyscript: compilerVersion(),
    asconfig: plainOptions(options),
    inputs: Object.fromEntries([...inputs].sort(([a], [b]) => compareText(a, b))),
    warnings: warnings.map((warning) => moved(warning, (path) => relative(folder, resolve(path)))),
  };
  await keepModule(folder, hash, {
    ".wasm": wasm,
    ".debug.wasm": debug,
    ".wasm.map": sourceMap,
    ".json": infoText(info),
  });
  return { info: { ...info, warnings }, wasm, compiled: true };
}

/** The same texts at another place: the module stays as it is, and its file says where they are now. */
async function moveSource({ folder, source }: BuildRequest, built: Built): Promise<Built> {
  const info = { ...built.info, source: sourceIn(folder, source) };
  const warnings = info.warnings.map((warning) => moved(warning, (path) => relative(folder, path)));
  await keepInfo(folder, info.hash, infoText({ ...info, warnings }));
  return { ...built, info };
}

function sourceIn(folder: string, source: string): string {
  return relative(folder, source).split(sep).join("/");
}

function infoText(info: BuildInfo): string {
  return `${JSON.stringify(info, null, 2)}\n`;
}

/** What a module of this hash was built from; null when it was not built here. */
export async function buildInfo(folder: string, hash: Hash): Promise<BuildInfo | null> {
  const bytes = await readBeside(folder, hash, ".json");
  return bytes === null ? null : parseInfo(new TextDecoder().decode(bytes));
}

/**
 * Whether a module was built from the texts as they are now; null where that cannot be told: it was not built here, or
 * its source is not.
 */
export async function isBuiltFrom(request: BuildRequest, hash: Hash): Promise<boolean | null> {
  const { folder, source, kind, options, limits } = request;
  const info = await buildInfo(folder, hash);
  if (info === null || !existsSync(source)) return null;
  const layout = await layoutOf({ source, kind, options, limits });
  return sameInputs(info, async (name) => {
    await layout.read(name);
    return layout.inputs.get(name) ?? null;
  });
}

async function findBuilt(folder: string, layout: Layout, options: CompilerOptions): Promise<Built | null> {
  const version = compilerVersion();
  const asked = new Map<string, Promise<Hash | null>>();
  const hashNow = (name: string): Promise<Hash | null> => {
    const known = asked.get(name) ?? layout.read(name).then(() => layout.inputs.get(name) ?? null);
    asked.set(name, known);
    return known;
  };
  const config = JSON.stringify(plainOptions(options));
  for (const info of await infosIn(folder)) {
    if (info.assemblyscript !== version || JSON.stringify(info.asconfig) !== config) continue;
    if (!(await sameInputs(info, hashNow))) continue;
    const wasm = await wholeModule(folder, info.hash);
    if (wasm === null) continue;
    const warnings = info.warnings.map((warning) => moved(warning, (path) => join(folder, path)));
    return { info: { ...info, warnings }, wasm, compiled: false };
  }
  return null;
}

async function sameInputs(
  info: BuildInfo,
  hashNow: (name: string) => Promise<Hash | null>,
): Promise<boolean> {
  for (const [name, hash] of Object.entries(info.inputs)) if ((await hashNow(name)) !== hash) return false;
  return true;
}

/** The module, where all its files are there and it is what its name says. */
async function wholeModule(folder: string, hash: Hash): Promise<Uint8Array | null> {
  const [wasm, debug, map] = await Promise.all([
    readFile(modulePath(folder, hash)).catch(() => null),
    readBeside(folder, hash, ".debug.wasm"),
    readBeside(folder, hash, ".wasm.map"),
  ]);
  if (wasm === null || debug === null || map === null) return null;
  return hashOf(wasm) === hash ? new Uint8Array(wasm) : null;
}

async function infosIn(folder: string): Promise<readonly BuildInfo[]> {
  const names = await readdir(modulesFolder(folder)).catch(() => []);
  const hashes = names.flatMap((name) => {
    const hash = `sha256:${name.replace(/\.json$/, "")}`;
    return name.endsWith(".json") && isHash(hash) ? [hash] : [];
  });
  const infos = await Promise.all(hashes.map((hash) => buildInfo(folder, hash)));
  return infos.filter((info) => info !== null);
}

/** Null for a text that is none of ours: what it says is then built again. */
function parseInfo(text: string): BuildInfo | null {
  try {
    const info = JSON.parse(text) as Partial<BuildInfo> | null;
    const whole = info?.format === FORMAT && typeof info.inputs === "object" && Array.isArray(info.warnings);
    return whole && isHash(info.hash ?? "") && typeof info.source === "string" ? (info as BuildInfo) : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw new AirloomError("host", "module.unreadable", "a build's record cannot be read", { cause: error });
  }
}

function plainOptions(options: CompilerOptions): Record<string, unknown> {
  return JSON.parse(stringifyJson(options)) as Record<string, unknown>;
}

function moved(diagnostic: Diagnostic, move: (path: string) => string): Diagnostic {
  return diagnostic.file === undefined ? diagnostic : { ...diagnostic, file: move(diagnostic.file) };
}
