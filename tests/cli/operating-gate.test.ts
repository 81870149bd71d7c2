/** What a person asks of a world whose effects are refused, or done by somebody outside. */

import { writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readDefinitions } from "../../host/cli/world.ts";
import type { Engine } from "../../host/runtime/engine.ts";
import { worldPublicKey } from "../../host/runtime/keys.ts";
import { openWorld } from "../../host/runtime/open.ts";
import { readEvent } from "../../host/runtime/scenario.ts";
import { openStore } from "../../host/store/sqlite.ts";
import { airloomHere, copyWorld } from "../support/cli.ts";
import {
  deskWorld,
  edit,
  HOUR_MS,
  json,
  kept,
  kindsOf,
  ok,
  receiptKey,
  removeFolders,
  waitingLine,
} from "./operating-worlds.ts";

afterAll(removeFolders);

describe("a world in which the gate refused an effect", () => {
  it("names the policy of a plan's, and the plan that failed is a fault to dismiss", async () => {
    const folder = kept(await deskWorld({ allows: false }));
    const ask = JSON.stringify({ schema: "demo/Ask@1", value: { id: "a", question: "why?" } });
    expect(await json(1, "send", folder, ask)).toMatchObject([{ type: "sent", frame: 1, faulted: true }]);
    expect(await json(0, "intents", folder, "--all")).toMatchObject([
      {
        state: "denied",
        effect_kind: "desk.ask",
        origin_name: "demo/AskPlan@1",
        denied_by: "policy",
        policy: "demo/policy@1",
        rule: 0,
      },
    ]);
    const [fault] = await json(1, "faults", folder);
    expect(fault).toMatchObject({ of: "plan", plan: "demo/AskPlan@1", step: "ask", code: "policy.denied" });
    expect(fault!.denied).toMatchObject({ policy: "demo/policy@1", rule: 0 });
    expect((await airloomHere(["diagnose", folder])).stdout).toContain("by policy demo/policy@1, rule 0");
    expect(await json(0, "plans", folder, "--ended")).toMatchObject([
      { state: "ended", status: "error", error: { code: "policy.denied", step: "ask" } },
    ]);
    const { frame, record } = fault!.at as { frame: number; record: number };
    const place = `${frame}.${record}`;
    expect(await json(1, "redeliver", folder, place)).toMatchObject([{ code: "fault.not_a_delivery" }]);
    await ok("dismiss", folder, place);
    expect(await json(0, "diagnose", folder)).toHaveLength(1);
  });

  it("names the rule of a reducer's", async () => {
    const folder = kept(await copyWorld("retry-backoff", ""));
    await edit(folder, "policies.air.json", (text) =>
      text.replace('"decision": "allow"', '"decision": "deny"'),
    );
    await airloomHere(["send", folder, waitingLine("r")]);
    const [fault] = await json(1, "faults", folder);
    expect(fault).toMatchObject({ of: "delivery", code: "policy.denied", denied: { rule: 0 } });
  });
});

describe("a world that waits for a receipt from outside", () => {
  const key = receiptKey();
  let folder: string;
  let pem: string;
  const answer = ["--adapter", "desk", "--status", "ok", "--payload", `{"by": "Ada", "answer": "so"}`];
  beforeAll(async () => {
    folder = kept(await deskWorld({ key: key.hex }));
    pem = join(dirname(folder), "desk.pem");
    await writeFile(pem, key.pem);
    const started = await json(
      0,
      "plan",
      "start",
      folder,
      "demo/AskPlan@1",
      `{"id": "a", "question": "why?"}`,
      "--correlation",
      "c-1",
      "--id",
      "s-1",
    );
    expect(started).toEqual([
      {
        type: "plan_started",
        plan: "demo/AskPlan@1",
        instance: 0,
        frame: 1,
        duplicate: false,
        failed: false,
        open_intents: 1,
      },
    ]);
  });

  it("starts a plan once under an id", async () => {
    const again = await json(
      0,
      "plan",
      "start",
      folder,
      "demo/AskPlan@1",
      `{"id": "a", "question": "why?"}`,
      "--correlation",
      "c-1",
      "--id",
      "s-1",
    );
    expect(again).toMatchObject([{ duplicate: true, frame: 1, instance: null }]);
  });

  it("says whom it waits for, and how to answer", async () => {
    const [finding] = await json(0, "diagnose", folder);
    expect(finding).toMatchObject({ kind: "outside", needs: false, adapters: ["desk"] });
    expect((finding!.next as string[])[0]).toContain(`receipt inject ${folder} 1.0 --adapter desk`);
    expect(await json(0, "plans", folder)).toMatchObject([
      { correlation: "c-1", waits: [{ for: "receipt", step: "wait", intent: "1.0" }] },
    ]);
  });

  it.each([
    [["--adapter", "other", "--status", "ok", "--payload", "{}"], 1],
    [["--adapter", "desk", "--status", "ok", "--payload", "{}"], 1],
    [["--adapter", "desk", "--status", "ok"], 1],
    [["--adapter", "desk", "--status", "fine"], 2],
    [["--status", "ok"], 2],
  ])("a receipt with %j is not taken", async (args, exitCode) => {
    const line = ["receipt", "inject", folder, "1.0", ...args, "--key", pem];
    expect(await airloomHere(line)).toMatchObject({ exitCode });
    expect(await json(0, "intents", folder)).toHaveLength(1);
  });

  it("takes neither a forged signature, nor two ways to sign, nor a key that is none", async () => {
    const inject = ["receipt", "inject", folder, "1.0", ...answer];
    expect(await json(1, ...inject, "--signature", "00".repeat(64))).toMatchObject([
      { code: "receipt.forged" },
    ]);
    expect(await json(1, ...inject, "--key", join(folder, "world.json"))).toMatchObject([
      { code: "receipt.unreadable_key" },
    ]);
    expect(await airloomHere([...inject, "--signature", "0011"])).toMatchObject({ exitCode: 2 });
    expect(await airloomHere([...inject, "--signature", "00".repeat(64), "--key", pem])).toMatchObject({
      exitCode: 2,
    });
    expect(await airloomHere(inject)).toMatchObject({ exitCode: 2 });
    const unknown = ["receipt", "inject", folder, "9.0", ...answer, "--key", pem];
    expect(await json(1, ...unknown)).toMatchObject([{ code: "receipt.unknown" }]);
  });

  it("is signed in one place and handed in at another, once", async () => {
    const [signed] = await json(0, "receipt", "sign", folder, "1.0", ...answer, "--key", pem);
    expect(signed).toMatchObject({ type: "signature", intent: "1.0" });
    const inject = ["receipt", "inject", folder, "1.0", ...answer];
    expect(await json(0, ...inject, "--signature", signed!.signature as string)).toEqual([
      { type: "receipt", intent: "1.0", outcome: "settled", frame: 2, faulted: false },
    ]);
    expect(await json(0, ...inject, "--key", pem)).toMatchObject([{ outcome: "ignored", frame: null }]);
    expect(await json(0, "plans", folder, "--ended")).toMatchObject([
      { status: "ok", result: { by: "Ada", answer: "so" } },
    ]);
    expect(await json(0, "diagnose", folder)).toHaveLength(1);
  });
});

