/**
 * Whatever the loader is given, it gives a manifest or says what is wrong and where. AIRLOOM_SEED repeats a
 * run. Changed worlds are tried 10,000 times, or as many as 40 s are enough for; with AIRLOOM_RUNS so many
 * times, however long it takes.
 */

import { relative } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type LoadedWorld, loadWorldDefinitions, type SourceFile } from "../../host/air/load.ts";
import { readWorldFolder } from "../../host/build/directory.ts";
import { toHex } from "../../host/values/bytes.ts";
import { AirloomError, type Diagnostic } from "../../host/values/errors.ts";
import { jsonFrom } from "../../host/values/json.ts";
import type { Schema } from "../../host/values/schema.ts";
import { type Draw, drawn } from "../values/draw.ts";
import { runsOf, seedOf } from "../values/support.ts";
import { exampleFolders } from "./examples.ts";
import { changed, randomTree, shuffled, stockOf, type Tree, textOf, treeOf } from "./tree.ts";

const seed = seedOf("loader");
const runs = runsOf();
const TIME_MS = 40_000;
/** A diagnostic cuts what it repeats. */
const TEXT_MAX = 1000;

type Outcome = { readonly loaded: LoadedWorld } | { readonly refused: readonly Diagnostic[] };

/** Anything but a refusal with reasons is a crash, and so is an invariant that does not hold. */
function load(files: readonly SourceFile[], settings: SourceFile | null): Outcome {
  try {
    return { loaded: loadWorldDefinitions(files, settings) };
  } catch (error) {
    if (!(error instanceof AirloomError) || error.code !== "manifest.invalid") throw error;
    expect(error.diagnostics.some(({ severity }) => severity === "error")).toBe(true);
    return { refused: error.diagnostics };
  }
}

interface ExampleFile {
  readonly path: string;
  readonly tree: Tree;
}

interface Example {
  readonly name: string;
  readonly files: readonly ExampleFile[];
  readonly settings: ExampleFile | null;
  readonly loaded: LoadedWorld;
  readonly meaning: string;
}

const EXAMPLES: readonly Example[] = exampleFolders().flatMap((folder) => {
  const { files, settingsFile } = readWorldFolder(folder);
  const outcome = load(files, settingsFile);
  if (!("loaded" in outcome)) return [];
  const { loaded } = outcome;
  return {
    name: relative(process.cwd(), folder),
    files: files.map(parsed),
    settings: settingsFile === null ? null : parsed(settingsFile),
    loaded,
    meaning: meaning(loaded),
  };
});
const STOCK = stockOf(EXAMPLES.flatMap(({ files }) => files.map(({ tree }) => tree)));

function parsed({ path, text }: SourceFile): ExampleFile {
  return { path, tree: treeOf(jsonFrom(JSON.parse(text))) };
}

/** A file with what is in it. */
interface Written extends SourceFile, ExampleFile {}

function written({ path, tree }: ExampleFile, space = ""): Written {
  return { path, tree, text: textOf(tree, space) };
}

interface Variation {
  readonly example: Example;
  readonly files: readonly Written[];
  readonly settings: Written | null;
  /** What a failure shows: the file that was changed. */
  readonly [fc.toStringMethod]: () => string;
}

/** An example with one, now and then two, changes in one of its files. */
function variation(draw: Draw): Variation {
  const example = draw.pick(EXAMPLES);
  const all = example.settings === null ? example.files : [...example.files, example.settings];
  const at = draw.below(all.length);
  let tree = changed(draw, all[at]!.tree, STOCK);
  if (draw.once(6)) tree = changed(draw, tree, STOCK);
  const texts = all.map((file, i) => written(i === at ? { ...file, tree } : file));
  const count = example.files.length;
  const { path, text } = texts[at]!;
  return {
    example,
    files: texts.slice(0, count),
    settings: texts[count] ?? null,
    [fc.toStringMethod]: () => `${example.name}/${path}: ${text}`,
  };
}

it("starts from worlds that load", () => {
  expect(EXAMPLES.length).toBeGreaterThan(50);
});

