/**
 * A changed world is refused where something is wrong with it, or is another one. AIRLOOM_SEED repeats a run.
 * Changes are tried 10,000 times in CI, elsewhere as often as 15 s are enough for; with AIRLOOM_RUNS so many times,
 * however long it takes.
 */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { LoadedWorld } from "../../host/air/load.ts";
import { type Draw, drawn } from "../values/draw.ts";
import { IN_CI, runsOf, seedOf } from "../values/support.ts";
import {
  type Example,
  examples,
  expectTold,
  load,
  meaningOf,
  stockOfAll,
  type Written,
  written,
} from "./loading.ts";
import { changed, shuffled, type Tree } from "./tree.ts";

const seed = seedOf("loader");
const runs = runsOf();
const TIME_MS = 15_000;
const UNLIMITED = IN_CI || process.env.AIRLOOM_RUNS !== undefined;

/** A world that loads. */
interface Sound extends Example {
  readonly loaded: LoadedWorld;
  readonly meaning: string;
}

const ALL = examples();
const STOCK = stockOfAll(ALL);
const SOUND: readonly Sound[] = ALL.flatMap((example) => {
  const outcome = load(example.files, example.settings);
  if (!("loaded" in outcome)) return [];
  return [{ ...example, loaded: outcome.loaded, meaning: meaningOf(outcome.loaded) }];
});

interface Variation {
  readonly example: Sound;
  readonly files: readonly Written[];
  readonly settings: Written | null;
  /** What a failure shows: the file that was changed. */
  readonly [fc.toStringMethod]: () => string;
}

/** An example with one, now and then two, changes in one of its files. */
function variation(draw: Draw): Variation {
  const example = draw.pick(SOUND);
  const all = example.settings === null ? example.files : [...example.files, example.settings];
  const at = draw.below(all.length);
  let tree = changed(draw, all[at]!.tree, STOCK);
  if (draw.once(6)) tree = changed(draw, tree, STOCK);
  const one = written(all[at]!.path, tree);
  const { files, settings } = example;
  return {
    example,
    files: files.map((file, i) => (i === at ? one : file)),
    settings: at < files.length ? settings : one,
    [fc.toStringMethod]: () => `${example.name}/${one.path}: ${one.text}`,
  };
}

it("starts from worlds that load", () => {
  expect(SOUND.length).toBeGreaterThan(50);
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
          expect(meaningOf(outcome.loaded)).toBe(example.meaning);
        }
      }),
      {
        seed,
        numRuns: runs,
        ...(UNLIMITED ? {} : { interruptAfterTimeLimit: TIME_MS }),
      },
    );
    console.log(`changed worlds: ${JSON.stringify(tally)}`);
    const all = tally.refused + tally.changed + tally.same;
    if (all < 1000) return;
    for (const count of Object.values(tally)) expect(count / all).toBeGreaterThan(0.005);
  }, 3_600_000);

  it("is the same world in another layout, with its members in another order and remarks in it", () => {
    const layouts = drawn((draw) => {
      const example = draw.pick(SOUND);
      const space = draw.pick(["", " ", "\n", "\r\n\t"]);
      const files = example.files.map(({ path, tree }) => written(path, remarked(draw, tree), space));
      const shown = files.map(({ path, text }) => `${path}: ${text}`).join("\n");
      return { example, files, [fc.toStringMethod]: () => `${example.name}: ${shown}` };
    });
    fc.assert(
      fc.property(layouts, ({ example, files }) => {
        const outcome = load(files, example.settings);
        if ("refused" in outcome) expect(outcome.refused).toEqual([]);
        else expect(outcome.loaded.manifest.hash).toBe(example.loaded.manifest.hash);
      }),
      { seed, numRuns: Math.ceil(runs / 50) },
    );
  });
});

type Members = Extract<Tree, { readonly kind: "object" }>["members"];

function withoutRemark(members: Members): Members {
  return members.filter(([name]) => name !== "$comment");
}

/** Each definition with a remark, and all members in another order. */
function remarked(draw: Draw, tree: Tree): Tree {
  const remark: Tree = { kind: "atom", text: JSON.stringify(`remark ${draw.below(100)}`) };
  const definition = (each: Tree): Tree =>
    each.kind === "object"
      ? { kind: "object", members: [...withoutRemark(each.members), ["$comment", remark]] }
      : each;
  const whole: Tree =
    tree.kind === "array" ? { kind: "array", items: tree.items.map(definition) } : definition(tree);
  return shuffled(draw, whole);
}
