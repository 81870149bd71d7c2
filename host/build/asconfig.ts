/**
 * Settings of the compiler: the package's asconfig.json, and over it the world's own, if its folder has one.
 * A world may say how its code is optimised and how much memory it begins with; what makes a module of it,
 * the build decides, and whatever else is asked for is refused.
 */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { FaultList, type Report } from "../air/source.ts";
import { parseJsonText, type SourceText } from "../air/text/parse.ts";
import { isJsonArray, isJsonObject, type Json, JsonNumber, stringifyJson } from "../values/json.ts";
import { nearest } from "../values/nearest.ts";
import { child } from "../values/pointer.ts";
import { CONFIG, PACKAGE_ROOT, readSource } from "./layout.ts";

/** Compiler options by name: those of `options` and of the target `release`, merged. */
export type CompilerOptions = ReadonlyMap<string, Json>;

/** What a world may set: how a value is checked, and what is expected. */
const SETTABLE: ReadonlyMap<string, readonly [accepts: (json: Json) => boolean, expected: string]> = new Map<
  string,
  readonly [(json: Json) => boolean, string]
>([
  ["optimizeLevel", [integerIn(0, 3), "0, 1, 2 or 3"]],
  ["shrinkLevel", [integerIn(0, 2), "0, 1 or 2"]],
  ["converge", [isBoolean, "true or false"]],
  ["noAssert", [isBoolean, "true or false"]],
  ["pedantic", [isBoolean, "true or false"]],
  ["uncheckedBehavior", [oneOf("default", "never", "always"), '"default", "never" or "always"']],
  ["initialMemory", [integerIn(1, 65_536), "a number of pages"]],
  ["maximumMemory", [integerIn(1, 65_536), "a number of pages"]],
  ["runtime", [oneOf("stub"), '"stub"']],
  ["disable", [isFeatureList, "a list of mutable-globals, sign-extension, nontrapping-f2i, bulk-memory"]],
]);

/** Options of the compiler that a world may not set, and why. */
const REFUSED: ReadonlyMap<string, string> = new Map([
  ["runtime", "a module has the stub runtime: its memory is given back as a whole after each call"],
  ["enable", "a module may not use what these add to wasm"],
  ["use", "the build says where abort leads; other names are not replaced"],
  ["transform", "a module is compiled from its sources alone"],
  ["exportRuntime", "what a module exports, the build decides"],
  ["exportTable", "what a module exports, the build decides"],
  ["exportStart", "what a module exports, the build decides"],
  ["noExportMemory", "what a module exports, the build decides"],
  ["importMemory", "a module imports nothing"],
  ["importTable", "a module imports nothing"],
  ["sharedMemory", "a module has one plain memory"],
  ["debug", "a debug build is always made beside the release"],
  ["sourceMap", "a source map is always made"],
  ["outFile", "where a module lies, the build decides"],
  ["textFile", "the build writes the module and its map"],
  ["bindings", "a world calls the module; nothing is generated for JavaScript"],
]);

const EXTENDS = "airloom/asconfig.json";

/**
 * The options in force for the modules of a world folder; `null` for those of the package alone. Throws
 * `build.asconfig` (kind `manifest`) with every fault of the world's file, and `build.unreadable`.
 */
export async function compilerOptions(world: string | null): Promise<CompilerOptions> {
  const base = await packageOptions();
  const text = world === null ? null : await readSource(join(world, CONFIG));
  if (text === null) return base;
  const faults = new FaultList();
  const source = parseJsonText(CONFIG, text, (at) => faults.at(at));
  const own = source.json === null ? new Map<string, Json>() : ownOptions(source, source.json, faults);
  faults.throwIfFailed("build.asconfig");
  return merged(base, own);
}

/** The text of an asconfig.json with just these options. */
export function configText(options: CompilerOptions): string {
  return stringifyJson(
    new Map<string, Json>([
      ["options", options],
      ["targets", new Map([["release", new Map()]])],
    ]),
  );
}

