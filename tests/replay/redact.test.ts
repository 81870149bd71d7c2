/** Redacted recordings: nothing of the old values, the same course, and refusals that say where. */

import { beforeAll, describe, expect, it } from "vitest";
import type { Journal } from "../../host/journal/port.ts";
import { BinaryWriter } from "../../host/replay/recording/binary.ts";
import { capture } from "../../host/replay/recording/capture.ts";
import type { Entry } from "../../host/replay/recording/entry.ts";
import { replayRecording } from "../../host/replay/recording/replay.ts";
import { TextWriter } from "../../host/replay/recording/text.ts";
import { verifyRecording } from "../../host/replay/recording/verify.ts";
import { parseRedactPath } from "../../host/replay/redact/paths.ts";
import { type Redacted, redact } from "../../host/replay/redact/redact.ts";
import { runToIdle } from "../../host/testing/clock.ts";
import { toHex, utf8 } from "../../host/values/bytes.ts";
import { openVirtual, startWork, type TestWorld, testWorld } from "../support/world.ts";

const SECRET = "Alice Müller, 17 Elm Street";
const ID = "order-4711-of-alice";
const REQUEST = "req-alice-0042";
/** Makes a state that stands beside its delivery. */
const LARGE = `${SECRET} ${"and so on ".repeat(300)}`;
const PATHS = ["demo/StartWork@1/payload", "demo/StartWork@1/req_id", "sys/TimerSetReceipt@1/key"];

let world: TestWorld;
let journal: Journal;

beforeAll(async () => {
  world = await testWorld();
  journal = await ran(SECRET);
});

async function ran(payload: string): Promise<Journal> {
  const opened = await openVirtual(world);
  await startWork(opened.engine, { req_id: REQUEST, payload }, { id: ID });
  await runToIdle(opened.engine, opened.clock);
  return opened.journal;
}

function redacted(
  paths: readonly string[],
  salt = "salt of sixteen bytes",
  from = journal,
): Promise<Redacted> {
  const open = async function* (): AsyncIterable<Entry> {
    const [id] = await from.worlds();
    yield* capture(from, id!, { embedModules: true, engine: "airloom test", sign: null });
  };
  return redact(open, {
    paths: paths.map(parseRedactPath),
    salt: utf8(salt),
    findModule: world.findModule,
    engine: "airloom test",
  });
}

async function all(entries: AsyncIterable<Entry>): Promise<readonly Entry[]> {
  const found: Entry[] = [];
  for await (const entry of entries) found.push(entry);
  return found;
}

async function* stream(entries: readonly Entry[]): AsyncIterable<Entry> {
  yield* entries;
}

/** Every byte of the recording, in both forms. */
function bytesOf(entries: readonly Entry[]): readonly Buffer[] {
  const [text, binary] = [new TextWriter(), new BinaryWriter()];
  return [
    Buffer.from(entries.map((entry) => text.write(entry)).join("")),
    Buffer.concat(entries.map((entry) => binary.write(entry))),
  ];
}

