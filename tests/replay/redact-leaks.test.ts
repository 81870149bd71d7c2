/** What a redaction looks for, and where: values in other spellings, and in what the recording carries. */

import { generateKeyPairSync } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { Journal } from "../../host/journal/port.ts";
import { capture } from "../../host/replay/recording/capture.ts";
import type { Entry } from "../../host/replay/recording/entry.ts";
import { replayRecording } from "../../host/replay/recording/replay.ts";
import { parseRedactPath } from "../../host/replay/redact/paths.ts";
import { type Redacted, redact } from "../../host/replay/redact/redact.ts";
import { makeDefinitions } from "../../host/runtime/definitions.ts";
import { signReceipt } from "../../host/runtime/receipts.ts";
import type { IntentId } from "../../host/values/brand.ts";
import { toHex, utf8 } from "../../host/values/bytes.ts";
import { type Cbor, canon } from "../../host/values/cbor.ts";
import { text } from "../../host/values/value.ts";
import { planWorld } from "../kernel/planned.ts";
import { probe } from "../kernel/probe.ts";
import { openVirtual, send, startWork, type TestWorld, testWorld } from "../support/world.ts";

const PSP = generateKeyPairSync("ed25519");
const GO = ["t/Go@1/id", "t/Go@1/n"];

/** Asks with the text of the event, and waits for the answer. */
function plan(question: object = { text: "x" }, n: object = { int: 1 }) {
  return {
    steps: [
      {
        id: "ask",
        op: "emit_effect",
        kind: "t.echo",
        params: { record: { text: question, n, maybe: { null: {} } } },
        cap: "g",
        bind: { effect_id_as: "asked" },
      },
      { id: "wait", op: "await_receipt", for: { ref: "@var:asked" }, bind: { as: "answer" } },
      { id: "end", op: "end" },
    ],
    edges: [
      { from: "ask", to: "wait" },
      { from: "wait", to: "end" },
    ],
  };
}

interface Told {
  readonly id?: string;
  readonly n?: bigint;
  readonly raw?: Uint8Array;
  /** The answer from outside. */
  readonly answer?: { readonly n?: bigint; readonly maybe?: string };
  readonly question?: object;
  readonly asked?: object;
  /** Who answers. */
  readonly adapter?: string;
  readonly key?: Uint8Array;
  /** Started by hand under this correlation id, and not by an event. */
  readonly correlation?: string;
}

interface Ran {
  readonly journal: Journal;
  readonly world: TestWorld;
}

/** Genesis, what starts the plan, and the answer to what it asks: frames 0 to 2. */
async function ran(told: Told): Promise<Ran> {
  const { adapter = "psp", answer = {} } = told;
  const base = planWorld({
    plans: [plan(told.question, told.asked)],
    schemas: { "t/Go@1": { record: { id: { text: {} }, n: { nat: {} }, raw: { bytes: {} } } } },
  });
  const { manifest, settings } = base.definitions;
  const jwk = PSP.publicKey.export({ format: "jwk" }).x!;
  const keys = [toHex(new Uint8Array(Buffer.from(jwk, "base64url")))];
  const receiptKeys = new Map([[adapter, { effectKinds: ["t.echo"], keys }]]);
  const world = { ...base, definitions: makeDefinitions(manifest, { ...settings, receiptKeys }) };
  const { engine, journal } = await openVirtual(world);
  const { id = "nobody", n = 7n, raw = new Uint8Array(0) } = told;
  const value = canon(
    new Map<string, Cbor>([
      ["id", id],
      ["n", n],
      ["raw", raw],
    ]),
  );
  if (told.correlation !== undefined)
    await engine.startPlan({ plan: "t/P@1", input: () => value, correlation: text(told.correlation) });
  else await engine.send({ schema: "t/Go@1", value: () => value, ...(told.key ? { key: told.key } : {}) });
  const pem = PSP.privateKey.export({ type: "pkcs8", format: "pem" }) as string;
  const payload = canon(
    new Map<string, Cbor>([
      ["n", answer.n ?? 1n],
      ["maybe", answer.maybe ?? null],
    ]),
  );
  const receipt = { intent: "1.0" as IntentId, adapter, status: "ok" as const, payload };
  await engine.receive(signReceipt(pem, engine.worldId, receipt));
  return { journal, world };
}

