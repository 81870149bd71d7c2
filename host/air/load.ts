/** Authored definitions to a manifest: text, shape, meaning. Every fault of every file is told at once. */

import { compareText } from "../values/bytes.ts";
import type { Diagnostic } from "../values/errors.ts";
import { isJsonArray, isJsonObject, type Json, type JsonObject } from "../values/json.ts";
import { describeJson } from "../values/json-describe.ts";
import { isBuiltin } from "../values/names.ts";
import { nearest } from "../values/nearest.ts";
import { child } from "../values/pointer.ts";
import { quote } from "../values/quote.ts";
import {
  DEFINITION_KINDS,
  type DefinitionKind,
  type ListName,
  type ManifestDefinition,
} from "./definitions.ts";
import { airV2, laterFields, withoutLaterFields } from "./later.ts";
import type { Manifest } from "./manifest.ts";
import { inCanonicalOrder } from "./order.ts";
import { type Draft, parseDefinition } from "./parse/definition.ts";
import { withoutNulls } from "./parse/optional.ts";
import { emptySet, type Given, type Kinds } from "./resolve/given.ts";
import { resolve } from "./resolve.ts";
import { completeSettings, DEFAULT_SETTINGS, type Settings, settingsFromJson } from "./settings.ts";
import { FaultList, type Origin, type Sourced, unwritten } from "./source.ts";
import { parseJsonText } from "./text/parse.ts";
import { checkShape } from "./text/shape.ts";

export interface SourceFile {
  /** As diagnostics name it: relative to the world folder. */
  readonly path: string;
  readonly text: string;
}

export interface LoadedWorld {
  readonly manifest: Manifest;
  /** Every module is named. */
  readonly settings: Settings;
  readonly warnings: readonly Diagnostic[];
}

export interface LoadOptions {
  /** Makes an error of every warning. */
  readonly strict?: boolean;
}

/**
 * Reads definition files and `world.json` (null when there is none). Throws `manifest.invalid` (kind
 * `manifest`) with every fault and warning, in order of file, line, pointer and code.
 */
export function loadWorldDefinitions(
  files: readonly SourceFile[],
  settingsFile: SourceFile | null,
  options: LoadOptions = {},
): LoadedWorld {
  const faults = new FaultList(options.strict);
  const reader = new DefinitionReader(faults);
  for (const file of [...files].sort((a, b) => compareText(a.path, b.path))) reader.file(file);
  const settings = readSettings(settingsFile, faults);
  const given = reader.given();
  const manifest = given === null ? null : resolve(given, faults);
  if (given !== null && settings !== null) checkSettings(settings, given, faults);
  faults.throwIfFailed();
  const complete = completeSettings(settings!.definition, manifest!.modules.keys());
  return { manifest: manifest!, settings: complete, warnings: faults.warnings() };
}

/** The list of the manifest that a kind of definition stands in. */
const LISTS: ReadonlyMap<DefinitionKind, ListName> = new Map<DefinitionKind, ListName>([
  ["defschema", "schemas"],
  ["defmodule", "modules"],
  ["defplan", "plans"],
  ["defeffect", "effects"],
  ["defcap", "caps"],
  ["defpolicy", "policies"],
  ["defsecret", "secrets"],
]);

/** Collects definitions file by file. */
class DefinitionReader {
  readonly #faults: FaultList;
  readonly #set = emptySet();
  readonly #names = new Map<string, DefinitionKind>();
  readonly #broken = new Set<string>();
  #manifest: Sourced<ManifestDefinition> | null = null;
  #manifests = 0;
  #unreadable = false;
  #v2 = false;

  constructor(faults: FaultList) {
    this.#faults = faults;
  }

