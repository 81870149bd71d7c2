/** What is no world at all is refused, and nothing worse happens. AIRLOOM_SEED and AIRLOOM_RUNS as elsewhere. */

import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { DEFINITION_KINDS } from "../../host/air/definitions.ts";
import { type Draw, drawn } from "../values/draw.ts";
import { runsOf, seedOf } from "../values/support.ts";
import { examples, expectTold, load, stockOfAll, written } from "./loading.ts";
import { randomTree, type Tree } from "./tree.ts";

// Ten thousand cases each: a machine that is busy with other things takes its time.
vi.setConfig({ testTimeout: 300_000 });

const ALL = examples();
const STOCK = stockOfAll(ALL);
const options = { seed: seedOf("no world"), numRuns: runsOf() };

describe("what is no world", () => {
  it("is refused with places in it, when it is random JSON of AIR's words", () => {
    const random = drawn((draw) => ({
      file: written("manifest.air.json", definitionLike(draw)),
      settings: draw.once(3) ? written("world.json", randomTree(draw, STOCK, 3)) : null,
    }));
    fc.assert(
      fc.property(random, ({ file, settings }) => {
        const outcome = load([file], settings);
        const diagnostics = "refused" in outcome ? outcome.refused : outcome.loaded.warnings;
        for (const diagnostic of diagnostics) expectTold(diagnostic, [file, settings]);
      }),
      options,
    );
  });

  it("is refused when it is random bytes, or those of a world cut off and changed", () => {
    const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
    const whole = ALL.flatMap(({ files }) => files.map(({ text }) => new TextEncoder().encode(text)));
    const random = drawn((draw) => {
      if (draw.once(2)) return decoder.decode(draw.bytes(60));
      const bytes = draw.pick(whole).slice();
      for (let left = draw.below(4); left > 0; left--) bytes[draw.below(bytes.length)] = draw.below(256);
      return decoder.decode(bytes.subarray(0, draw.below(bytes.length)));
    });
    fc.assert(
      fc.property(random, (text) => {
        const outcome = load([{ path: "manifest.air.json", text }], null);
        expect("refused" in outcome).toBe(true);
      }),
      options,
    );
  });
});

/** A definition of the right kind at the outside, and random from there on. */
function definitionLike(draw: Draw): Tree {
  const tree = randomTree(draw, STOCK, 4);
  if (tree.kind !== "object" || draw.once(4)) return tree;
  const kind: Tree = { kind: "atom", text: JSON.stringify(draw.pick(DEFINITION_KINDS)) };
  const name: Tree = { kind: "atom", text: '"demo/Random@1"' };
  return { kind: "object", members: [["$kind", kind], ["name", name], ...tree.members] };
}
