import { copyFile, open, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "@photostructure/sqlite";
import { describe, expect, it } from "vitest";
import { utf8 } from "../../host/values/bytes.ts";
import { AirloomError } from "../../host/values/errors.ts";
import { crc32, hashOf } from "../../host/values/hash.ts";
import { Author, bodies, bodyOf, cell, cellsOf, frameOf, ingress, seq, WORLD } from "../contracts/commits.ts";
import { emptyFolder, opened, READ, sql } from "./folders.ts";

/** Three commits: frame 0; frames 1 to 3; frame 4. */
async function closedStore(): Promise<string> {
  const folder = await emptyFolder();
  made ??= await readFile(join(await makeStore(), "store.db"));
  await writeFile(join(folder, "store.db"), made);
  return folder;
}

let made: Uint8Array | undefined;

async function makeStore(): Promise<string> {
  const folder = await emptyFolder();
  const store = await opened(folder);
  const author = await Author.claim(store);
  await author.write(["zero"], { cells: [cell("demo/R@1", "k", 0, "state")], blobs: [utf8("blob")] });
  await author.write(["one", "two", "three"], { ingress: [ingress("id", 2)] });
  await author.write(["four"], { cells: [cell("demo/R@1", "k", 4, "newer")] });
  await store.close();
  return folder;
}

/** Changes the bytes of the journal row with this id. */
function changeRow(folder: string, id: number, change: (bytes: Uint8Array) => Uint8Array): void {
  const db = new DatabaseSync(join(folder, "store.db"));
  const { bytes } = db.prepare("SELECT bytes FROM journal WHERE id = ?").get(id);
  db.prepare("UPDATE journal SET bytes = ? WHERE id = ?").run(change(bytes), id);
  db.close();
}

/** The frames that come before the error, and the error. */
async function readUntilBroken(folder: string, from = 0): Promise<{ seen: string[]; error: unknown }> {
  const seen: string[] = [];
  try {
    const store = await opened(folder, READ);
    for await (const frame of store.read(WORLD, seq(from))) seen.push(bodyOf(frame));
    return { seen, error: null };
  } catch (error) {
    return { seen, error };
  }
}

const corruptAt = (frame: number) => ({
  kind: "corrupt",
  code: "store.corrupt",
  fields: { world: WORLD, frame: BigInt(frame), reason: expect.any(String) },
});

const flip = (at: number) => (bytes: Uint8Array) => {
  const out = bytes.slice();
  out[at]! ^= 0x10;
  return out;
};

describe("a journal row that was changed", () => {
  it("names the frame whose byte was flipped, wherever in the row it is", async () => {
    const lengths = ["one", "two", "three"].map((body) => frameOf(body).length);
    let at = 0;
    for (const [i, length] of lengths.entries()) {
      for (let k = 0; k < length; k++) {
        const folder = await closedStore();
        changeRow(folder, 2, flip(at + k));
        const { seen, error } = await readUntilBroken(folder);
        expect(error, `byte ${k} of frame ${i + 1}`).toMatchObject(corruptAt(i + 1));
        expect(seen).toEqual(["zero", "one", "two"].slice(0, i + 1));
      }
      at += length;
    }
  });

  it("passes a changed body whose CRC was repaired: the chain of digests is not the store's to prove", async () => {
    const folder = await closedStore();
    changeRow(folder, 3, (bytes) => {
      const out = flip(8)(bytes);
      new DataView(out.buffer, out.byteOffset).setUint32(4, crc32(out.subarray(8)), true);
      return out;
    });
    const { seen, error } = await readUntilBroken(folder);
    expect(error).toBeNull();
    expect(seen).toEqual(["zero", "one", "two", "three", "vour"]);
  });

  it("misses what was cut off, added, taken out or put in", async () => {
    const cases: [number, (bytes: Uint8Array) => Uint8Array][] = [
      [3, (bytes) => bytes.subarray(0, bytes.length - 1)],
      [3, (bytes) => bytes.subarray(0, frameOf("one").length + frameOf("two").length)],
      [2, (bytes) => bytes.subarray(0, frameOf("one").length + 7)],
      [1, () => new Uint8Array(0)],
      [4, (bytes) => new Uint8Array([...bytes, 0])],
      [4, (bytes) => new Uint8Array([...bytes, ...frameOf("more")])],
      [3, (bytes) => bytes.subarray(frameOf("one").length)],
    ];
    for (const [frame, change] of cases) {
      const folder = await closedStore();
      changeRow(folder, 2, change);
      expect((await readUntilBroken(folder)).error).toMatchObject(corruptAt(frame));
    }
  });

  it("does not look at rows before the one asked for", async () => {
    const folder = await closedStore();
    changeRow(folder, 1, flip(9));
    expect(await readUntilBroken(folder, 1)).toEqual({ seen: ["one", "two", "three", "four"], error: null });
    expect((await readUntilBroken(folder, 0)).error).toMatchObject(corruptAt(0));
  });
});

describe("the columns around the frames", () => {
  const cases: [string, number, string][] = [
    ["a count too high", 4, "UPDATE journal SET count = 4 WHERE id = 2"],
    ["a count too low", 3, "UPDATE journal SET count = 2 WHERE id = 2"],
    ["a count of none", 1, "UPDATE journal SET count = 0 WHERE id = 2"],
    ["a count below none", 1, "UPDATE journal SET count = -9223372036854775808 WHERE id = 2"],
    ["a count beyond all", 4, "UPDATE journal SET count = 9223372036854775807 WHERE id = 2"],
    ["a first frame too late", 1, "UPDATE journal SET first = x'0000000000000002' WHERE id = 2"],
    [
      "a first frame too early",
      3,
      "DELETE FROM journal WHERE id = 1; UPDATE journal SET first = zeroblob(8) WHERE id = 2",
    ],
    ["a first frame of no number", 5, "UPDATE journal SET first = x'00000001' WHERE id = 2"],
    ["a first frame far away", 5, "UPDATE journal SET first = x'8000000000000001' WHERE id = 2"],
    ["a row that is gone", 1, "DELETE FROM journal WHERE id = 2"],
    ["a row of another world", 1, "UPDATE journal SET world = 'other' WHERE id = 2"],
    [
      "a row too many",
      4,
      `INSERT INTO journal VALUES (9, '${WORLD}', x'0000000000000002', 1, x'00000000000000')`,
    ],
  ];
  for (const [what, frame, text] of cases) {
    it(`shows ${what}`, async () => {
      const folder = await closedStore();
      sql(folder, text);
      expect((await readUntilBroken(folder)).error).toMatchObject(corruptAt(frame));
    });
  }

  it("shows a journal whose last commit is gone, before anything is read or appended", async () => {
    const folder = await closedStore();
    sql(folder, "DELETE FROM journal WHERE id = 3");
    const store = await opened(folder);
    await expect(store.head(WORLD)).rejects.toMatchObject(corruptAt(4));
    await expect(bodies(store)).rejects.toMatchObject(corruptAt(4));
  });

  it("never begins a world anew whose row is gone", async () => {
    for (const change of ["DELETE FROM world", "UPDATE world SET id = 'x' || id"]) {
      const folder = await closedStore();
      sql(folder, change);
      const store = await opened(folder);
      const gone = { code: "store.corrupt", fields: { world: WORLD } };
      await expect(store.claim(WORLD), change).rejects.toMatchObject(gone);
      await expect(store.head(WORLD), change).rejects.toMatchObject(gone);
    }
  });

  it("shows a changed row of the world, whatever was changed", async () => {
    for (const text of [
      "epoch = x'0000000000000009'",
      "next_frame = x'0000000000000004'",
      "next_frame = x'00'",
      "next_record = x'0000000000000004'",
      "digest = zeroblob(32)",
      "digest = zeroblob(31)",
      "pruned = x'0000000000000001'",
      "crc = crc + 1",
    ]) {
      const folder = await closedStore();
      sql(folder, `UPDATE world SET ${text}`);
      const store = await opened(folder);
      const corrupt = { kind: "corrupt", code: "store.corrupt", fields: { world: WORLD } };
      await expect(store.head(WORLD), text).rejects.toMatchObject(corrupt);
      await expect(store.claim(WORLD), text).rejects.toMatchObject(corrupt);
      await expect(bodies(store), text).rejects.toMatchObject(corrupt);
      await expect(store.worlds(), text).rejects.toMatchObject({ code: "store.corrupt" });
    }
  });
});

describe("cells, ids and blobs that were changed", () => {
  it("shows a state that does not match its digest, and reads the others", async () => {
    for (const change of [
      "state = x'00'",
      "state = NULL",
      "digest = zeroblob(32)",
      "digest = NULL",
      "crc = crc + 1",
      "active_ns = zeroblob(8)",
      "active_ns = zeroblob(7)",
    ]) {
      const folder = await closedStore();
      sql(folder, `UPDATE cell SET ${change} WHERE frame = x'0000000000000004'`);
      const store = await opened(folder, READ);
      const corrupt = { kind: "corrupt", code: "store.corrupt", fields: { reducer: "demo/R@1", key: "6b" } };
      await expect(store.readCell(WORLD, "demo/R@1", utf8("k"), seq(4)), change).rejects.toMatchObject(
        corrupt,
      );
      await expect(cellsOf(store), change).rejects.toMatchObject(corrupt);
      expect(await store.readCell(WORLD, "demo/R@1", utf8("k"), seq(3))).toEqual(utf8("state"));
    }
  });

  it("shows a blob that does not match its hash", async () => {
    const folder = await closedStore();
    sql(folder, "UPDATE blob SET bytes = x'626c6f63'");
    const store = await opened(folder, READ);
    const hash = hashOf(utf8("blob"));
    await expect(store.getBlob(WORLD, hash)).rejects.toMatchObject({
      code: "store.corrupt",
      fields: { hash },
    });
    expect(await store.getBlob(WORLD, hashOf(utf8("bloc")))).toBeNull();
  });

  it("shows an ingress id whose frame is no number", async () => {
    const folder = await closedStore();
    sql(folder, "UPDATE ingress SET frame = x'02'");
    const store = await opened(folder, READ);
    await expect(store.findIngress(WORLD, "id")).rejects.toMatchObject({
      code: "store.corrupt",
      fields: { id: "id" },
    });
  });
});

describe("bits flipped in the file itself", () => {
  it("never changes, adds or silently drops a frame, nor a blob, and never shows the driver's error", async () => {
    const folder = await closedStore();
    const whole = await readFile(join(folder, "store.db"));
    const seed = Math.floor(Math.random() * 2 ** 31);
    console.log(`bits flipped in the file: seed ${seed}`);
    const random = generator(seed);
    const used = [...whole.keys()].filter((at) => whole[at] !== 0 || at % 97 === 0);
    let noticed = 0;
    const rounds = 150;
    for (let i = 0; i < rounds; i++) {
      const copy = await emptyFolder();
      await copyFile(join(folder, "store.db"), join(copy, "store.db"));
      const at = used[random() % used.length]!;
      const file = await open(join(copy, "store.db"), "r+");
      await file.write(Uint8Array.of(whole[at]! ^ (1 << (random() % 8))), 0, 1, at);
      await file.close();
      if (await damageShows(copy, `byte ${at}, seed ${seed}`)) noticed++;
    }
    expect(noticed).toBeGreaterThan(rounds / 10);
  });
});

/** Asks everything of a damaged store: each answer is the true one, or an error of ours. */
async function damageShows(folder: string, where: string): Promise<boolean> {
  let shown = false;
  const ask = async <T>(question: () => Promise<T>, truths: readonly T[] | null) => {
    try {
      const answer = await question();
      if (truths) expect(truths, where).toContainEqual(answer);
    } catch (error) {
      if (!(error instanceof AirloomError)) throw error;
      expect(["corrupt", "host"], `${where}: ${error.code} ${error.message}`).toContain(error.kind);
      shown = true;
    }
  };
  await ask(async () => {
    const store = await opened(folder, READ);
    const all = ["zero", "one", "two", "three", "four"];
    await ask(async () => (await store.head(WORLD))?.nextFrame ?? null, [5n]);
    await ask(() => bodies(store), [all]);
    await ask(() => store.getBlob(WORLD, hashOf(utf8("blob"))), [utf8("blob"), null]);
    await ask(() => store.findIngress(WORLD, "id"), null);
    await ask(
      () => store.readCell(WORLD, "demo/R@1", utf8("k"), seq(4)),
      [utf8("newer"), utf8("state"), null],
    );
    await ask(() => cellsOf(store), null);
    await store.close();
  }, null);
  return shown;
}

/** Mulberry32. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return (t ^ (t >>> 14)) >>> 0;
  };
}
