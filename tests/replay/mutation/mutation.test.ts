/**
 * The mutation score of the corpus: changes to recordings, to reducers' code and to definitions, each either found or
 * shown to change nothing. AIRLOOM_SEED repeats a run, AIRLOOM_RUNS says how many there are: 2,000 in CI.
 */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { loadWorldDefinitions, type SourceFile } from "../../../host/air/load.ts";
import { readWorldFolder, type WorldFolder } from "../../../host/build/directory.ts";
import { modulePath } from "../../../host/build/modules.ts";
import { stampHash } from "../../../host/build/stamp.ts";
import { version } from "../../../host/cli/version.ts";
import type { Definitions } from "../../../host/kernel/state.ts";
import { Checks } from "../../../host/replay/recording/checks.ts";
import { type RecordingReport, replayRecording } from "../../../host/replay/recording/replay.ts";
import { verifyRecording } from "../../../host/replay/recording/verify.ts";
import { makeDefinitions } from "../../../host/runtime/definitions.ts";
import type { Hash } from "../../../host/values/brand.ts";
import { toHex } from "../../../host/values/bytes.ts";
import { AirloomError } from "../../../host/values/errors.ts";
import { hashOf } from "../../../host/values/hash.ts";
import { createModuleHost } from "../../../host/wasm/host.ts";
import { ROOT } from "../../support/cli.ts";
import { runsOf, seedOf } from "../../values/support.ts";
import { Chance } from "../../wasm/random/chance.ts";
import { keptRecordings, type Readable, readKept } from "../recordings.ts";
import { isMutable, mutateDefinitions } from "./definitions.ts";
import { partsOf, type Recording, repaired, signedRecording, throughFile, unrepaired } from "./forge.ts";
import { compareInFull } from "./full.ts";
import { mutateModule, placesIn } from "./modules.ts";
import { mutateRecords } from "./records.ts";
import { Score } from "./score.ts";

const seed = seedOf("mutation");
const RUNS = runsOf(2_000, 200);
/** Shares of the runs, in hundredths. */
const SHARE = { left: 30, repaired: 25, modules: 25, definitions: 20 } as const;
const PATIENCE_MS = 3_600_000;
const score = new Score();
afterAll(() => console.log(`mutation score, ${score.total} mutations:\n${score}`));

const RECORDINGS = keptRecordings();
const OF_TODAY = RECORDINGS.filter((recording) => recording.version === version);
const countOf = (share: keyof typeof SHARE): number => Math.ceil((RUNS * SHARE[share]) / 100);

interface Subject {
  readonly name: string;
  readonly signed: Recording;
}

async function subjects(): Promise<readonly Subject[]> {
  const found: Subject[] = [];
  for (const recording of RECORDINGS) {
    found.push({ name: recording.name, signed: await signedRecording(await readKept(recording)) });
  }
  return found;
}

const noModule = async () => null;
async function* given<T>(items: Iterable<T>): AsyncIterable<T> {
  yield* items;
}

/** What first objects to a recording as its file holds it; null when nothing does. */
async function objection(recording: Recording, form: "text" | "binary"): Promise<string | null> {
  try {
    await verifyRecording(throughFile(recording, form));
  } catch (error) {
    if (error instanceof AirloomError && error.kind === "corrupt") return "verify";
    throw error;
  }
  return replayObjection(recording, form);
}

async function replayObjection(recording: Recording, form: "text" | "binary"): Promise<string | null> {
  const options = { against: null, findModule: noModule };
  const { verdict } = await replayRecording(given(throughFile(recording, form)), options);
  return verdict === "identical" ? null : "replay";
}

describe("a record changed, and the chain left as it is", () => {
  it(
    "is found by verify",
    async () => {
      const all = await subjects();
      for (const { signed } of all) expect(await objection(signed, "text")).toBeNull();
      for (let run = 0; run < countOf("left"); run++) {
        const chance = new Chance(seed, run);
        const { name, signed } = chance.pick(all);
        const { what, parts } = mutateRecords(signed.frames.map(partsOf), chance);
        const form = chance.pick(["text", "binary"] as const);
        const changed = unrepaired(signed, parts);
        const found = await objection(changed, form);
        score.add("records, chain as it was", found ?? "missed");
        expect(found, `run ${run}, ${name} (${form}), ${what}`).toBe("verify");
      }
    },
    PATIENCE_MS,
  );
});

describe("a record changed, and everything behind it repaired and signed", () => {
  it(
    "is found by replay where it is derived, and by the root of the index where it entered",
    async () => {
      const all = await subjects();
      for (let run = 0; run < countOf("repaired"); run++) {
        const chance = new Chance(seed, 1_000_000 + run);
        const { name, signed } = chance.pick(all);
        const { what, parts, derived } = mutateRecords(signed.frames.map(partsOf), chance);
        const form = chance.pick(["text", "binary"] as const);
        const forged = repaired(signed.header, signed.blobs, parts);
        const message = `run ${run}, ${name} (${form}), ${what}`;
        const found = (await objection(forged, form)) ?? (rootOf(forged) === rootOf(signed) ? null : "index");
        score.add(`records, chain repaired, ${derived ? "derived" : "entered"}`, found ?? "missed");
        expect(found, message).not.toBeNull();
        if (derived) expect(found, message).not.toBe("index");
      }
    },
    PATIENCE_MS,
  );
});

function rootOf({ footer }: Recording): string {
  return toHex(footer.root);
}

interface Today {
  readonly name: string;
  readonly recording: Readable;
  readonly folder: WorldFolder;
  readonly definitions: Definitions;
  /** The world's modules as they are built. */
  readonly modules: ReadonlyMap<Hash, Uint8Array>;
}

