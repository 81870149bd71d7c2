/** What the port of host/journal/port.ts promises, asked of every implementation. */

import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { sumCells } from "../../host/journal/cell-sum.ts";
import { EMPTY_HEAD } from "../../host/journal/frame.ts";
import type { Journal } from "../../host/journal/port.ts";
import type { Epoch, Hash } from "../../host/values/brand.ts";
import { utf8 } from "../../host/values/bytes.ts";
import { hashOf } from "../../host/values/hash.ts";
import {
  Author,
  bodies,
  bodyOf,
  cell,
  cellsOf,
  commitAfter,
  ingress,
  OTHER,
  pictureOf,
  seq,
  U64_MAX,
  WORLD,
} from "./commits.ts";

export interface JournalFixture {
  readonly journal: Journal;
  /** The same journal as a later process finds it. */
  reopen(): Promise<Journal>;
  /** Makes the next write of this kind fail in the middle of its commit; absent where nothing can fail. */
  failNext?(what: "cell" | "blob" | "ingress" | "head"): Promise<void>;
  dispose(): Promise<void>;
}

export function journalContract(name: string, factory: () => Promise<JournalFixture>): void {
  describe(`the journal contract on ${name}`, () => {
    let fixture: JournalFixture;
    let journal: Journal;
    beforeEach(async () => {
      fixture = await factory();
      journal = fixture.journal;
    });
    afterEach(() => fixture.dispose());
    const subject = { journal: () => journal, fixture: () => fixture };

    framesContract(subject);
    fencingContract(subject);
    ingressContract(subject);
    cellsContract(subject);
    blobsContract(subject);
    atomicityContract(subject);
  });
}

interface Subject {
  journal(): Journal;
  fixture(): JournalFixture;
}

