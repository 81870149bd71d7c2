/** What a person asks of a world that runs, or should: what is open, what led to it, and what to do next. */

import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { airloomHere, copyWorld, jsonLines, startWork } from "../support/cli.ts";
import {
  edit,
  HOUR_MS,
  json,
  kept,
  kindsOf,
  live,
  ok,
  recordOf,
  removeFolders,
  throwingWorld,
  waitingLine,
} from "./operating-worlds.ts";

const LISTS = ["timers", "plans", "intents", "faults"] as const;

afterAll(removeFolders);

describe("a world in which nothing is open", () => {
  let folder: string;
  beforeAll(async () => {
    folder = kept(await copyWorld("retry-backoff", startWork({ maxAttempts: 2, baseDelayMs: 1 })));
    await ok("run", folder);
  });

  it.each(LISTS)("%s says so, and prints no JSON", async (command) => {
    expect((await ok(command, folder)).trim().split("\n")).toHaveLength(1);
    expect(await json(0, command, folder)).toEqual([]);
  });

  it("is healthy", async () => {
    expect(await json(0, "diagnose", folder)).toEqual([
      { type: "diagnosis", needs: 0, findings: 0, frames: 3, held_by: null },
    ]);
    expect(await ok("diagnose", folder)).toMatch(/^nothing is open after 3 frames/);
  });

  it("tells what was settled, and how plans ended", async () => {
    const [settled] = await json(0, "intents", folder, "--all");
    expect(settled).toMatchObject({
      type: "intent",
      state: "settled",
      effect_kind: "timer.set",
      status: "ok",
    });
    const ended = await json(0, "plans", folder, "--ended");
    expect(ended).toHaveLength(2);
    expect(ended[0]).toMatchObject({ state: "ended", plan: "demo/WorkPlan@1", instance: 0, error: null });
    expect(ended[0]).toMatchObject({ correlation: "req-1", status: "ok" });
  });

  it("traces the event through its timer to the end", async () => {
    const lines = await json(0, "trace", folder, "1.0");
    expect(lines[0]).toMatchObject({ type: "trace", depth: 0, cause: null, since_ns: 0 });
    expect(recordOf(lines[0]!)).toMatchObject({ kind: "domain_event", schema: "demo/StartWork@1" });
    const kinds = lines.slice(0, -1).map((line) => recordOf(line).kind);
    expect(kinds).toEqual(
      expect.arrayContaining(["effect_intent", "effect_receipt", "delivery", "plan_ended"]),
    );
    expect(lines.at(-1)).toEqual({ type: "trace_end", records: lines.length - 1, beyond: 0 });
    expect(await ok("trace", folder, "1.0")).toContain("fired");
  });

  it("traces from an intent, and from what was sent under an id; cut where asked", async () => {
    const [intent] = await json(0, "trace", folder, "--intent", "1.0");
    expect(recordOf(intent!)).toMatchObject({ kind: "effect_intent", ordinal: 0 });
    const [event] = await json(0, "intents", folder, "--all");
    expect(event).toMatchObject({ intent: "1.0" });
    const frames = jsonLines((await airloomHere(["journal", "show", folder, "--json"])).stdout);
    const id = frames.find(({ type, frame }) => type === "frame" && frame === 1)!.ingress_id as string;
    const [sent] = await json(0, "trace", folder, "--ingress-id", id);
    expect(recordOf(sent!)).toMatchObject({ kind: "domain_event", frame: 1, record: 0 });
    const cut = await json(0, "trace", folder, "1.0", "--limit", "3");
    expect(cut).toHaveLength(4);
    expect(Number(cut.at(-1)!.beyond)).toBeGreaterThan(0);
  });

  it("says why a state is what it is, across frames, by field", async () => {
    const lines = await json(0, "why", folder, "demo/RetrySM@1");
    const steps = lines.slice(0, -1);
    expect(lines.at(-1)).toEqual({ type: "why_end", steps: steps.length, cut: false });
    expect(recordOf(steps[0]!)).toMatchObject({ kind: "delivery" });
    expect(steps[0]!.changes).toEqual([{ field: "pc", before: '"Waiting"', after: '"Failed"' }]);
    const kinds = steps.map((line) => recordOf(line).kind);
    expect(kinds).toEqual(expect.arrayContaining(["effect_receipt", "effect_intent"]));
    expect(recordOf(steps.at(-1)!)).toMatchObject({ kind: "domain_event", frame: 1, record: 0 });
    const text = await ok("why", folder, "demo/RetrySM@1");
    expect(text).toContain('pc "Waiting" → "Failed"');
    expect(text).toMatch(/sent under the ingress id/);
  });

  it("says why there was an intent", async () => {
    const lines = await json(0, "why", folder, "--intent", "1.0");
    expect(recordOf(lines[0]!)).toMatchObject({ kind: "effect_intent" });
  });

  it.each([
    [["trace", "9.0"], "record.unknown"],
    [["trace", "--intent", "1.9"], "intent.unknown"],
    [["trace", "--ingress-id", "nobody"], "ingress.unknown"],
    [["why", "9.0"], "record.unknown"],
    [["why", "--intent", "9.0"], "intent.unknown"],
    [["redeliver", "1.0"], "fault.unknown"],
    [["dismiss", "9.9"], "fault.unknown"],
    [["plan", "start", "demo/Nope@1", "{}"], "plan.unknown"],
    [["plan", "start", "demo/WorkPlan@1", "{"], "plan.invalid_input"],
    [["plan", "start", "demo/WorkPlan@1", `{"req_id": 7}`], "plan.invalid_input"],
  ])("%j is refused with %s", async (args, code) => {
    const at = args[0] === "plan" ? 2 : 1;
    const line = [...args.slice(0, at), folder, ...args.slice(at)];
    expect(await json(1, ...line)).toMatchObject([{ type: "error", code }]);
  });

  it("knows no such reducer", async () => {
    expect(await json(4, "why", folder, "demo/RetrySN@1")).toMatchObject([{ code: "reducer.missing" }]);
  });

  it.each([
    ["trace"],
    ["trace", "1.0", "--intent", "1.0"],
    ["trace", "one"],
    ["trace", "1.0", "--limit", "none"],
    ["why"],
    ["why", "demo/RetrySM@1", "--intent", "1.0"],
    ["redeliver"],
    ["redeliver", "1"],
    ["dismiss", "x.y"],
    ["diagnose", "extra"],
    ["timers", "--nope"],
  ])("%j %j %j is wrong usage", async (...args) => {
    const [command, ...rest] = args as string[];
    expect(await airloomHere([command!, folder, ...rest.filter((each) => each !== undefined)])).toMatchObject(
      {
        exitCode: 2,
        stdout: "",
      },
    );
  });
});

