/**
 * Worlds that ask real servers, killed with SIGKILL after a request has arrived and before its receipt is durable;
 * then the same command again. The log of the server says what went out: an effect that is done again carries the key
 * it had, and two effects that ask for the same have two.
 */

import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import { applyOperator } from "../../host/plan/operators.ts";
import { text } from "../../host/values/value.ts";
import { airloom, copyWorld, jsonLines, ROOT, startWork } from "../support/cli.ts";
import { Draw } from "../support/draw.ts";
import { type Answerer, type Asked, serve } from "../support/http.ts";

const random = new Draw("effects test");

/** How the first process dies: by its own hand in a stage of a run, or by the server's. */
type Death =
  | { readonly stage: string; readonly frame: string; readonly spinUs: number }
  | { readonly stage: string; readonly frame: string; readonly waitMs: number }
  | null;

interface Lives {
  readonly asked: readonly Asked[];
  readonly records: readonly Record<string, unknown>[];
  /** By reducer and key, as they are printed. */
  readonly states: readonly Record<string, unknown>[];
}

/** What the server does while the first process lives; it may kill it. */
type First = (kill: () => void) => Answerer;

/** Runs a world in a copy of its folder twice: once until it is killed, once to its end. */
async function twoLives(
  name: string,
  port: number,
  scenario: string,
  { death, first, later }: { readonly death: Death; readonly first: First; readonly later: Answerer },
): Promise<Lives> {
  let kill = (): void => {};
  let alive = true;
  const early = first(() => kill());
  const server = await serve((...asked) => (alive ? early : later)(...asked));
  const world = await copyWorld(name, scenario);
  try {
    await moveTo(world.folder, port, server.port);
    const command = ["run", world.folder, "--verify"];
    const killed = await airloom(command, {
      onSpawn: (killIt) => {
        kill = killIt;
      },
      ...(death === null
        ? {}
        : {
            env: { AIRLOOM_TEST_KILL: JSON.stringify(death) },
            nodeOptions: ["--import", pathToFileURL(join(ROOT, "tests/support/kill-at.mjs")).href],
          }),
    });
    expect(killed.signal, killed.stderr).toBe("SIGKILL");
    alive = false;

    const second = await airloom(command);
    expect({ exitCode: second.exitCode, stderr: second.stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(second.stdout).toContain("replay: identical");
    const shown = await airloom(["journal", "show", world.folder, "--json"]);
    const states = await airloom(["state", world.folder, "--json"]);
    return {
      asked: server.asked,
      records: jsonLines(shown.stdout).filter((line) => line.type === "record"),
      states: jsonLines(states.stdout),
    };
  } finally {
    await server.close();
    await world.remove();
  }
}

/** Definitions name a port; here the server has another. */
async function moveTo(folder: string, from: number, to: number): Promise<void> {
  for (const file of await readdir(folder)) {
    if (!file.endsWith(".air.json")) continue;
    const path = join(folder, file);
    await writeFile(path, (await readFile(path, "utf8")).replaceAll(String(from), String(to)));
  }
}

const keyOf = ({ headers }: Asked) => String(headers["idempotency-key"]);
const keysOf = (asked: readonly Asked[], path: string) =>
  asked.filter((each) => each.path === path).map(keyOf);
const place = (order: string) =>
  `${JSON.stringify({ schema: "demo/PlaceOrder@1", value: { order, sku: "tea-250", cents: 1290 } })}\n`;
const stages = (states: Lives["states"]) =>
  states.map(({ state }) => (state as { stage: { $tag: string } }).stage.$tag);

/** A service that remembers keys: a request that comes again gets the answer it had. */
function bank(): { readonly answer: Answerer; readonly charges: Map<string, string> } {
  const charges = new Map<string, string>();
  return {
    charges,
    answer: (asked, response) => {
      if (asked.path !== "/charges") return response.end();
      if (!charges.has(keyOf(asked))) charges.set(keyOf(asked), `ch-${charges.size + 1}`);
      return response.writeHead(201, { "x-charge-id": charges.get(keyOf(asked))! }).end();
    },
  };
}

/** Does `act` with both once two have come: that is, with two effects that are out at one time. */
function both(act: (asked: readonly Parameters<Answerer>[]) => void): Answerer {
  const held: Parameters<Answerer>[] = [];
  return (...asked) => {
    held.push(asked);
    if (held.length === 2) act(held);
  };
}

describe("two charges of one amount, in a world that is killed", () => {
  /** Frames: 0 genesis, 1 and 2 the orders, 3 and 4 the charges' receipts. */
  const at = (stage: string, frame: number): Death => ({
    stage,
    frame: String(frame),
    spinUs: random.below(2000),
  });
  type Point = readonly [
    name: string,
    death: Death,
    first: (kill: () => void, answer: Answerer) => Answerer,
    twice: number,
  ];
  const answerBoth = (_: () => void, answer: Answerer) =>
    both((asked) => {
      for (const each of asked) answer(...each);
    });
  const points: readonly Point[] = [
    ["when both have arrived", null, (kill) => both(kill), 2],
    [
      "when both were done, and half an answer was sent",
      null,
      (kill, answer) =>
        both((held) => {
          for (const [asked, response, count] of held) {
            answer(asked, { writeHead: () => ({ end() {} }) } as unknown as typeof response, count);
            response.writeHead(201, { "content-length": "9", "x-charge-id": "ch-lost" }).write("half");
          }
          setTimeout(kill, 20);
        }),
      2,
    ],
    ["when an answer was read", at("receipt.received", 3), answerBoth, 2],
    ["when a receipt's frame was about to be written", at("frame.sealed", 3), answerBoth, 2],
    ["when one receipt was durable and the other read", at("receipt.received", 4), answerBoth, 1],
    ["when one receipt was durable", at("frame.durable", 3), answerBoth, 1],
  ];
  it.concurrent.each(points)(
    "%s: go out again under the two keys they had",
    async (_, death, first, twice) => {
      const { answer, charges } = bank();
      const { asked, records, states } = await twoLives("order-saga", 8735, place("o-1") + place("o-2"), {
        death,
        first: (kill) => first(kill, answer),
        later: answer,
      });
      const keys = keysOf(asked, "/charges");
      expect(new Set(keys.slice(0, 2)).size).toBe(2);
      expect(keys).toHaveLength(2 + twice);
      expect(new Set(keys).size).toBe(2);
      expect(new Set(keys.slice(2)).size).toBe(twice);
      expect(charges.size).toBe(2);
      expect(stages(states)).toEqual(["Done", "Done"]);

      const ofKind = (kind: string) => records.filter((record) => record.kind === kind);
      const emitted = ofKind("effect_intent").slice(0, 2);
      expect(emitted.map(({ intent_hash: hash }) => hash)).toEqual([
        emitted[0]!.intent_hash,
        emitted[0]!.intent_hash,
      ]);
      expect(ofKind("effect_intent")).toHaveLength(6);
      const settled = ofKind("effect_receipt").map((each) => `${each.intent_frame}.${each.intent_ordinal}`);
      expect(new Set(settled).size).toBe(6);
    },
    120_000,
  );
});

describe("a refund with a key of its author's, in a world that is killed", () => {
  it("goes out again under that key, and no other", async () => {
    const { answer } = bank();
    const soldOut: Answerer = (asked, response, count) => {
      if (asked.path === "/reservations") response.writeHead(409).end();
      else answer(asked, response, count);
    };
    const { asked, states } = await twoLives("order-saga", 8735, place("o-1"), {
      death: null,
      first:
        (kill) =>
        (...request) =>
          request[0].path === "/refunds" ? kill() : soldOut(...request),
      later: soldOut,
    });
    const own = (applyOperator("hash", [text("o-1")]) as { readonly value: string }).value;
    expect(keysOf(asked, "/refunds").map((key) => `sha256:${key}`)).toEqual([own, own]);
    expect(asked.map(({ path }) => path)).toEqual(["/charges", "/reservations", "/refunds", "/refunds"]);
    expect(stages(states)).toEqual(["Refunded"]);
  }, 120_000);
});

describe("an attempt of retry-http, in a world that is killed", () => {
  it.each([1, 2])(
    "in the middle of attempt %i: is the same attempt, under the key it had",
    async (attempt) => {
      const failing: Answerer = (_, response) => response.writeHead(503).end();
      const { asked, states } = await twoLives(
        "retry-http",
        8734,
        startWork({ maxAttempts: 3, baseDelayMs: 50 }),
        {
          death: null,
          first:
            (kill) =>
            (...request) =>
              request[2] === attempt ? kill() : failing(...request),
          later: (_, response) => response.end(),
        },
      );
      const keys = asked.map(keyOf);
      expect(keys).toHaveLength(attempt + 1);
      expect(keys[attempt]).toBe(keys[attempt - 1]);
      expect(new Set(keys).size).toBe(attempt);
      expect(states).toMatchObject([{ state: { pc: "Done", attempt } }]);
    },
    120_000,
  );

  it("in the middle of a wait: waits on, and makes another attempt under another key", async () => {
    /** Frames: 0 genesis, 1 the start, 2 the answer to the first attempt, which sets the timer. */
    const death = { stage: "frame.published", frame: "2", waitMs: 20 };
    const failing: Answerer = (_, response) => response.writeHead(503).end();
    const { asked, states } = await twoLives(
      "retry-http",
      8734,
      startWork({ maxAttempts: 3, baseDelayMs: 500 }),
      { death, first: () => failing, later: (_, response) => response.end() },
    );
    expect(new Set(asked.map(keyOf)).size).toBe(2);
    expect(asked).toHaveLength(2);
    expect(states).toMatchObject([{ state: { pc: "Done", attempt: 2 } }]);
  }, 120_000);
});