function framesContract({ journal, fixture }: Subject): void {
  it("reads back the frames of every commit in order, and from any frame on", async () => {
    const author = await Author.claim(journal());
    await author.write(["genesis"]);
    await author.write(["a", "b", "", "c"]);
    await author.write(["d"]);
    const reopened = await fixture().reopen();
    const all = ["genesis", "a", "b", "", "c", "d"];
    for (let from = 0; from <= all.length + 1; from++) {
      expect(await bodies(reopened, from)).toEqual(all.slice(from));
    }
    expect(await reopened.head(WORLD)).toEqual(author.head);
    expect(author.head.nextFrame).toBe(6n);
  });

  it("keeps what it was given when the caller uses the memory again", async () => {
    const author = await Author.claim(journal());
    const commit = author.commit(["kept"], {
      cells: [cell("demo/R@1", "k", 0, "state")],
      blobs: [utf8("blob")],
    });
    await journal().append(commit);
    commit.frames[0]!.fill(0);
    commit.cells[0]!.state!.fill(0);
    commit.cells[0]!.key.fill(0);
    commit.blobs[0]!.fill(0);
    expect(await bodies(journal())).toEqual(["kept"]);
    expect(await cellsOf(journal())).toEqual([["demo/R@1", "k", 0n, "state"]]);
    expect(await journal().getBlob(WORLD, hashOf(utf8("blob")))).toEqual(utf8("blob"));
  });

  it("reads large and many frames alike", async () => {
    const author = await Author.claim(journal());
    const sizes = [1, 700_000, 3, 700_000, 700_000, ...Array.from({ length: 300 }, (_, i) => i % 7)];
    for (const [i, size] of sizes.entries()) await author.write([`${i}:${"x".repeat(size)}`]);
    const read = await bodies(journal());
    expect(read.map((body) => body.length - body.indexOf(":") - 1)).toEqual(sizes);
    expect(await bodies(journal(), 3)).toEqual(read.slice(3));
  });

  it("ends a reading where the journal ended when it began, while the writer appends", async () => {
    const author = await Author.claim(journal());
    for (let i = 0; i < 10; i++) await author.write([`before ${i}`, `also ${i}`]);
    const seen: string[] = [];
    for await (const frame of journal().read(WORLD, seq(0))) {
      seen.push(bodyOf(frame));
      await author.write([`during ${seen.length}`]);
    }
    expect(seen).toHaveLength(20);
    expect(await bodies(journal())).toHaveLength(40);
  });

  it("lists its worlds and keeps them apart", async () => {
    const one = await Author.claim(journal(), OTHER);
    const two = await Author.claim(journal(), WORLD);
    await one.write(["other"], { ingress: [ingress("id", 0)], cells: [cell("demo/R@1", "k", 0, "other")] });
    await two.write(["mine"]);
    const reopened = await fixture().reopen();
    expect(await reopened.worlds()).toEqual([WORLD, OTHER]);
    expect(await bodies(reopened, 0, OTHER)).toEqual(["other"]);
    expect(await bodies(reopened, 0, WORLD)).toEqual(["mine"]);
    expect(await reopened.findIngress(WORLD, "id")).toBeNull();
    expect(await cellsOf(reopened, WORLD)).toEqual([]);
  });

  it("answers for a world it does not hold as for nothing", async () => {
    expect(await journal().worlds()).toEqual([]);
    expect(await pictureOf(journal(), WORLD, ["id"])).toEqual({
      head: null,
      frames: [],
      cells: [],
      ingress: [null],
    });
    expect(await journal().readCell(WORLD, "demo/R@1", utf8("k"), seq(0))).toBeNull();
    expect(await journal().append(commitAfter(EMPTY_HEAD, 1n as Epoch, ["a"]))).toBe("fenced");
    expect(await journal().worlds()).toEqual([]);
  });

  it("takes a commit without frames, and refuses one that moves the head", async () => {
    const author = await Author.claim(journal());
    await author.write(["genesis"]);
    await author.write([], { blobs: [utf8("only a blob")] });
    expect(await journal().head(WORLD)).toEqual(author.head);
    expect(await bodies(journal())).toEqual(["genesis"]);
    expect(await journal().getBlob(WORLD, hashOf(utf8("only a blob")))).toEqual(utf8("only a blob"));
    const moving = { ...author.commit([]), head: { ...author.head, digest: new Uint8Array(32).fill(7) } };
    await expect(journal().append(moving)).rejects.toMatchObject({ code: "internal.bug" });
  });

  it("compares sequences above 2^63 as unsigned", async () => {
    const author = await Author.claim(journal());
    await author.write(["genesis"], { cells: [cell("demo/R@1", "k", 0, "first")] });
    for (const asOf of [0n, 2n ** 63n - 1n, 2n ** 63n, U64_MAX]) {
      expect(await journal().readCell(WORLD, "demo/R@1", utf8("k"), seq(asOf))).toEqual(utf8("first"));
      expect(await bodies(journal(), asOf)).toEqual(asOf === 0n ? ["genesis"] : []);
      expect(await journal().append({ ...author.commit(["x"]), expected: seq(asOf) })).toBe("fenced");
    }
  });

  it("refuses a commit whose parts do not fit together", async () => {
    const author = await Author.claim(journal());
    await author.write(["genesis"]);
    const before = await pictureOf(journal());
    const good = author.commit(["a"]);
    const wrong = [
      { ...good, head: { ...good.head, nextFrame: seq(3) } },
      { ...good, head: { ...good.head, nextRecord: 0n as typeof good.head.nextRecord } },
      { ...good, head: { ...good.head, digest: new Uint8Array(31) } },
      { ...good, frames: [good.frames[0]!.subarray(0, good.frames[0]!.length - 1)] },
      { ...good, frames: [new Uint8Array(7)] },
      { ...good, ingress: [ingress("id", 2)] },
      { ...good, ingress: [ingress("id", 0)] },
      { ...good, cells: [cell("demo/R@1", "k", 2, "state")] },
    ];
    for (const commit of wrong) {
      await expect(journal().append(commit)).rejects.toMatchObject({ code: "internal.bug", kind: "bug" });
    }
    expect(await pictureOf(journal())).toEqual(before);
    expect(await journal().append(good)).toBe("durable");
  });
}