describe("a folder without a world", () => {
  it.each(
    [
      [...LISTS.map((command) => [command]), ["diagnose"], ["trace", "1.0"], ["why", "1.0"]],
      [
        ["redeliver", "1.1"],
        ["dismiss", "1.1"],
      ],
      [["receipt", "inject", "1.0", "--adapter", "a", "--status", "error", "--signature", "00".repeat(64)]],
    ].flat(),
  )("%j exits with 4, and makes none", async (...args) => {
    const folder = kept(await copyWorld("retry-backoff"));
    const words = args.flat() as string[];
    const at = words[0] === "receipt" ? 2 : 1;
    const line = [...words.slice(0, at), folder, ...words.slice(at)];
    for (let round = 0; round < 2; round++)
      expect(await json(4, ...line)).toMatchObject([{ code: "store.missing" }]);
  });
});

describe("a world that waits for a timer", () => {
  let folder: string;
  beforeAll(async () => {
    folder = kept(await copyWorld("retry-backoff", ""));
    await ok("send", folder, waitingLine("slow"));
  });

  it("lists it: when it is due, for whom, under which key", async () => {
    const [timer, ...others] = await json(0, "timers", folder);
    expect(others).toEqual([]);
    expect(timer).toMatchObject({
      type: "timer",
      intent: "1.0",
      overdue: false,
      timer_key: "slow",
      cell: { reducer: "demo/RetrySM@1", key: null },
      set_at: { frame: 1 },
    });
    expect(Number(timer!.in_ns)).toBeGreaterThan((HOUR_MS - 600_000) * 1e6);
    expect(await ok("timers", folder)).toMatch(/^timer 1\.0 due .* for demo\/RetrySM@1, key slow\n$/);
    expect(await json(0, "intents", folder)).toMatchObject([{ state: "open", intent: "1.0" }]);
  });

  it("needs nobody: the timer is still to come", async () => {
    const [finding, end] = await json(0, "diagnose", folder);
    expect(finding).toMatchObject({ type: "finding", kind: "timer", needs: false, next: [] });
    expect(end).toMatchObject({ needs: 0, findings: 1, held_by: null });
  });

  it("names who has the world open, and reads beside it", async () => {
    await live(folder, async () => {
      const lines = await json(0, "diagnose", folder);
      expect(lines.at(-1)).toMatchObject({ held_by: { pid: process.pid } });
      expect(await json(0, "timers", folder)).toHaveLength(1);
    });
  });

  it("tells a folder that changed", async () => {
    const changed = kept(await copyWorld("retry-backoff", ""));
    await ok("send", changed, waitingLine("slow"));
    await edit(changed, "plans.air.json", (text) => text.replace("the service is down", "it is down"));
    const [finding] = await json(1, "diagnose", changed);
    expect(finding).toMatchObject({ kind: "folder", needs: true, changes: ["demo/WorkPlan@1 changed"] });
    expect(finding!.next).toEqual([`airloom run ${changed} --upgrade`]);
  });
});