describe("a changed world", () => {
  it("is refused where something is wrong, or is another world, or the change means nothing", () => {
    const tally = { refused: 0, changed: 0, same: 0 };
    fc.assert(
      fc.property(drawn(variation), ({ example, files, settings }) => {
        const outcome = load(files, settings);
        if ("refused" in outcome) {
          tally.refused += 1;
          for (const diagnostic of outcome.refused) expectTold(diagnostic, [...files, settings]);
          return;
        }
        for (const diagnostic of outcome.loaded.warnings) expectTold(diagnostic, [...files, settings]);
        const { manifest } = outcome.loaded;
        if (manifest.hash !== example.loaded.manifest.hash) tally.changed += 1;
        else {
          tally.same += 1;
          expect(meaning(outcome.loaded)).toBe(example.meaning);
        }
      }),
      {
        seed,
        numRuns: runs,
        ...(process.env.AIRLOOM_RUNS === undefined ? { interruptAfterTimeLimit: TIME_MS } : {}),
      },
    );
    console.log(`changed worlds: ${JSON.stringify(tally)}`);
    const all = tally.refused + tally.changed + tally.same;
    if (all < 1000) return;
    for (const count of Object.values(tally)) expect(count / all).toBeGreaterThan(0.005);
  }, 3_600_000);

  it("is the same world in another layout, with its members in another order and remarks in it", () => {
    const layouts = drawn((draw) => {
      const example = draw.pick(EXAMPLES);
      const space = draw.pick(["", " ", "\n", "\r\n\t"]);
      const files = example.files.map(({ path, tree }) =>
        written({ path, tree: remarked(draw, tree) }, space),
      );
      const shown = files.map(({ path, text }) => `${path}: ${text}`).join("\n");
      return { example, files, [fc.toStringMethod]: () => `${example.name}: ${shown}` };
    });
    fc.assert(
      fc.property(layouts, ({ example, files }) => {
        const outcome = load(files, example.settings === null ? null : written(example.settings));
        if ("refused" in outcome) expect(outcome.refused).toEqual([]);
        else expect(outcome.loaded.manifest.hash).toBe(example.loaded.manifest.hash);
      }),
      { seed, numRuns: Math.ceil(runs / 50) },
    );
  });
});

describe("what is no world", () => {
  it("is refused with places in it, when it is random JSON of AIR's words", () => {
    const random = drawn((draw) => ({
      file: written({ path: "manifest.air.json", tree: definitionLike(draw) }),
      settings: draw.once(3) ? written({ path: "world.json", tree: randomTree(draw, STOCK, 3) }) : null,
    }));
    fc.assert(
      fc.property(random, ({ file, settings }) => {
        const outcome = load([file], settings);
        const diagnostics = "refused" in outcome ? outcome.refused : outcome.loaded.warnings;
        for (const diagnostic of diagnostics) expectTold(diagnostic, [file, settings]);
      }),
      { seed, numRuns: runs },
    );
  });

  it("is refused when it is random bytes, or those of a world cut off and changed", () => {
    const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
    const texts = EXAMPLES.flatMap(({ files }) =>
      files.map((file) => new TextEncoder().encode(written(file).text)),
    );
    const random = drawn((draw) => {
      if (draw.once(2)) return decoder.decode(draw.bytes(60));
      const bytes = draw.pick(texts).slice();
      for (let left = draw.below(4); left > 0; left--) bytes[draw.below(bytes.length)] = draw.below(256);
      return decoder.decode(bytes.subarray(0, draw.below(bytes.length)));
    });
    fc.assert(
      fc.property(random, (text) => {
        // There is at least no manifest, or it names what is not there.
        expect("refused" in load([{ path: "manifest.air.json", text }], null)).toBe(true);
      }),
      { seed, numRuns: runs },
    );
  });
});

/** A definition of the right kind at the outside, and random from there on. */
function definitionLike(draw: Draw): Tree {
  const tree = randomTree(draw, STOCK, 4);
  if (tree.kind !== "object" || draw.once(4)) return tree;
  const kinds = [
    "manifest",
    "defschema",
    "defmodule",
    "defplan",
    "defeffect",
    "defcap",
    "defpolicy",
    "defsecret",
  ];
  const kind: Tree = { kind: "atom", text: JSON.stringify(draw.pick(kinds)) };
  const name: Tree = { kind: "atom", text: '"demo/Random@1"' };
  return { kind: "object", members: [["$kind", kind], ["name", name], ...tree.members] };
}

/** Each definition with a remark, and all members in another order. */
function remarked(draw: Draw, tree: Tree): Tree {
  const remark: Tree = { kind: "atom", text: JSON.stringify(`remark ${draw.below(100)}`) };
  const definition = (each: Tree): Tree =>
    each.kind === "object" ? { kind: "object", members: [...each.members, ["$comment", remark]] } : each;
  const whole: Tree =
    tree.kind === "array" ? { kind: "array", items: tree.items.map(definition) } : definition(tree);
  return shuffled(draw, whole);
}

/** What a manifest makes a world do, in order; a schema is its type, of which all else follows. */
function meaning({ manifest }: LoadedWorld): string {
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
function expectTold(diagnostic: Diagnostic, files: readonly (Written | null)[]): void {
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
