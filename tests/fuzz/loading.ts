/** Loading worlds of which much is not as it should be, and looking at what is said of it. */

import { readdirSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import { type LoadedWorld, loadWorldDefinitions, type SourceFile } from "../../host/air/load.ts";
import { readWorldFolder } from "../../host/build/directory.ts";
import { toHex } from "../../host/values/bytes.ts";
import { AirloomError, type Diagnostic } from "../../host/values/errors.ts";
import { jsonFrom } from "../../host/values/json.ts";
import type { Schema } from "../../host/values/schema.ts";
import { type Stock, stockOf, type Tree, textOf, treeOf } from "./tree.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** A diagnostic cuts what it repeats. */
const TEXT_MAX = 1001; // with the mark of the cut

export type Outcome = { readonly loaded: LoadedWorld } | { readonly refused: readonly Diagnostic[] };

/** Anything but a refusal with reasons is a crash, and so is an invariant that does not hold. */
export function load(files: readonly SourceFile[], settings: SourceFile | null): Outcome {
  try {
    return { loaded: loadWorldDefinitions(files, settings) };
  } catch (error) {
    if (!(error instanceof AirloomError) || error.code !== "manifest.invalid") throw error;
    expect(error.diagnostics.some(({ severity }) => severity === "error")).toBe(true);
    return { refused: error.diagnostics };
  }
}

/** A file with what is in it. */
export interface Written extends SourceFile {
  readonly tree: Tree;
}

/** A world before it is loaded; not every one of them is whole. */
export interface Example {
  readonly name: string;
  readonly files: readonly Written[];
  readonly settings: Written | null;
}

/** The example worlds, and what stands beside each refused one and is accepted. */
export function examples(): readonly Example[] {
  return exampleFolders().map((folder) => {
    const { files, settingsFile } = readWorldFolder(folder);
    return {
      name: relative(ROOT, folder),
      files: files.map(parsed),
      settings: settingsFile === null ? null : parsed(settingsFile),
    };
  });
}

/** Everything that is in their files. */
export function stockOfAll(all: readonly Example[]): Stock {
  return stockOf(all.flatMap(({ files }) => files.map(({ tree }) => tree)));
}

function parsed({ path, text }: SourceFile): Written {
  return written(path, treeOf(jsonFrom(JSON.parse(text))));
}

export function written(path: string, tree: Tree, space = ""): Written {
  return { path, tree, text: textOf(tree, space) };
}

/** What a manifest makes a world do, in order; a schema is its type, of which all else follows. */
export function meaningOf({ manifest }: LoadedWorld): string {
  return JSON.stringify({ ...manifest, nodes: null, schemas: null }, (_, value: unknown) => {
    if (value instanceof Map) return [...value];
    if (value instanceof Uint8Array) return toHex(value);
    if (typeof value === "bigint") return `${value}n`;
    if (typeof value !== "object" || value === null || !("normalize" in value)) return value;
    const { name, type } = value as Schema;
    return { name, type };
  });
}

/**
 * A diagnostic's pointer leads somewhere in the file it names, and what it repeats of the file is cut and does
 * not steer a terminal.
 */
export function expectTold(diagnostic: Diagnostic, files: readonly (Written | null)[]): void {
  const { file, pointer, code, line, message, expected, found, hint } = diagnostic;
  for (const text of [message, expected, found, hint]) {
    if (text !== undefined && (text.length > TEXT_MAX || hasControl(text))) {
      expect({ code, text }).toEqual({ code, text: "something short and printable" });
    }
  }
  if (file === undefined) return;
  const source = files.find((each) => each?.path === file);
  const there = source !== undefined && source !== null && leadsSomewhere(source.tree, pointer ?? "");
  if (there && line !== undefined) return;
  expect({ code, file, pointer, line, there }).toMatchObject({ there: true, line: 1 });
}

function hasControl(text: string): boolean {
  return [...text].some((each) => each < " " || (each >= "\u007f" && each < "\u00a0"));
}

/** Keys may be repeated: any of them will do. */
function leadsSomewhere(tree: Tree, pointer: string): boolean {
  let here: readonly Tree[] = [tree];
  for (const segment of pointer.split("/").slice(1)) {
    const key = segment.replaceAll("~1", "/").replaceAll("~0", "~");
    here = here.flatMap((each) => childrenOf(each, key));
  }
  return here.length > 0;
}

function childrenOf(tree: Tree, key: string): readonly Tree[] {
  if (tree.kind === "object") return tree.members.filter(([name]) => name === key).map(([, value]) => value);
  const item = tree.kind === "array" ? tree.items[Number(key)] : undefined;
  return item === undefined ? [] : [item];
}

/** Where these worlds are. */
export function exampleFolders(): readonly string[] {
  const below = (folder: string): readonly string[] =>
    readdirSync(join(ROOT, folder)).map((name) => join(ROOT, folder, name));
  return [...below("air/worlds"), ...below("tests/rejected").map((folder) => join(folder, "accepted"))];
}