describe("a world in which a timer is overdue and nobody runs it", () => {
  it("needs somebody to run it", async () => {
    const folder = kept(await copyWorld("retry-backoff", ""));
    await ok("send", folder, startWork({ maxAttempts: 2, baseDelayMs: 1, reqId: "late" }).trimEnd());
    // Closing takes longer than the millisecond; if it fired on the way, nothing is open.
    const lines = await json((await json(0, "timers", folder)).length === 0 ? 0 : 1, "diagnose", folder);
    if (lines.length > 1)
      expect(lines[0]).toMatchObject({ kind: "timer", needs: true, next: [`airloom run ${folder}`] });
  });
});

describe("a world in which plans wait for an event", () => {
  let folder: string;
  beforeAll(async () => {
    folder = kept(await copyWorld("approval", ""));
    const request = { id: "r-1", what: "deploy", within_ms: HOUR_MS };
    await ok("send", folder, JSON.stringify({ schema: "demo/Request@1", value: request }));
  });

  it("lists the instance, its step, the event and the condition", async () => {
    expect(await json(0, "plans", folder)).toMatchObject([
      {
        type: "plan",
        state: "running",
        plan: "demo/ApprovalPlan@1",
        instance: 0,
        correlation: "r-1",
        steps_done: 0,
        steps: 3,
        waits: [{ for: "event", step: "wait", event: "demo/Answer@1", since: { frame: 1 } }],
      },
    ]);
    expect(await ok("plans", folder)).toMatch(
      /wait waits for demo\/Answer@1 where @event\.id == @var:correlation_id/,
    );
    expect(await ok("plans", folder, "--ended")).toBe("no plan ended\n");
  });

  it("needs nobody, and says which event to send", async () => {
    const lines = await json(0, "diagnose", folder);
    expect(kindsOf(lines)).toEqual(["timer", "event", undefined]);
    expect(lines[1]!.next).toEqual([`airloom send ${folder} '{"schema": "demo/Answer@1", "value": ...}'`]);
    expect(lines[1]).toMatchObject({ plan: { correlation: "r-1" }, wait: { event: "demo/Answer@1" } });
  });

  it("shows a cell by its key, and asks for one", async () => {
    const lines = await json(0, "why", folder, "demo/Desk@1", "--key", "r-1");
    expect(recordOf(lines[0]!)).toMatchObject({ kind: "delivery" });
    expect(await json(1, "why", folder, "demo/Desk@1")).toMatchObject([{ code: "key.needed" }]);
    expect(await json(1, "why", folder, "demo/Desk@1", "--key", "r-2")).toMatchObject([
      { code: "cell.unknown" },
    ]);
  });

  it("traces a plan beyond the event that woke it, and says where its instance began", async () => {
    const answer = { id: "r-1", choice: { $tag: "Approved" }, by: "Ada" };
    await ok("send", folder, JSON.stringify({ schema: "demo/Answer@1", value: answer }));
    const trace = await json(0, "trace", folder, "1.0");
    const answered = trace.filter((line) => line.type === "trace" && recordOf(line).frame === 2);
    expect(answered.map((line) => recordOf(line).kind)).toContain("plan_turn");
    const why = await json(0, "why", folder, "demo/Desk@1", "--key", "r-1");
    expect(why.some((line) => line.plan_started != null)).toBe(true);
    expect(await json(0, "plans", folder, "--all")).toMatchObject([{ state: "ended", error: null }]);
  });
});

