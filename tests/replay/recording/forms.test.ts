/** Both forms of a recording say the same, and read back to the journal's own bytes. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openFrame } from "../../../host/journal/frame.ts";
import type { Journal } from "../../../host/journal/port.ts";
import { capture } from "../../../host/replay/recording/capture.ts";
import type { Entry } from "../../../host/replay/recording/entry.ts";
import { type RecordingForm, readRecording, writeRecording } from "../../../host/replay/recording/file.ts";
import { verifyRecording } from "../../../host/replay/recording/verify.ts";
import { runToIdle } from "../../../host/testing/clock.ts";
import { toHex } from "../../../host/values/bytes.ts";
import { openVirtual, send, startWork, type TestWorld, testWorld } from "../../support/world.ts";

const folder = mkdtempSync(join(tmpdir(), "airloom-recording-"));
afterAll(() => rmSync(folder, { recursive: true }));
const FORMS: readonly RecordingForm[] = ["text", "binary"];
const OPTIONS = { embedModules: true, engine: "airloom test", sign: null };

let world: TestWorld;
let journal: Journal;
let entries: readonly Entry[];

beforeAll(async () => {
  world = await testWorld();
  journal = await ran({});
  entries = await captured(journal);
  for (const form of FORMS) await writeRecording(pathOf(form), form, entries);
});

async function ran(start: Record<string, unknown>): Promise<Journal> {
  const opened = await openVirtual(world);
  await startWork(opened.engine, start);
  await runToIdle(opened.engine, opened.clock);
  return opened.journal;
}

async function captured(from: Journal): Promise<readonly Entry[]> {
  const [id] = await from.worlds();
  return all(capture(from, id!, OPTIONS));
}

async function all(source: AsyncIterable<Entry>): Promise<readonly Entry[]> {
  const found: Entry[] = [];
  for await (const entry of source) found.push(entry);
  return found;
}

const pathOf = (form: RecordingForm): string => join(folder, `run.${form}.airj`);

function framesIn(found: readonly Entry[]): readonly string[] {
  return found.flatMap((entry) => (entry.kind === "frame" ? [toHex(entry.frame.bytes)] : []));
}

describe.each(FORMS)("a recording in the %s form", (form) => {
  it("reads back to the same entries, the frames byte for byte", async () => {
    const read = await all(readRecording(pathOf(form)));
    expect(read.map(({ kind }) => kind)).toEqual(entries.map(({ kind }) => kind));
    expect(framesIn(read)).toEqual(framesIn(entries));
    expect(framesIn(read)).toHaveLength(4);
    const others = (found: readonly Entry[]) => found.filter(({ kind }) => kind !== "frame");
    expect(others(read)).toEqual(others(entries));
  });

  it("tells of every byte it reads, for whoever estimates the rest", async () => {
    let bytes = 0;
    for await (const _ of readRecording(pathOf(form), (count) => (bytes += count)));
    expect(bytes).toBe(readFileSync(pathOf(form)).length);
  });

  it("is verified, with one root in every form", async () => {
    const verified = await verifyRecording(readRecording(pathOf(form)));
    expect(verified).toMatchObject({ frames: 4n, signature: "absent" });
    expect(verified.root).toBe((await verifyRecording(entries)).root);
  });

  it("is refused when it is cut off, at any place", async () => {
    const whole = readFileSync(pathOf(form));
    for (let i = 1; i <= 40; i++) {
      const cut = join(folder, "cut.airj");
      writeFileSync(cut, whole.subarray(0, Math.floor((whole.length * i) / 41)));
      const error = await verifyRecording(readRecording(cut)).catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ kind: "corrupt" });
    }
  });
});

describe("the text form", () => {
  const lines = (): string[] => readFileSync(pathOf("text"), "utf8").trimEnd().split("\n");

  it("shows values by their schemas and no chained digest before the footer", () => {
    const text = lines();
    const event = text.find((line) => line.startsWith('{"domain_event":') && line.includes("StartWork"))!;
    expect(JSON.parse(event)).toMatchObject({
      domain_event: { schema: "demo/StartWork@1", value: { req_id: "req-1", max_attempts: 3 }, key: null },
    });
    const digests = framesIn(entries).map((frame) => toHex(openFrame(Buffer.from(frame, "hex")).digest));
    for (const digest of digests) {
      expect(text.slice(0, -1).some((line) => line.includes(digest))).toBe(false);
    }
  });

  it("differs in few lines for two runs that differ in one event", async () => {
    const other = await captured(await ran({ payload: "another" }));
    const path = join(folder, "other.airj");
    await writeRecording(path, "text", other);
    const [left, right] = [lines(), readFileSync(path, "utf8").trimEnd().split("\n")];
    expect(right).toHaveLength(left.length);
    const changed = left.filter((line, i) => line !== right[i]);
    // Each line that shows the payload, the plan that sees it, and the footer.
    expect(changed.length).toBeLessThanOrEqual(left.length / 2);
    for (const line of changed) expect(line).toMatch(/payload|plan_turn|request_digest|footer/);
  });

  it("differs in a handful of lines for two long runs that differ in one event", async () => {
    const texts = await Promise.all(
      ["event-50", "event-xx"].map(async (other) => {
        const opened = await openVirtual(world);
        for (let i = 0; i < 100; i++) {
          await send(opened.engine, "demo/WorkOk@1", { req_id: i === 50 ? other : `event-${i}` });
        }
        const path = join(folder, `${other}.airj`);
        await writeRecording(path, "text", await captured(opened.journal));
        return readFileSync(path, "utf8").split("\n");
      }),
    );
    const [left, right] = texts as [string[], string[]];
    expect(right).toHaveLength(left.length);
    const changed = left.filter((line, i) => line !== right[i]);
    // The event itself and the footer; nothing that comes behind.
    expect(changed.map((line) => Object.keys(JSON.parse(line) as object)[0])).toEqual([
      "domain_event",
      "footer",
    ]);
  });

  it.each([
    ["changed", (text: string[]) => text.map((line) => line.replace('"attempt":2', '"attempt":1'))],
    ["missing", (text: string[]) => text.filter((_, i) => i !== recordLine(text, 3))],
    [
      "repeated",
      (text: string[]) => text.flatMap((line, i) => (i === recordLine(text, 3) ? [line, line] : [line])),
    ],
    [
      "added",
      (text: string[]) => {
        const [from, to] = [recordLine(text, 1), recordLine(text, 4)];
        return [...text.slice(0, to), text[from]!, ...text.slice(to)];
      },
    ],
    [
      "reordered",
      (text: string[]) => {
        const at = recordLine(text, 3);
        return [...text.slice(0, at), text[at + 1]!, text[at]!, ...text.slice(at + 2)];
      },
    ],
  ])("names the record that is %s", async (what, change) => {
    const path = join(folder, "changed.airj");
    writeFileSync(path, `${change(lines()).join("\n")}\n`);
    const error = await verifyRecording(readRecording(path)).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ kind: "corrupt", code: "recording.tampered", fields: { what } });
    expect((error as { fields: { record: unknown } }).fields.record).not.toBeNull();
  });
});

/** Line of the record with this index in the second frame. */
function recordLine(text: readonly string[], record: number): number {
  const frames = text.flatMap((line, i) => (line.startsWith('{"frame":') ? [i] : []));
  return frames[1]! + 1 + record;
}