describe("a world with an effect that only a program of its own performs", () => {
  const ask = JSON.stringify({ schema: "demo/Ask@1", value: { id: "a", question: "why?" } });

  it("waits for that program where it is at work, and else needs somebody to start it", async () => {
    const folder = kept(await deskWorld());
    const finding = {
      kind: "no_adapter",
      intent: { intent: "1.0", effect_kind: "desk.ask", origin_name: "demo/AskPlan@1" },
      next: [`airloom why ${folder} --intent 1.0`],
    };
    await withDesk(folder, async (engine) => {
      const line = { file: "event", line: 1, text: ask };
      await engine.send(readEvent(engine.state.definitions.manifest, line));
      const [found, end] = await json(0, "diagnose", folder);
      expect(found).toMatchObject({ ...finding, needs: false });
      expect(end).toMatchObject({ needs: 0, findings: 1, held_by: { pid: process.pid } });
    });
    const [found, end] = await json(1, "diagnose", folder);
    expect(found).toMatchObject({ ...finding, needs: true });
    expect(end).toMatchObject({ needs: 1, findings: 1, held_by: null });
    const { stdout } = await airloomHere(["diagnose", folder]);
    expect(stdout).toMatch(/^! desk\.ask 1\.0 .*only a program with an adapter of its own/);
  });

  it("is answered with an error by `run`, as the diagnosis says", async () => {
    const folder = kept(await deskWorld());
    await ok("send", folder, ask);
    expect((await airloomHere(["run", folder])).stderr).toBe("");
    expect(await json(0, "intents", folder, "--all")).toMatchObject([{ state: "settled", status: "error" }]);
    expect(kindsOf(await json(1, "diagnose", folder))).toEqual(["fault", undefined]);
  });

  it("goes by the keys of the journal until the folder is adopted", async () => {
    const folder = kept(await deskWorld({ key: receiptKey().hex }));
    await ok("send", folder, ask);
    await edit(folder, "world.json", (text) => JSON.stringify({ ...JSON.parse(text), receipt_keys: {} }));
    expect(kindsOf(await json(1, "diagnose", folder))).toEqual(["folder", "outside", undefined]);
  });
});

/** Opens the folder's world as a program does that has an adapter for its desk, which does not answer. */
async function withDesk(folder: string, work: (engine: Engine) => Promise<void>): Promise<void> {
  const store = await openStore(join(folder, ".airloom"), { mode: "write", create: true });
  const engine = await openWorld({
    journal: store,
    definitions: readDefinitions(folder).definitions,
    findModule: async () => null,
    publicKey: (world) => worldPublicKey(join(folder, ".airloom"), world),
    adapters: () => [{ effectKinds: ["desk.ask"], start() {}, settled() {}, stop() {} }],
  });
  try {
    await work(engine);
  } finally {
    await engine.close();
    await store.close();
  }
}

describe("text from a world", () => {
  it("steers no terminal", async () => {
    const folder = kept(await copyWorld("approval", ""));
    const request = { id: "\u001b[2Jgone", what: "x", within_ms: HOUR_MS };
    await ok("send", folder, JSON.stringify({ schema: "demo/Request@1", value: request }));
    for (const line of [
      ["plans"],
      ["timers"],
      ["diagnose"],
      ["trace", "1.0"],
      ["why", "1.0"],
      ["intents", "--all"],
    ]) {
      const [command, ...rest] = line as [string, ...string[]];
      expect(await ok(command, folder, ...rest), command).not.toContain("\u001b");
    }
  });
});