describe("a redacted recording", () => {
  it.each([
    ["small states", SECRET],
    ["states that stand beside their deliveries", LARGE],
  ])("holds none of the old values in any byte, with %s", async (_, payload) => {
    const from = await ran(payload);
    const entries = await all((await redacted(PATHS, undefined, from)).entries);
    const secrets = [payload, SECRET, "Alice", "Müller", "alice", ID, REQUEST, "4711", "0042"];
    for (const bytes of bytesOf(entries)) {
      const found = secrets.filter(
        (secret) =>
          bytes.includes(secret) ||
          bytes.includes(toHex(utf8(secret))) ||
          bytes.includes(JSON.stringify(secret).slice(1, -1)),
      );
      expect(found).toEqual([]);
    }
  });

  it("is proven and replays identically, says what it was made from, and lists every changed place", async () => {
    const { changed, entries } = await redacted(PATHS);
    const made = await all(entries);
    const [id] = await journal.worlds();
    const before = await verifyRecording(
      capture(journal, id!, { embedModules: true, engine: "airloom test", sign: null }),
    );
    const verified = await verifyRecording(made);
    expect(toHex(verified.header.redaction!.root)).toBe(before.root);
    expect(verified.root).not.toBe(before.root);
    expect(verified.header.redaction!.paths).toEqual(changed);
    expect(changed).toEqual([
      "1/value.payload",
      "1/value.req_id",
      "1/ingress_id",
      "1/request_digest",
      "2/payload.key",
      "3/payload.key",
    ]);
    expect(
      await replayRecording(stream(made), { against: null, findModule: world.findModule }),
    ).toMatchObject({
      verdict: "identical",
    });
  });

  it("has equal substitutes for equal values, of the same form, and the same ones under the same salt", async () => {
    const frames = async (salt: string) =>
      (await all((await redacted(PATHS, salt)).entries)).flatMap((entry) =>
        entry.kind === "frame" ? [entry.frame] : [],
      );
    const values = (records: Awaited<ReturnType<typeof frames>>) => {
      const { manifest } = world.definitions;
      const [, start, fired] = records.map(({ records: [first] }) => first!);
      if (start?.kind !== "domain_event" || fired?.kind !== "effect_receipt") throw new Error("another run");
      const event = manifest.schemas.get(start.schema)!;
      const receipt = manifest.effects.get(fired.effectKind)!.receipt;
      return {
        start: JSON.parse(
          JSON.stringify(
            Object.fromEntries(event.toSugar(event.decode(start.value)) as Map<string, unknown>),
          ),
        ) as Record<string, string>,
        key: (receipt.toSugar(receipt.decode(fired.payload)) as Map<string, unknown>).get("key"),
      };
    };
    const first = values(await frames("a salt of sixteen"));
    expect(first.key).toBe(first.start.req_id);
    expect(first.start.req_id).toMatch(/^[a-z]{3}-[a-z]{5}-0\d{3}$/);
    expect([...first.start.payload!]).toHaveLength([...SECRET].length);
    expect(values(await frames("a salt of sixteen"))).toEqual(first);
    expect(values(await frames("another salt here"))).not.toEqual(first);
  });

  it("is made of many short ids, none of which becomes another", async () => {
    const opened = await openVirtual(world);
    for (let i = 0; i < 300; i++)
      await startWork(opened.engine, { req_id: `${4000 + 17 * i}`, max_attempts: 1 });
    const { changed, entries } = await redacted(["demo/StartWork@1/req_id"], undefined, opened.journal);
    expect(changed).toHaveLength(300);
    expect((await verifyRecording(await all(entries))).frames).toBe(301n);
  });

  it("leaves alone what no path names", async () => {
    const { changed } = await redacted(["demo/StartWork@1/payload"]);
    expect(changed).toEqual(["1/value.payload", "1/ingress_id", "1/request_digest"]);
  });
});

describe("a redaction is refused", () => {
  it("where a value is replaced in one place and stands in another, with the path to add", async () => {
    // The key of the timer is the request's id: without the receipt's key, the run goes another way or it leaks.
    const { entries } = await redacted(["demo/StartWork@1/req_id"]);
    await expect(all(entries)).rejects.toMatchObject({
      kind: "request",
      code: "redact.leak",
      fields: { frame: 2n, record: 0, field: "payload.key", path: "sys/TimerSetReceipt@1/key" },
    });
  });

  it("where the run takes another course, with frame, record and field", async () => {
    await expect(redacted(["demo/StartWork@1/max_attempts"])).rejects.toMatchObject({
      kind: "request",
      code: "redact.other_course",
      fields: { frame: 2n, record: 9, field: "kind" },
    });
  });

  it.each(["demo/StartWork@1/paylod", "demo/Started@1/payload", "demo/StartWork@1/payload/0"])(
    "for the path %s, which leads nowhere",
    async (path) => {
      await expect(redacted([path])).rejects.toMatchObject({ code: "redact.bad_path", fields: { path } });
    },
  );

  it("for a text that is no path", () => {
    expect(() => parseRedactPath("payload")).toThrow(expect.objectContaining({ code: "redact.bad_path" }));
  });
});
