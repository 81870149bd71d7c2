/** World folders made for a test: definitions from schemas, generated sources, modules compiled from text. */

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { generateSources, writeSources } from "../../host/build/codegen/generate.ts";
import { type CompiledModule, compileModule, type ModuleKind } from "../../host/build/compile.ts";
import { loadWorldFolder } from "../../host/build/directory.ts";
import { jsonFrom, stringifyJson } from "../../host/values/json.ts";
import { withFolder } from "../support/modules.ts";

/** Types as a definition writes them, by schema name. */
export type SchemaSpecs = Readonly<Record<string, unknown>>;

export interface ModuleSpec {
  readonly name?: string;
  readonly kind?: ModuleKind;
  /** Of the folder, with forward slashes. */
  readonly source?: string;
  readonly key?: string;
  /** `state` and `event`, or `input` and `output`. */
  readonly abi: Readonly<Record<string, unknown>>;
}

export interface WorldSpec {
  readonly schemas: SchemaSpecs;
  readonly modules: readonly ModuleSpec[];
  /** More of world.json. */
  readonly settings?: Readonly<Record<string, unknown>>;
}

const MODULE = "t/Thing@1";
const SOURCE = "assembly/module.ts";

/** The files of such a world, as a scaffold lays them out. */
export function worldFiles({ schemas, modules, settings = {} }: WorldSpec): Record<string, string> {
  const named = (names: readonly string[]) => names.map((name) => ({ name }));
  const names = modules.map(({ name = MODULE }) => name);
  const definitions = [
    {
      $kind: "manifest",
      air_version: "1",
      schemas: named(Object.keys(schemas)),
      modules: named(names),
      plans: [],
      effects: [],
      caps: [],
      policies: [],
    },
    ...Object.entries(schemas).map(([name, type]) => ({ $kind: "defschema", name, type })),
    ...modules.map(({ name = MODULE, kind = "reducer", key, abi }) => ({
      $kind: "defmodule",
      name,
      module_kind: kind,
      ...(key === undefined ? {} : { key_schema: key }),
      abi: { [kind]: abi },
    })),
  ];
  const sources = modules.map(({ name = MODULE, source = SOURCE }) => [name, { source }]);
  return {
    "air/world.air.json": stringifyJson(jsonFrom(definitions)),
    "world.json": stringifyJson(jsonFrom({ modules: Object.fromEntries(sources), ...settings })),
  };
}

/** Makes the folder, generates its sources and hands it over. */
export function withWorld<T>(spec: WorldSpec, work: (folder: string) => Promise<T>): Promise<T> {
  return withFolder(worldFiles(spec), async (folder) => {
    writeSources(generateSources(folder));
    return work(folder);
  });
}

/** The schemas of a world, compiled by the host. */
export async function hostSchemas(spec: WorldSpec) {
  return withFolder(worldFiles(spec), async (folder) => loadWorldFolder(folder).manifest.schemas);
}

/** Compiles the only module of a world, whose source is this text, or what is made of its generated file. */
export function compiledModule(
  spec: WorldSpec,
  source: string | ((air: string) => string),
): Promise<CompiledModule> {
  return withWorld(spec, (folder) => compileIn(folder, spec, source));
}

/** The same in a world's folder. */
export function compileIn(
  folder: string,
  { modules: [module] }: WorldSpec,
  source: string | ((air: string) => string),
): Promise<CompiledModule> {
  const text = typeof source === "string" ? source : source(read(folder, "assembly/air.ts"));
  put(folder, SOURCE, text);
  return compileModule({ source: join(folder, SOURCE), kind: module!.kind ?? "reducer" });
}

/** Writes one file of a folder. */
export function put(folder: string, path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}

export function read(folder: string, path: string): string {
  return readFileSync(join(folder, path), "utf8");
}
