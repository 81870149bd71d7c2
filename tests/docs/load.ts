import { type LoadedWorld, loadWorldDefinitions, type SourceFile } from "../../host/air/load.ts";
import { readText } from "./page.ts";

/** Loads definition files that are not on disk. Throws what loading throws. */
export function loadFiles(
  files: readonly SourceFile[],
  settings: SourceFile | null = null,
  options: { readonly strict?: boolean } = {},
): LoadedWorld {
  return loadWorldDefinitions(files, settings, options);
}

/** Loads definitions as one file. */
export function loadAll(definitions: readonly object[]): LoadedWorld {
  return loadFiles([{ path: "manifest.air.json", text: JSON.stringify(definitions) }]);
}

/** A JSON Schema with the parts a test looks at. */
export interface JsonSchema {
  readonly properties: Readonly<Record<string, unknown>>;
  readonly $defs: Readonly<Record<string, { readonly properties: Readonly<Record<string, unknown>> }>>;
}

/** One of air/schemas/, by what it is of. */
export function jsonSchema(name: string): JsonSchema {
  return JSON.parse(readText(`air/schemas/${name}.schema.json`)) as JsonSchema;
}
