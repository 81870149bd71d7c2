/**
 * 25 runs of the real command, each killed once with SIGKILL, five in each stretch of its life; then the
 * same command again. Where it was killed is proven from the journal it left.
 */

import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import { airloom, copyWorld, jsonLines, ROOT, startWork } from "../support/cli.ts";
import { Draw } from "../support/draw.ts";

const RUNS_PER_STRETCH = 5;
const DELAY_MS = 300;

const random = new Draw("crash test");

/** From 0 up to but not including `below`. */
function draw(below: number): number {
  return random.below(below);
}

interface Left {
  readonly frames: number;
  readonly started: boolean;
  readonly intents: number;
  readonly receipts: number;
}

interface Stretch {
  readonly name: string;
  readonly kill: () => Record<string, unknown>;
  /** What the journal must show of the place it was killed in. */
  readonly left: (left: Left) => void;
}

const at = (stage: string, frame: number, spinUs: number) => ({ stage, frame: String(frame), spinUs });

const STRETCHES: readonly Stretch[] = [
  {
    name: "before the first frame",
    kill: () => (draw(2) === 0 ? { stage: "start", waitMs: draw(400) } : at("opened", 1, draw(2000))),
    left: (left) => expect(left).toMatchObject({ started: false, intents: 0, receipts: 0 }),
  },
  {
    name: "first frame to timer armed",
    kill: () => at("frame.durable", 1, draw(2000)),
    left: (left) => expect(left).toMatchObject({ frames: 2, started: true, intents: 1, receipts: 0 }),
  },
  {
    name: "waiting",
    kill: () => ({ stage: "frame.published", frame: String(1 + draw(2)), waitMs: 1 + draw(DELAY_MS - 60) }),
    left: (left) => {
      expect(left.started).toBe(true);
      expect(left.intents).toBe(left.receipts + 1);
    },
  },
  {
    name: "fired to durable",
    kill: () => at(draw(2) === 0 ? "receipt.received" : "frame.sealed", 2 + draw(2), draw(2000)),
    left: (left) => {
      expect(left.started).toBe(true);
      expect(left.intents).toBe(left.receipts + 1);
    },
  },
  {
    name: "last frame to verdict",
    kill: () => (draw(2) === 0 ? at("frame.durable", 3, draw(2000)) : at("idle", 4, draw(2000))),
    left: (left) => expect(left).toEqual({ frames: 4, started: true, intents: 2, receipts: 2 }),
  },
];

async function journalOf(folder: string): Promise<Record<string, unknown>[]> {
  const { exitCode, stdout, stderr } = await airloom(["journal", "show", folder, "--json"]);
  if (exitCode === 4) return []; // killed before there was a world
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  return jsonLines(stdout);
}

function what(lines: readonly Record<string, unknown>[]): Left {
  const records = lines.filter((line) => line.type === "record");
  return {
    frames: lines.filter((line) => line.type === "frame").length,
    started: records.some((record) => record.schema === "demo/StartWork@1"),
    intents: records.filter((record) => record.kind === "effect_intent").length,
    receipts: records.filter((record) => record.kind === "effect_receipt").length,
  };
}

describe("a run that is killed", () => {
  const cases = STRETCHES.flatMap((stretch) =>
    Array.from({ length: RUNS_PER_STRETCH }, (_, i) => ({ stretch, i, kill: stretch.kill() })),
  );

  it.concurrent.each(
    cases.map((each) => [each.stretch.name, each.i + 1, JSON.stringify(each.kill), each] as const),
  )(
    "%s, run %i %s: goes on to the same end",
    async (_name, _run, _kill, { stretch, kill }) => {
      const world = await copyWorld("retry-backoff", startWork({ maxAttempts: 3, baseDelayMs: DELAY_MS }));
      try {
        const command = ["run", world.folder, "--verify"];
        const killed = await airloom(command, {
          env: { AIRLOOM_TEST_KILL: JSON.stringify(kill) },
          nodeOptions: ["--import", pathToFileURL(join(ROOT, "tests/support/kill-at.mjs")).href],
        });
        expect(killed.signal).toBe("SIGKILL");
        expect(killed.stderr).toContain("killed: ");
        expect(killed.stdout).not.toContain("replay:");
        stretch.left(what(await journalOf(world.folder)));

        const second = await airloom(command);
        expect({ exitCode: second.exitCode, stderr: second.stderr }).toEqual({ exitCode: 0, stderr: "" });
        expect(second.stdout).toContain("replay: identical (4 frames, 33 records, 6 deliveries)");

        const records = (await journalOf(world.folder)).filter((line) => line.type === "record");
        const count = (schema: string) => records.filter((record) => record.schema === schema).length;
        expect(count("demo/StartWork@1")).toBe(1);
        expect(count("demo/WorkRequested@1")).toBe(3);
        const settled = records
          .filter((record) => record.kind === "effect_receipt")
          .map((record) => `${record.intent_frame}.${record.intent_ordinal}`);
        const emitted = records
          .filter((record) => record.kind === "effect_intent")
          .map((record) => `${record.frame}.${record.ordinal}`);
        expect(emitted).toHaveLength(2);
        expect(new Set(emitted).size).toBe(2);
        expect(settled).toEqual(emitted);
      } finally {
        await world.remove();
      }
    },
    60_000,
  );
});
