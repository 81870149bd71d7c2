/**
 * Every committed recording, replayed: under what it carries, which proves the engine, from genesis and from each
 * snapshot; and against the worlds as they are today, which proves those. `npm test` builds the worlds' modules first.
 */

import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { version } from "../../host/cli/version.ts";
import { createReplayer } from "../../host/replay/corpus.ts";
import { compareIndex, readIndex } from "../../host/replay/index-file.ts";
import { readRecording } from "../../host/replay/recording/file.ts";
import { verifyRecording } from "../../host/replay/recording/verify.ts";
import { FUEL_SCHEDULE, LIMITS_PROFILE } from "../../host/values/limits.ts";
import { ROOT } from "../support/cli.ts";
import { INDEX } from "../support/keep-recording.ts";
import { followFromEveryPoint, keptRecordings, readKept, worldNames } from "./recordings.ts";

const RECORDINGS = keptRecordings();
const OF_TODAY = RECORDINGS.filter((recording) => recording.version === version);
const BY_NAME = RECORDINGS.map((recording) => [recording.name, recording] as const);
/** Points of a journal that are tried beside its own snapshots, about. */
const POINTS = 40;

describe("the recordings", () => {
  it("are those of the index, each with its root", async () => {
    const roots = new Map<string, string>();
    for (const { name, path } of RECORDINGS) {
      roots.set(name, (await verifyRecording(readRecording(path))).root);
    }
    const index = readIndex(INDEX);
    expect(compareIndex(index!, roots)).toEqual([]);
    expect([...index!.keys()]).toEqual([...roots.keys()]);
  });

  it("hold every world of air/worlds", () => {
    const recorded = new Set(OF_TODAY.map(({ world }) => world));
    expect([...recorded].sort()).toEqual([...worldNames()].sort());
  });

  it("hold every limits profile and every fuel schedule there ever was", async () => {
    const seen = { profiles: new Set<bigint>(), schedules: new Set<bigint>() };
    for (const recording of RECORDINGS) {
      const { header } = await readKept(recording);
      seen.profiles.add(header.limitsProfile);
      seen.schedules.add(header.fuelSchedule);
    }
    const upTo = (last: number) => new Set(Array.from({ length: last }, (_, i) => BigInt(i + 1)));
    expect(seen).toEqual({ profiles: upTo(LIMITS_PROFILE), schedules: upTo(FUEL_SCHEDULE) });
  });

  it("hold snapshots to begin at", async () => {
    let held = 0;
    for (const recording of RECORDINGS) {
      const { frames } = await readKept(recording);
      held += frames.filter(({ records }) => records[0]!.kind === "snapshot").length;
    }
    expect(held).toBeGreaterThan(10);
  });
});

describe.each(BY_NAME)("%s", (_name, recording) => {
  it("replays under the definitions and modules it carries", async () => {
    const replayOne = createReplayer({ against: null, compare: null, modules: null });
    expect(await replayOne(recording)).toMatchObject({ verdict: "identical", error: null });
  });

  it("goes on alike from each of its snapshots, and from any other frame", async () => {
    const whole = await readKept(recording);
    const every = Math.ceil(whole.frames.length / POINTS);
    const { mismatches, points, held } = await followFromEveryPoint(whole, every);
    expect(mismatches).toEqual([]);
    expect(points).toBeGreaterThanOrEqual(Math.floor(whole.frames.length / every));
    expect(held).toBe(whole.frames.filter(({ records }) => records[0]!.kind === "snapshot").length);
  });
});

describe.each(OF_TODAY.map((recording) => [recording.name, recording] as const))("%s", (_name, recording) => {
  it("replays against its world as it is today", async () => {
    const against = join(ROOT, "air/worlds", recording.world);
    const replayOne = createReplayer({ against, compare: null, modules: null });
    expect(await replayOne(recording)).toMatchObject({ verdict: "identical", error: null });
  });
});

it("a recording of another journal is not taken for one of the index", () => {
  const index = readIndex(INDEX)!;
  const [first, ...others] = index.keys();
  const changed = new Map([...index, [first!, "0".repeat(64)] as const]);
  expect(compareIndex(index, changed)).toEqual([{ name: first, what: "replaced" }]);
  const fewer = new Map(others.map((name) => [name, index.get(name)!]));
  expect(compareIndex(index, fewer)).toEqual([{ name: first, what: "missing" }]);
});
