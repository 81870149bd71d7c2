/**
 * The real command runs an operator's action against a real server and is killed with SIGKILL, in the middle of a
 * wait and around it; then the same command again. The journal and the server's log prove what happened.
 */

import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, it } from "vitest";
import { airloom, copyWorld, jsonLines, ROOT } from "../support/cli.ts";
import { Draw } from "../support/draw.ts";
import { serve } from "../support/http.ts";
import { http, kind, MS, PROPOSAL, RETRY } from "./operations.ts";

const random = new Draw("operator crash test");
const WAIT_MS = 300;

const published = (frame: number, waitMs: number) => ({
  stage: "frame.published",
  frame: `${frame}`,
  waitMs,
});
const at = (stage: string, frame: number) => ({ stage, frame: `${frame}`, spinUs: random.below(2000) });

/**
 * Frames: 1 configured, 2 proposed, 3 approved, 4 body kept and request sent, 5 answered with 503 and waiting,
 * 6 waited, 7 and 8 the second attempt, 9 waited, 10 and 11 the third.
 */
const KILLS = [
  ["in the first wait", published(5, 1 + random.below(WAIT_MS - 60)), 3],
  ["in the second wait", published(8, 1 + random.below(2 * WAIT_MS - 60)), 3],
  ["before the failure is durable", at("frame.sealed", 5), 4],
  ["before the timer of the wait is set", at("frame.durable", 5), 3],
  ["when the wait is over, before that is durable", at("frame.sealed", 6), 3],
  ["when the wait is over, before the next attempt", at("frame.durable", 6), 3],
] as const;

function scenario(url: string): string {
  const retry = { ...RETRY, min_wait_ns: (WAIT_MS / 2) * MS };
  const events = [
    ["ops/Configure@1", { kinds: [kind("call", http(url))], retry }],
    ["ops/ProposeAction@1", { action_id: "a", kind: "call", params: {}, max_retries: 10 }],
    ["ops/Approve@1", { proposal_id: "a", by: "anna" }],
  ];
  return events.map(([schema, value]) => `${JSON.stringify({ schema, value })}\n`).join("");
}

describe("a run of the operator world that is killed", () => {
  it.concurrent.each(KILLS)(
    "%s %j goes on to the same end",
    async (_, kill, asked) => {
      const server = await serve((_request, response, count) => {
        response.writeHead(count < asked ? 503 : 200).end();
      });
      const world = await copyWorld("operator-actions", scenario(server.origin));
      try {
        const command = ["run", world.folder, "--verify"];
        const killed = await airloom(command, {
          env: { AIRLOOM_TEST_KILL: JSON.stringify(kill) },
          nodeOptions: ["--import", pathToFileURL(join(ROOT, "tests/support/kill-at.mjs")).href],
        });
        expect(killed.signal, killed.stderr).toBe("SIGKILL");

        const second = await airloom(command);
        expect({ exitCode: second.exitCode, stderr: second.stderr }).toEqual({ exitCode: 0, stderr: "" });
        expect(second.stdout).toContain("replay: identical (12 frames,");

        const shown = await airloom(["state", world.folder, PROPOSAL, "--key", "a", "--json"]);
        const [cell] = jsonLines(shown.stdout) as { state: { actions: object[] } }[];
        expect(cell!.state.actions).toMatchObject([
          { status: { $tag: "Done" }, attempts: 3, retry_count: 2, next_retry_at: null },
        ]);
        expect(server.asked).toHaveLength(asked);
        expect(new Set(server.asked.map(({ headers }) => headers["idempotency-key"])).size).toBe(1);
      } finally {
        await world.remove();
        await server.close();
      }
    },
    180_000,
  );
});