function fencingContract({ journal, fixture }: Subject): void {
  it("starts a claimed world empty and gives every claim a newer epoch", async () => {
    const first = await journal().claim(WORLD);
    expect(await journal().head(WORLD)).toEqual(EMPTY_HEAD);
    const second = await journal().claim(WORLD);
    const third = await (await fixture().reopen()).claim(WORLD);
    expect([second > first, third > second]).toEqual([true, true]);
  });

  it("fences a commit that expects another head, and changes nothing", async () => {
    const author = await Author.claim(journal());
    await author.write(["genesis"]);
    const rival = author.commit(["rival"], { ingress: [ingress("rival", 1)], blobs: [utf8("rival")] });
    await author.write(["winner"]);
    const before = await pictureOf(journal(), WORLD, ["rival"]);
    expect(await journal().append(rival)).toBe("fenced");
    const ahead = commitAfter({ ...author.head, nextFrame: seq(9) }, author.epoch, ["too early"]);
    expect(await journal().append(ahead)).toBe("fenced");
    expect(await pictureOf(journal(), WORLD, ["rival"])).toEqual(before);
    expect(await journal().getBlob(WORLD, hashOf(utf8("rival")))).toBeNull();
    await author.write(["next"]);
  });

  it("fences every earlier epoch once the world is claimed again, and one that never was", async () => {
    const old = await Author.claim(journal());
    await old.write(["genesis"]);
    const young = await Author.claim(journal());
    expect(await journal().append(old.commit(["late"]))).toBe("fenced");
    const future = (young.epoch + 1n) as Epoch;
    expect(await journal().append(commitAfter(young.head, future, ["early"]))).toBe("fenced");
    await young.write(["mine"]);
    expect(await bodies(journal())).toEqual(["genesis", "mine"]);
  });
}

function ingressContract({ journal, fixture }: Subject): void {
  it("finds the frame of an ingress id, and null for an unknown one", async () => {
    const author = await Author.claim(journal());
    await author.write(["a", "b"], { ingress: [ingress("one", 0), ingress("two\0x", 1, "text")] });
    const reopened = await fixture().reopen();
    expect(await reopened.findIngress(WORLD, "one")).toEqual(ingress("one", 0));
    expect(await reopened.findIngress(WORLD, "two\0x")).toEqual(ingress("two\0x", 1, "text"));
    expect(await reopened.findIngress(WORLD, "two\0y")).toBeNull();
    expect(await reopened.findIngress(WORLD, "__proto__")).toBeNull();
  });

  it("never binds an id again, and then nothing of the commit applies", async () => {
    const author = await Author.claim(journal());
    await author.write(["a"], { ingress: [ingress("id", 0)] });
    const before = await pictureOf(journal(), WORLD, ["id", "new"]);
    const extras = { cells: [cell("demo/R@1", "k", 1, "state")], blobs: [utf8("blob")] };
    const again = author.commit(["b"], { ...extras, ingress: [ingress("new", 1), ingress("id", 1)] });
    const twice = author.commit(["b"], { ...extras, ingress: [ingress("new", 1), ingress("new", 1)] });
    await expect(journal().append(again)).rejects.toMatchObject({
      code: "ingress.conflict",
      fields: { id: "id" },
    });
    await expect(journal().append(twice)).rejects.toMatchObject({
      code: "ingress.conflict",
      fields: { id: "new" },
    });
    expect(await pictureOf(journal(), WORLD, ["id", "new"])).toEqual(before);
    expect(await journal().getBlob(WORLD, hashOf(utf8("blob")))).toBeNull();
    await author.write(["c"], { ingress: [ingress("new", 1)] });
  });
}