function redacted({ journal, world }: Ran, paths: readonly string[], embedModules = true): Promise<Redacted> {
  const open = async function* (): AsyncIterable<Entry> {
    const [id] = await journal.worlds();
    yield* capture(journal, id!, { embedModules, engine: "airloom test", sign: null });
  };
  return redact(open, {
    paths: paths.map(parseRedactPath),
    salt: utf8("salt of sixteen bytes"),
    findModule: world.findModule,
    engine: "airloom test",
  });
}

async function all(from: Redacted): Promise<readonly Entry[]> {
  const entries: Entry[] = [];
  for await (const entry of from.entries) entries.push(entry);
  return entries;
}

async function redactedEntries(run: Ran, paths: readonly string[]): Promise<readonly Entry[]> {
  return all(await redacted(run, paths));
}

function leak(fields: object): object {
  return { kind: "request", code: "redact.leak", fields };
}

describe("an integer that is replaced", () => {
  it.each<[string, Told["answer"], string]>([
    ["as an integer of another type", { n: 4_711_222n }, "n"],
    ["by its digits in a text", { maybe: "account no. 4711222." }, "maybe"],
    ["by its digits after zeros", { maybe: "0004711222" }, "maybe"],
  ])("is found %s, and replaced once the path is named", async (_, answer, field) => {
    const run = await ran({ n: 4_711_222n, answer: answer! });
    const path = `t/Receipt@1/${field}`;
    await expect(redactedEntries(run, GO)).rejects.toMatchObject(
      leak({ frame: 2n, record: 0, field: `payload.${field}`, path }),
    );
    const entries = await redactedEntries(run, [...GO, path]);
    const again = async function* () {
      yield* entries;
    };
    expect(await replayRecording(again(), { against: null, findModule: run.world.findModule })).toMatchObject(
      { verdict: "identical" },
    );
  });

  it.each<[string, Told]>([
    ["among the digits of a longer number", { n: 4_711_222n, answer: { maybe: "no. 147112229" } }],
    ["of fewer than five digits", { n: 4711n, answer: { n: 4711n, maybe: "no. 4711" } }],
  ])("is not taken for found %s", async (_, told) => {
    expect(await redactedEntries(await ran(told), GO)).not.toEqual([]);
  });

  it("is found as an integer where it was a text of digits", async () => {
    const run = await ran({ id: "4711222", answer: { n: 4_711_222n } });
    await expect(redactedEntries(run, GO)).rejects.toMatchObject(leak({ field: "payload.n" }));
  });
});

describe("a text that is replaced", () => {
  const SECRET = 'Zoë "Z" Müller/Söhne & Co';

  it.each<[string, string]>([
    ["in capitals", SECRET.toUpperCase()],
    ["in small letters", SECRET.toLowerCase()],
    ["URL-encoded", `/find?name=${encodeURIComponent(SECRET)}&page=1`],
    ["as a form has it", new URLSearchParams({ name: SECRET.replaceAll("*", "") }).toString()],
    ["in JSON", JSON.stringify({ name: SECRET })],
    ["in base64", Buffer.from(SECRET).toString("base64")],
    ["in base64 behind something else", Buffer.from(`user:${SECRET}`).toString("base64url")],
    ["in hex", toHex(utf8(SECRET))],
  ])("is found %s", async (_, maybe) => {
    const run = await ran({ id: SECRET, answer: { maybe } });
    await expect(redactedEntries(run, GO)).rejects.toMatchObject(
      leak({ frame: 2n, field: "payload.maybe", path: "t/Receipt@1/maybe" }),
    );
    expect(await redactedEntries(run, [...GO, "t/Receipt@1/maybe"])).not.toEqual([]);
  });

  it("is not found in another text", async () => {
    const run = await ran({ id: SECRET, answer: { maybe: "Zoe Mueller" } });
    expect(await redactedEntries(run, GO)).not.toEqual([]);
  });
});