describe("a world with a delivery that faulted", () => {
  let folder: string;
  const bad = JSON.stringify({
    schema: "demo/StartWork@1",
    value: { req_id: "r", payload: "bad", max_attempts: 1, base_delay_ms: 1, now_ns: 1 },
  });
  beforeAll(async () => {
    folder = kept(await throwingWorld());
    expect(await airloomHere(["send", folder, bad, "--id", "bad-1"])).toMatchObject({ exitCode: 1 });
  });

  it("lists it, and what to do about it", async () => {
    expect(await json(1, "faults", folder)).toMatchObject([
      {
        type: "fault",
        of: "delivery",
        at: { frame: 1, record: 1 },
        cell: { reducer: "demo/RetrySM@1", key: null },
        code: "module.abort",
        message: "cannot do this",
        event: "demo/StartWork@1",
        redelivered: 0,
        first_at: null,
      },
    ]);
    const { stdout } = await airloomHere(["faults", folder]);
    expect(stdout).toMatch(/^fault 1\.1 demo\/RetrySM@1 at demo\/StartWork@1: module\.abort cannot do this/);
    const [finding] = await json(1, "diagnose", folder);
    expect(finding).toMatchObject({ kind: "fault", needs: true });
    expect(finding!.next).toEqual([
      `airloom debug ${folder} 1.1`,
      `airloom redeliver ${folder} 1.1`,
      `airloom dismiss ${folder} 1.1 --reason '...'`,
    ]);
  });

  it("says why: the event and the id it was sent under", async () => {
    const lines = await json(0, "why", folder, "1.1");
    expect(lines.slice(0, -1).map((line) => recordOf(line).kind)).toEqual(["delivery", "domain_event"]);
    expect(await ok("why", folder, "1.1")).toContain("sent under the ingress id bad-1");
  });

  it("is redelivered: the new fault stands for the old one, which is closed", async () => {
    expect(await json(1, "redeliver", folder, "1.1", "--by", "ada")).toEqual([
      { type: "redelivered", frame: 2, duplicate: false, faulted: true, open_intents: 0 },
    ]);
    expect(await json(1, "redeliver", folder, "1.1")).toMatchObject([{ code: "fault.closed" }]);
    expect(await json(1, "faults", folder)).toMatchObject([
      { at: { frame: 2, record: 1 }, first_at: { frame: 1, record: 1 }, redelivered: 1 },
    ]);
    const trace = await json(0, "trace", folder, "1.0");
    expect(trace.slice(0, -1).map((line) => recordOf(line).kind)).toEqual([
      "domain_event",
      "delivery",
      "redeliver",
      "delivery",
    ]);
    const why = await json(0, "why", folder, "2.1");
    expect(why.slice(0, -1).map((line) => recordOf(line).kind)).toEqual([
      "delivery",
      "redeliver",
      "delivery",
      "domain_event",
    ]);
    expect(await ok("journal", "show", folder)).toContain("redeliver");
  });

  it("is dismissed, and then nothing is open; the journal replays", async () => {
    expect(await json(0, "dismiss", folder, "2.1", "--reason", "not needed", "--by", "ada")).toEqual([
      { type: "dismissed", frame: 3, duplicate: false },
    ]);
    expect(await ok("faults", folder)).toBe("no fault is open\n");
    expect(await json(0, "diagnose", folder)).toMatchObject([{ type: "diagnosis", findings: 0 }]);
    expect(await json(1, "dismiss", folder, "2.1")).toMatchObject([{ code: "fault.closed" }]);
    expect(await ok("replay", folder)).toContain("identical");
    const run = await ok("run", folder);
    expect(run).toContain("redeliver 1.1");
    expect(run).toContain("dismiss 2.1: not needed");
  });

  it("is captured with typed values, verified and replayed", async () => {
    const file = join(dirname(folder), "captured.airj");
    await ok("capture", folder, "-o", file, "--embed-modules");
    expect(await ok("replay", file)).toContain("identical");
    const lines = (await readFile(file, "utf8")).split("\n");
    const redeliver = lines.find((line) => line.includes(`"redeliver"`))!;
    expect(JSON.parse(redeliver).redeliver).toMatchObject({
      schema: "demo/StartWork@1",
      value: { payload: "bad" },
    });
    expect(lines.find((line) => line.includes(`"dismiss"`))).toContain("not needed");
  });
});