  /** One definition, an array of them, or nothing. */
  file({ path, text }: SourceFile): void {
    if (text.trim() === "") return;
    const source = parseJsonText(path, text, (origin) => this.#faults.at(origin));
    const { json } = source;
    if (json === null && !source.sound) {
      this.#unreadable = true;
      return;
    }
    if (!isJsonArray(json)) this.#node(json, source, source.sound);
    else for (const [i, node] of json.entries()) this.#node(node, within(source, `/${i}`), source.sound);
  }

  /** What can be resolved: null without a manifest, which was reported. */
  given(): Given | null {
    // What cannot be read may have been the manifest.
    if (this.#manifests === 0 && !this.#unreadable) {
      this.#faults.add(unwritten(""), {
        code: "manifest.none",
        pointer: "",
        message: "there is no manifest",
        expected: 'a definition with "$kind": "manifest"',
        hint: "write one in manifest.air.json",
      });
    }
    if (this.#manifest === null) return null;
    return { manifest: this.#manifest, definitions: this.#set, broken: this.#broken };
  }

  #node(json: Json, origin: Origin, sound: boolean): void {
    if (!isJsonObject(json)) {
      const found = describeJson(json);
      this.#faults.add(origin, {
        code: "definition.form",
        pointer: "",
        message: `expected a definition, found ${found}`,
        expected: 'an object with "$kind"',
        found,
      });
      return;
    }
    const kind = this.#kindOf(json, origin);
    if (json.get("$kind") === "manifest") this.#countManifest(origin);
    const draft = kind === null ? null : this.#draft(kind, json, origin);
    if (draft === null || !sound) this.#spoil(json);
    if (draft?.kind === "manifest") this.#manifest ??= { definition: draft, origin };
    else if (draft !== null) this.#add(draft, origin);
  }

  /** Null when something was reported. */
  #draft(kind: DefinitionKind, written: JsonObject, origin: Origin): Draft | null {
    const report = this.#faults.at(origin);
    let json = withoutNulls(kind, written);
    if (kind === "manifest") {
      for (const fault of laterFields(json)) report(fault);
      json = withoutLaterFields(json);
    }
    if (!checkShape(kind, json, report)) return null;
    return parseDefinition(kind, inCanonicalOrder(json), report);
  }

  /** Null when something was reported. */
  #kindOf(json: JsonObject, origin: Origin): DefinitionKind | null {
    const named = json.get("$kind");
    const v2 = airV2(json);
    if (v2 !== null) {
      // A bundle of v2 is wrong as a whole: it is told once.
      if (!this.#v2) this.#faults.add(origin, v2);
      this.#v2 = true;
      return null;
    }
    const kind = DEFINITION_KINDS.find((each) => each === named);
    if (kind !== undefined) return kind;
    const meant = typeof named === "string" ? nearest(named, DEFINITION_KINDS) : undefined;
    const found = named === undefined ? "no $kind" : describeJson(named);
    this.#faults.add(origin, {
      code: "definition.kind",
      pointer: named === undefined ? "" : "/$kind",
      message: `expected a kind of definition, found ${found}`,
      expected: `"$kind": one of ${DEFINITION_KINDS.join(", ")}`,
      found,
      ...(meant === undefined ? {} : { hint: `did you mean ${meant}?` }),
    });
    return null;
  }

  #countManifest(origin: Origin): void {
    this.#manifests += 1;
    if (this.#manifests === 1) return;
    this.#faults.add(origin, {
      code: "manifest.several",
      pointer: "",
      message: "there is another manifest already",
      expected: "one manifest",
      hint: "point at one bundle of definitions, or remove one of the manifests",
    });
  }

  #add(draft: Exclude<Draft, ManifestDefinition>, origin: Origin): void {
    const { name, kind } = draft;
    const first = this.#names.get(name);
    const taken: readonly [string, string] | null = isBuiltin(name)
      ? ["definition.reserved", "is a name of the built-ins"]
      : first === kind
        ? ["definition.duplicate", "is defined already"]
        : first !== undefined
          ? ["definition.name_reused", `is the name of a ${first} already`]
          : null;
    if (taken !== null) {
      this.#faults.add(origin, {
        code: taken[0],
        pointer: "/name",
        message: `${quote(name)} ${taken[1]}`,
        expected: "a name of its own",
        found: quote(name),
        hint: isBuiltin(name) ? "use another namespace than sys" : "rename or remove one of them",
      });
      return;
    }
    this.#names.set(name, kind);
    const into = this.#set[LISTS.get(kind)!] as Map<string, Sourced<Kinds[ListName]>>;
    into.set(name, { definition: draft as Kinds[ListName], origin });
  }

  /** A definition with faults of its own is known, so that nothing else says it is missing. */
  #spoil(json: JsonObject): void {
    const name = json.get("name");
    if (typeof name === "string") this.#broken.add(name);
  }
}

/** Null when something was reported. */
function readSettings(file: SourceFile | null, faults: FaultList): Sourced<Settings> | null {
  if (file === null) return { definition: DEFAULT_SETTINGS, origin: unwritten("settings") };
  const source = parseJsonText(file.path, file.text, (origin) => faults.at(origin));
  if (!source.sound || !checkShape("settings", source.json, faults.at(source))) return null;
  return { definition: settingsFromJson(source.json), origin: source };
}

function checkSettings({ definition, origin }: Sourced<Settings>, given: Given, faults: FaultList): void {
  const modules = given.definitions.modules;
  for (const name of definition.modules.keys()) {
    if (modules.has(name) || given.broken.has(name)) continue;
    const meant = nearest(name, modules.keys());
    faults.add(origin, {
      code: "settings.unknown_module",
      pointer: child("/modules", name),
      part: "key",
      message: `there is no module ${quote(name)}`,
      expected: "the name of a defmodule in this folder",
      found: quote(name),
      ...(meant === undefined ? {} : { hint: `did you mean ${quote(meant)}?` }),
    });
  }
}

/** An element of a file, as an origin of its own. */
function within(source: Origin, base: string): Origin {
  return { file: source.file, locate: (pointer, part) => source.locate(`${base}${pointer}`, part) };
}