describe("bytes that are replaced", () => {
  const raw = Uint8Array.from({ length: 20 }, (_, i) => 255 - 11 * i);

  it.each<[string, string]>([
    ["hex", `token ${toHex(raw)}`],
    ["capital hex", toHex(raw).toUpperCase()],
    ["base64", Buffer.from(raw).toString("base64")],
    ["base64 for URLs", Buffer.from(raw).toString("base64url")],
  ])("are found as %s", async (_, maybe) => {
    const run = await ran({ raw, answer: { maybe } });
    await expect(redactedEntries(run, ["t/Go@1/raw"])).rejects.toMatchObject(
      leak({ field: "payload.maybe", path: "t/Receipt@1/maybe" }),
    );
  });
});

describe("what the recording carries beside its frames", () => {
  it("may say a short word that is a value too, which is told", async () => {
    const run = await ran({ id: "gold", question: { text: "gold" } });
    const made = await redacted(run, GO);
    expect(made.exempt).toEqual(["1/value.id"]);
    expect(await all(made)).not.toEqual([]);
    expect((await redacted(await ran({ id: "golden" }), GO)).exempt).toEqual([]);
  });

  it("may say an integer that is a value too, which is told", async () => {
    const run = await ran({ n: 90_000n, asked: { int: 90_000 } });
    const made = await redacted(run, GO);
    expect(made.exempt).toEqual(["1/value.n"]);
    expect(await all(made)).not.toEqual([]);
  });

  it.each<[string, Told, string]>([
    ["definition says in a longer text", { id: "Alice", question: { text: "ask Alice first" } }, "node"],
    ["definition says and is long", { id: LONG(), question: { text: LONG() } }, "node"],
    ["settings say", { id: "alices-bank", adapter: "alices-bank" }, "settings"],
  ])("is refused where a %s what is replaced", async (_, told, role) => {
    await expect(redactedEntries(await ran(told), GO)).rejects.toMatchObject(leak({ role }));
  });

  it("is refused where a module says it, and is not where the recording leaves the modules out", async () => {
    const world = await testWorld({ module: await probe() });
    const { engine, journal } = await openVirtual(world);
    await startWork(engine, { payload: "thrown on purpose" });
    const paths = ["demo/StartWork@1/payload"];
    await expect(redactedEntries({ journal, world }, paths)).rejects.toMatchObject(leak({ role: "module" }));
    expect(await all(await redacted({ journal, world }, paths, false))).not.toEqual([]);
  });
});

function LONG(): string {
  return "17 Elm Street, ".repeat(6);
}

describe("what enters beside values", () => {
  it("is redacted by paths of its own: the key of an event", async () => {
    const run = await ran({ id: "alice-17", key: canon("alice-17") });
    await expect(redactedEntries(run, GO)).rejects.toMatchObject(
      leak({ frame: 1n, record: 0, field: "key", path: "t/Go@1/$key" }),
    );
    const made = await redacted(run, [...GO, "t/Go@1/$key"]);
    expect(made.changed).toContain("1/key");
    const [first] = (await all(made)).flatMap((entry) =>
      entry.kind === "frame" && entry.frame.head.frame === 1n ? entry.frame.records : [],
    );
    if (first?.kind !== "domain_event") throw new Error("another run");
    const { id } = toRecord(run, first.value);
    expect(first.key).toEqual(canon(id));
  });

  it("and keys that are mere bytes", async () => {
    const key = utf8("alice-17");
    const run = await ran({ key });
    const made = await redacted(run, ["t/Go@1/$key"]);
    expect(made.changed).toContain("1/key");
    expect(await all(made)).not.toEqual([]);
  });

  it("and the correlation id of a plan started by hand", async () => {
    const run = await ran({ id: "alice-17", correlation: "alice-17" });
    await expect(redactedEntries(run, GO)).rejects.toMatchObject(
      leak({ frame: 1n, record: 0, field: "correlation", path: "t/P@1/$correlation" }),
    );
    const made = await redacted(run, [...GO, "t/P@1/$correlation"]);
    expect(made.changed).toContain("1/correlation");
    expect(await all(made)).not.toEqual([]);
  });

  it.each(["t/Receipt@1/$key", "t/Said@1/$key", "t/Nope@1/$correlation", "t/Go@1/$correlation"])(
    "is refused for %s, which is sent with none",
    async (path) => {
      await expect(redacted(await ran({}), [path])).rejects.toMatchObject({
        code: "redact.bad_path",
        fields: { path },
      });
    },
  );
});