/** The recordings of this version with the worlds they are replayed against. */
async function today(): Promise<readonly Today[]> {
  const found: Today[] = [];
  for (const kept of OF_TODAY) {
    const folder = readWorldFolder(join(ROOT, "air/worlds", kept.world));
    const { manifest, settings } = loadWorldDefinitions(folder.files, folder.settingsFile);
    const modules = [...manifest.reducers.values()].map(({ module }) => {
      return [
        module.wasmHash,
        new Uint8Array(readFileSync(modulePath(folder.root, module.wasmHash))),
      ] as const;
    });
    const definitions = makeDefinitions(manifest, settings);
    const recording = await readKept(kept);
    found.push({ name: kept.name, recording, folder, definitions, modules: new Map(modules) });
  }
  return found;
}

/**
 * What becomes of a change: `found` where the replay names the divergence that the slow comparison finds first,
 * `survives` where neither finds any. Anything else is a defect.
 */
async function judge(
  { recording }: Today,
  against: Definitions,
  modules: ReadonlyMap<Hash, Uint8Array>,
  message: string,
): Promise<string> {
  const host = createModuleHost((hash) => modules.get(hash));
  const truth = await compareInFull(recording.frames, against, host);
  let report: RecordingReport;
  try {
    report = await replayRecording(given(entriesOf(recording)), {
      against,
      findModule: async (hash) => modules.get(hash) ?? null,
    });
  } catch (error) {
    if (!(error instanceof AirloomError) || error.kind !== "host") throw error;
    expect(truth, message).toEqual({ kind: "stopped", code: error.code });
    return "host failure";
  }
  if (report.error !== null) return `refused`;
  const divergence = report.replay!.divergence;
  if (truth.kind === "equal") {
    expect(divergence, message).toBeNull();
    expect(report.verdict, message).toBe(truth.fuelDiffers ? "fuel_only" : "identical");
    return truth.fuelDiffers ? "only fuel differs" : "changes nothing";
  }
  expect(truth.kind, message).toBe("differs");
  const { frame, record } = divergence ?? {};
  expect({ kind: "differs", frame, record }, message).toEqual(truth);
  return "found, first named";
}

function* entriesOf({ header, blobs, frames, root }: Readable): ReturnType<typeof throughFile> {
  const last = frames.at(-1)!;
  yield { kind: "header", header };
  for (const blob of blobs) yield { kind: "blob", blob };
  for (const frame of frames) yield { kind: "frame", frame };
  const records = frames.reduce((sum, frame) => sum + BigInt(frame.records.length), 0n);
  const footer = {
    frames: BigInt(frames.length),
    records,
    digest: last.digest,
    root,
    checks: new Checks(),
    signature: null,
  };
  yield { kind: "footer", footer };
}

describe("a constant or an operator of a reducer changed", () => {
  it(
    "is found with the true first divergence, or changes no record",
    async () => {
      const all = await today();
      const places = new Map(
        all.flatMap(({ modules }) => [...modules].map(([hash, wasm]) => [hash, placesIn(wasm)])),
      );
      for (let run = 0; run < countOf("modules"); run++) {
        const chance = new Chance(seed, 2_000_000 + run);
        const subject = chance.pick(all);
        const [hash, wasm] = chance.pick([...subject.modules]);
        const place = chance.pick(places.get(hash)!);
        const changed = mutateModule(wasm, place, chance);
        const message = `run ${run}, ${subject.name}, ${place.what} at ${place.at}`;
        const now = hashOf(changed);
        const definitions = withModule(subject, hash, now);
        const modules = new Map([...subject.modules, [now, changed]]);
        score.add(`modules, ${place.what}s`, await judge(subject, definitions, modules, message));
      }
    },
    PATIENCE_MS,
  );
});

/** The world's definitions with another module in place of this one. */
function withModule({ folder, definitions }: Today, before: Hash, now: Hash): Definitions {
  const names = [...definitions.manifest.reducers].flatMap(([name, { module }]) =>
    module.wasmHash === before ? [name] : [],
  );
  const files = folder.files.map(({ path, text }): SourceFile => {
    const here = names.filter((name) => text.includes(`"${name}"`) && text.includes(before));
    return { path, text: here.reduce((stamped, name) => stampHash(stamped, name, now), text) };
  });
  const { manifest, settings } = loadWorldDefinitions(files, folder.settingsFile);
  return makeDefinitions(manifest, settings);
}

describe("a field of a plan, a policy, a capability or the manifest changed", () => {
  it(
    "is found with the true first divergence, or changes no record",
    async () => {
      const all = await today();
      for (let run = 0, drawn = 0; run < countOf("definitions"); drawn++) {
        const chance = new Chance(seed, 3_000_000 + drawn);
        const subject = chance.pick(all);
        const files = subject.folder.files.filter(({ text }) => isMutable(text));
        const file = chance.pick(files);
        const changed = mutateDefinitions(file.text, chance);
        if (changed === null) continue;
        const message = `draw ${drawn}, ${subject.name}, ${file.path}: ${changed.what}`;
        const against = loaded(subject, file.path, changed.text);
        // What does not load is refused by `airloom check`, before any replay: another is drawn.
        if (against === null) continue;
        run++;
        score.add("definitions", await judge(subject, against, subject.modules, message));
      }
    },
    PATIENCE_MS,
  );
});

function loaded({ folder }: Today, path: string, text: string): Definitions | null {
  const files = folder.files.map((file) => (file.path === path ? { path, text } : file));
  try {
    const { manifest, settings } = loadWorldDefinitions(files, folder.settingsFile);
    return makeDefinitions(manifest, settings);
  } catch (error) {
    if (error instanceof AirloomError && error.kind === "manifest") return null;
    throw error;
  }
}