function cellsContract({ journal, fixture }: Subject): void {
  it("reads a cell as it was after a frame", async () => {
    const author = await Author.claim(journal());
    await author.write(["0"], { cells: [cell("demo/R@1", "k", 0, "zero")] });
    await author.write(["1", "2"], {
      cells: [cell("demo/R@1", "k", 1, "one"), cell("demo/R@1", "k", 2, "")],
    });
    await author.write(["3"], { cells: [cell("demo/R@1", "k", 3, null), cell("demo/S@1", "k", 3, "other")] });
    await author.write(["4"], { cells: [cell("demo/R@1", "k", 4, "back")] });
    const reopened = await fixture().reopen();
    const at = async (frame: number, reducer = "demo/R@1", key = "k") => {
      const state = await reopened.readCell(WORLD, reducer, utf8(key), seq(frame));
      return state && new TextDecoder().decode(state);
    };
    const states = await Promise.all([0, 1, 2, 3, 4, 9].map((frame) => at(frame)));
    expect(states).toEqual(["zero", "one", "", null, "back", "back"]);
    expect(await at(2, "demo/S@1")).toBeNull();
    expect(await at(3, "demo/S@1")).toBe("other");
    expect(await at(9, "demo/R@1", "")).toBeNull();
  });

  it("lists the cells that exist now, by reducer and key bytes", async () => {
    const author = await Author.claim(journal());
    const keys = ["b", "", "a\xff", "a", "gone"];
    await author.write(["0"], { cells: keys.map((key) => cell("demo/R@1", key, 0, `0${key}`)) });
    await author.write(["1"], { cells: [cell("demo/R@1", "b", 1, "1b"), cell("demo/A@1", "z", 1, "1z")] });
    await author.write(["2"], { cells: [cell("demo/R@1", "gone", 2, null)] });
    expect(await cellsOf(await fixture().reopen())).toEqual([
      ["demo/A@1", "z", 1n, "1z"],
      ["demo/R@1", "", 0n, "0"],
      ["demo/R@1", "a", 0n, "0a"],
      ["demo/R@1", "a\xff", 0n, "0a\xff"],
      ["demo/R@1", "b", 1n, "1b"],
    ]);
  });

  it("finds versions of several cells at once, in the order asked", async () => {
    const author = await Author.claim(journal());
    const was = [
      cell("demo/R@1", "a", 0, "0"),
      cell("demo/R@1", "gone", 0, "0"),
      cell("demo/S@1", "a", 0, "s"),
    ];
    await author.write(["0"], { cells: was });
    const now = [cell("demo/R@1", "a", 1, "1"), cell("demo/R@1", "gone", 1, null)];
    await author.write(["1"], { cells: now });
    const reopened = await fixture().reopen();
    const wanted = ["gone", "never", "a"].map((key) => ({ reducer: "demo/R@1", key: utf8(key) }));
    const find = (frame: number) => reopened.findCells(WORLD, wanted, seq(frame));
    expect(await find(0)).toEqual([was[1], null, was[0]]);
    expect(await find(1)).toEqual([now[1], null, now[0]]);
    expect(await reopened.findCells(WORLD, [], seq(1))).toEqual([]);
  });

  it("lists a reducer's cells page by page", async () => {
    const author = await Author.claim(journal());
    const keys = ["", "a", "b", "ba", "gone", "z"];
    await author.write(["0"], { cells: keys.map((key) => cell("demo/R@1", key, 0, `0${key}`)) });
    await author.write(["1"], {
      cells: [cell("demo/R@1", "gone", 1, null), cell("demo/S@1", "other", 1, "s")],
    });
    const reopened = await fixture().reopen();
    const page = async (limit: number, after?: string) => {
      const start = after === undefined ? {} : { after: utf8(after) };
      const cells = await reopened.listCells(WORLD, { reducer: "demo/R@1", limit, ...start });
      return cells.map(({ key }) => new TextDecoder().decode(key));
    };
    expect(await page(9)).toEqual(["", "a", "b", "ba", "z"]);
    expect(await page(2)).toEqual(["", "a"]);
    expect(await page(2, "a")).toEqual(["b", "ba"]);
    expect(await page(2, "bb")).toEqual(["z"]);
    expect(await page(2, "z")).toEqual([]);
    expect(await page(3, "")).toEqual(["a", "b", "ba"]);
    expect(await reopened.listCells(OTHER, { reducer: "demo/R@1", limit: 1 })).toEqual([]);
  });

  it("adds up the cells there were after a frame, and counts the versions written later", async () => {
    const author = await Author.claim(journal());
    const live = (key: string, state: string, reducer = "demo/R@1") => ({
      cell: { reducer, key: utf8(key) },
      state: utf8(state),
    });
    expect(await journal().sumCells(WORLD, seq(0))).toEqual({ sums: new Map(), later: 0n });
    const many = Array.from({ length: 700 }, (_, n) => `${n}`);
    await author.write(["0"], { cells: many.map((key) => cell("demo/R@1", key, 0, `0${key}`)) });
    await author.write(["1"], { cells: [cell("demo/R@1", "7", 1, "seven"), cell("demo/R@1", "8", 1, null)] });
    await author.write(["2"], { cells: [cell("demo/A@1", "x", 2, "x"), cell("demo/R@1", "7", 2, null)] });
    const reopened = await fixture().reopen();
    const first = many.map((key) => live(key, `0${key}`));
    const second = [...first.filter((_, n) => n !== 7 && n !== 8), live("7", "seven")];
    const third = [...first.filter((_, n) => n !== 7 && n !== 8), live("x", "x", "demo/A@1")];
    expect(await reopened.sumCells(WORLD, seq(0))).toEqual({ sums: sumCells(first), later: 4n });
    expect(await reopened.sumCells(WORLD, seq(1))).toEqual({ sums: sumCells(second), later: 2n });
    const last = await reopened.sumCells(WORLD, seq(2));
    expect(last).toEqual({ sums: sumCells(third), later: 0n });
    expect([...last.sums.keys()]).toEqual(["demo/A@1", "demo/R@1"]);
  });

  it("knows the newest snapshot", async () => {
    const author = await Author.claim(journal());
    await author.write(["0"]);
    expect(await journal().newestSnapshot(WORLD)).toBeNull();
    const entry = (frame: number) => ({ frame: seq(frame), hash: hashOf(utf8(`${frame}`)) });
    await author.write(["1"], { snapshots: [entry(1)] });
    await author.write(["2", "3", "4"], { snapshots: [entry(2), entry(4)] });
    await author.write(["5"]);
    const reopened = await fixture().reopen();
    expect(await reopened.newestSnapshot(WORLD)).toEqual(entry(4));
    expect(await reopened.newestSnapshot(OTHER)).toBeNull();
  });

  it("lists more cells than it takes in one go, while the writer changes them", async () => {
    const author = await Author.claim(journal());
    const key = (n: number) => `${1000 + n}`;
    const cells = Array.from({ length: 600 }, (_, n) => cell("demo/R@1", key(n), 0, `${n}`));
    await author.write(["0"], { cells });
    let n = 0;
    for await (const { state } of journal().cells(WORLD)) {
      expect(new TextDecoder().decode(state)).toBe(`${n++}`);
      if (n % 200 === 0) {
        const frame = author.head.nextFrame;
        await author.write(["x"], {
          cells: [cell("demo/R@1", key(n + 5), frame, null), cell("demo/Z@1", key(n), frame, "new")],
        });
      }
    }
    expect(n).toBe(600);
    expect(await cellsOf(journal())).toHaveLength(601);
  });
}