describe("the signature of a receipt", () => {
  const signatureOf = (entries: readonly Entry[]) =>
    entries
      .flatMap((entry) => (entry.kind === "frame" ? entry.frame.records : []))
      .flatMap((record) => (record.kind === "effect_receipt" ? [record.signature] : []))[0]!;
  const NONE = new Uint8Array(64);
  const question = { ref: "@plan.input.id" };

  it("stays where neither its payload nor what it answers changed", async () => {
    const made = await redacted(await ran({ id: "alice-17" }), GO);
    expect(made.changed).not.toContain("2/signature");
    expect(signatureOf(await all(made))).not.toEqual(NONE);
  });

  it("is taken away, and told, where what it answers says something else", async () => {
    const made = await redacted(await ran({ id: "alice-17", question }), GO);
    expect(made.changed).toContain("2/signature");
    expect(signatureOf(await all(made))).toEqual(NONE);
  });

  it("is taken away, and told, where its payload changed", async () => {
    const made = await redacted(await ran({ answer: { maybe: "alice-17" } }), ["t/Receipt@1/maybe"]);
    expect(made.changed).toContain("2/signature");
    expect(signatureOf(await all(made))).toEqual(NONE);
  });
});

function toRecord({ world }: Ran, value: Uint8Array): { readonly id: string } {
  const schema = world.definitions.manifest.schemas.get("t/Go@1")!;
  return Object.fromEntries(schema.toSugar(schema.decode(value)) as Map<string, unknown>) as { id: string };
}

describe("a receipt that was taken loosely", () => {
  async function ranLoosely(): Promise<Ran> {
    const world = planWorld({ plans: [plan()] });
    const payload = canon(new Map<string, Cbor>([["note", "alice-17"]]));
    const { engine, journal } = await openVirtual(world, {
      adapters: (settle) => [
        {
          effectKinds: ["t.echo"],
          start: ({ id }) =>
            settle(id, () => ({
              adapterId: "test",
              status: "ok",
              payload,
              costCents: null,
              signature: new Uint8Array(64),
              tries: 1n,
            })),
          settled: () => {},
          stop: () => {},
        },
      ],
    });
    await send(engine, "t/Go@1", { id: "alice-17", n: 7 });
    await engine.settled();
    return { journal, world };
  }

  it("is refused where a path leads into it, by frame and field", async () => {
    await expect(redacted(await ranLoosely(), ["t/Receipt@1/maybe"])).rejects.toMatchObject({
      kind: "request",
      code: "redact.untyped",
      fields: { frame: 2n, record: 0, field: "payload", schema: "t/Receipt@1" },
    });
  });

  it("is searched all the same, and no path can be named for it", async () => {
    const run = await ranLoosely();
    expect(await redactedEntries(run, ["t/Go@1/n"])).not.toEqual([]);
    await expect(redactedEntries(run, ["t/Go@1/id"])).rejects.toMatchObject(
      leak({ frame: 2n, record: 0, field: "payload", path: null }),
    );
  });
});
