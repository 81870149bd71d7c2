/** The shortest run of ingress that still shows a divergence. */

import { beforeAll, describe, expect, it } from "vitest";
import type { Journal } from "../../host/journal/port.ts";
import {
  assemble,
  readWhole,
  recordedWorld,
  type WholeRecording,
} from "../../host/replay/recording/assemble.ts";
import { capture } from "../../host/replay/recording/capture.ts";
import { replayRecording } from "../../host/replay/recording/replay.ts";
import { verifyRecording } from "../../host/replay/recording/verify.ts";
import { shrink } from "../../host/replay/shrink.ts";
import { loadModules } from "../../host/runtime/definitions.ts";
import { runToIdle } from "../../host/testing/clock.ts";
import { createModuleHost } from "../../host/wasm/host.ts";
import { openVirtual, send, startWork, type TestWorld, testWorld } from "../support/world.ts";

const EVENTS = 10_000;
/** Makes a state that stands beside its delivery. */
const LARGE = "p".repeat(2000);
let world: TestWorld;
let changed: TestWorld;
let journal: Journal;

beforeAll(async () => {
  world = await testWorld();
  changed = await testWorld({ edit: (_, text) => text.replace("the service is down", "it is down") });
  const { engine, clock, journal: made } = await openVirtual(world);
  const sent: Promise<unknown>[] = [];
  for (let i = 0; i < EVENTS; i++) {
    if (i === 7_000) sent.push(startWork(engine, { req_id: "planted", payload: LARGE, max_attempts: 1 }));
    else sent.push(send(engine, "demo/WorkOk@1", { req_id: `noise-${i}` }));
  }
  await Promise.all(sent);
  await runToIdle(engine, clock);
  journal = made;
}, 300_000);

async function recording(): Promise<WholeRecording> {
  const [id] = await journal.worlds();
  return readWhole(capture(journal, id!, { embedModules: true, engine: "airloom test", sign: null }));
}

async function against({ definitions, findModule }: TestWorld) {
  const modules = await loadModules(definitions.manifest, findModule);
  return { definitions: async () => definitions, modules: createModuleHost((hash) => modules.get(hash)) };
}

describe("a journal of 10,000 events with one planted divergence", () => {
  it("shrinks to at most three ingress records that show the same", async () => {
    const whole = await recording();
    expect(whole.frames.length).toBe(EVENTS + 1);
    const recorded = recordedWorld(whole, world.findModule);
    const shrunk = await shrink({ frames: () => whole.frames, recorded, against: await against(changed) });
    expect(shrunk).toMatchObject({ divergence: { kind: "domain_event", field: "value.message" } });
    expect(shrunk!.ingress).toBeLessThanOrEqual(3);
    expect(shrunk!.frames).toHaveLength(shrunk!.ingress + 1);
    console.log(`shrunk to ${shrunk!.ingress} ingress in ${shrunk!.runs} runs`);

    const least = [...assemble(whole.header, whole.blobs, shrunk!.frames, shrunk!.states)];
    const states = least.flatMap((entry) =>
      entry.kind === "blob" && entry.blob.role === "state" ? [entry.blob] : [],
    );
    expect(states.map(({ reducer }) => reducer)).toContain("demo/RetrySM@1");
    const entries = async function* () {
      yield* least;
    };
    expect(await verifyRecording(entries())).toMatchObject({ frames: BigInt(shrunk!.frames.length) });
    const findModule = world.findModule;
    expect(await replayRecording(entries(), { against: null, findModule })).toMatchObject({
      verdict: "identical",
    });
    expect(await replayRecording(entries(), { against: changed.definitions, findModule })).toMatchObject({
      verdict: "effects_changed",
      replay: { divergence: { field: "value.message" } },
    });
  }, 300_000);

  it("is searched from the beginning where the frames before the divergence do not show it", async () => {
    const whole = await recording();
    const recorded = recordedWorld(whole, world.findModule);
    const input = { frames: () => whole.frames, recorded, against: await against(changed) };
    const [near, far] = [await shrink({ ...input, window: 1 }), await shrink(input)];
    expect(near!.frames.map(({ digest }) => digest)).toEqual(far!.frames.map(({ digest }) => digest));
  }, 300_000);

  it("is nothing to shrink against the definitions it was recorded under", async () => {
    const whole = await recording();
    const frames = () => whole.frames.slice(0, 200);
    const recorded = recordedWorld(whole, world.findModule);
    expect(await shrink({ frames, recorded, against: await against(world) })).toBeNull();
  });
});