function blobsContract({ journal, fixture }: Subject): void {
  it("stores blobs by their hash, once, alone or with a commit", async () => {
    const author = await Author.claim(journal());
    const bytes = utf8("a blob");
    const hash = await journal().putBlob(WORLD, bytes);
    expect(hash).toBe(hashOf(bytes));
    expect(await journal().putBlob(WORLD, bytes)).toBe(hash);
    await author.write(["a"], { blobs: [bytes, new Uint8Array(0), bytes] });
    const reopened = await fixture().reopen();
    expect(await reopened.getBlob(WORLD, hash)).toEqual(bytes);
    expect(await reopened.getBlob(WORLD, hashOf(new Uint8Array(0)))).toEqual(new Uint8Array(0));
    expect(await reopened.getBlob(WORLD, `sha256:${"0".repeat(64)}` as Hash)).toBeNull();
  });
}

function atomicityContract({ fixture }: Subject): void {
  for (const what of ["cell", "blob", "ingress", "head"] as const) {
    it(`leaves nothing of a commit whose ${what} write failed`, async (context) => {
      const { journal, failNext, reopen } = fixture();
      if (!failNext) return context.skip("nothing can fail here");
      const author = await Author.claim(journal);
      await author.write(["genesis"], { cells: [cell("demo/R@1", "k", 0, "zero")] });
      const before = await pictureOf(journal, WORLD, ["id"]);
      await failNext(what);
      const blobs = [utf8("one"), utf8("two")];
      const cells = [cell("demo/R@1", "k", 1, "one"), cell("demo/R@1", "l", 2, "two")];
      const commit = author.commit(["a", "b"], { ingress: [ingress("id", 1)], cells, blobs });
      const outcome = await journal.append(commit).catch((error: unknown) => error);
      expect(outcome).toMatchObject({ kind: "host", code: "store.io" });
      await expect(journal.head(WORLD)).rejects.toMatchObject({ code: "store.poisoned" });
      const reopened = await reopen();
      expect(await pictureOf(reopened, WORLD, ["id"])).toEqual(before);
      for (const blob of blobs) expect(await reopened.getBlob(WORLD, hashOf(blob))).toBeNull();
      expect(await reopened.append(commit)).toBe("durable");
      expect(await bodies(reopened)).toEqual(["genesis", "a", "b"]);
    });
  }
}