async function packageOptions(): Promise<CompilerOptions> {
  const faults = new FaultList();
  const text = await readFile(join(PACKAGE_ROOT, CONFIG), "utf8");
  const { json } = parseJsonText(CONFIG, text, (at) => faults.at(at));
  faults.throwIfFailed("build.asconfig");
  return merged(members(member(json, "options")), members(member(member(json, "targets"), "release")));
}

/** Lists are joined: what the package disables stays disabled. */
function merged(base: CompilerOptions, own: CompilerOptions): CompilerOptions {
  const all = new Map(base);
  for (const [name, value] of own) {
    const before = all.get(name);
    const lists = before !== undefined && isJsonArray(before) && isJsonArray(value);
    all.set(name, lists ? [...before, ...value.filter((each) => !before.includes(each))] : value);
  }
  return all;
}

function ownOptions(source: SourceText, json: Json, faults: FaultList): CompilerOptions {
  const report = faults.at(source);
  const refuse = (pointer: string, message: string, expected: string): void =>
    report({ code: "build.asconfig", pointer, part: "key", message, expected });
  if (!isJsonObject(json)) {
    refuse("", "an asconfig.json is an object", "an object");
    return new Map();
  }
  for (const [name, value] of json) {
    if (name === "options" || name === "targets" || (name === "extends" && value === EXTENDS)) continue;
    const pointer = child("", name);
    if (name === "extends") refuse(pointer, "only the package's settings can be extended", `"${EXTENDS}"`);
    else refuse(pointer, `${name} decides nothing here: world.json names the sources`, "options, targets");
  }
  const targets = members(json.get("targets"));
  for (const name of targets.keys()) {
    if (name === "release") continue;
    refuse(child("/targets", name), "only the target release is built", "release");
  }
  return new Map([
    ...checked("/options", json.get("options"), report),
    ...checked("/targets/release", targets.get("release"), report),
  ]);
}

function checked(pointer: string, json: Json | undefined, report: Report): CompilerOptions {
  const options = members(json);
  if (json !== undefined && !isJsonObject(json)) {
    report({ code: "build.asconfig", pointer, message: "options are an object", expected: "an object" });
  }
  for (const [name, value] of options) {
    const rule = SETTABLE.get(name);
    if (rule?.[0](value) === true) continue;
    const why = REFUSED.get(name);
    const meant = rule === undefined && why === undefined ? nearest(name, SETTABLE.keys()) : undefined;
    report({
      code: "build.asconfig",
      pointer: child(pointer, name),
      part: rule === undefined ? "key" : "value",
      message: why ?? (rule === undefined ? `a world cannot set ${name}` : `${name} has another value`),
      expected: rule?.[1] ?? [...SETTABLE.keys()].join(", "),
      ...(rule === undefined ? {} : { found: stringifyJson(value) }),
      ...(meant === undefined ? {} : { hint: `did you mean ${meant}?` }),
    });
  }
  return options;
}

function member(json: Json | undefined, name: string): Json | undefined {
  return members(json).get(name);
}

function members(json: Json | undefined): ReadonlyMap<string, Json> {
  return json !== undefined && json !== null && isJsonObject(json) ? json : new Map();
}

function integerIn(min: number, max: number): (json: Json) => boolean {
  return (json) =>
    json instanceof JsonNumber &&
    /^\d+$/.test(json.raw) &&
    Number(json.raw) >= min &&
    Number(json.raw) <= max;
}

function isBoolean(json: Json): boolean {
  return typeof json === "boolean";
}

function oneOf(...texts: readonly string[]): (json: Json) => boolean {
  return (json) => typeof json === "string" && texts.includes(json);
}

function isFeatureList(json: Json): boolean {
  const features = oneOf("mutable-globals", "sign-extension", "nontrapping-f2i", "bulk-memory");
  return isJsonArray(json) && json.every(features);
}
