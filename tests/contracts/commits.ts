/** Frames and commits as a store sees them: opaque bodies behind length and CRC, heads that follow. */

import { EMPTY_HEAD } from "../../host/journal/frame.ts";
import type { CellWrite, Commit, Head, IngressEntry, Journal } from "../../host/journal/port.ts";
import type { Epoch, FrameSeq, LogicalTimeNs, RecordSeq, WorldId } from "../../host/values/brand.ts";
import { concat, utf8 } from "../../host/values/bytes.ts";
import { crc32, sha256 } from "../../host/values/hash.ts";

export const WORLD = "00112233445566778899aabbccddeeff" as WorldId;
export const OTHER = "ffeeddccbbaa99887766554433221100" as WorldId;

export const seq = (n: bigint | number): FrameSeq => BigInt(n) as FrameSeq;
export const U64_MAX = 2n ** 64n - 1n;

export function frameOf(body: string | Uint8Array): Uint8Array {
  const bytes = typeof body === "string" ? utf8(body) : body;
  const prefix = new Uint8Array(8);
  const view = new DataView(prefix.buffer);
  view.setUint32(0, bytes.length, true);
  view.setUint32(4, crc32(bytes), true);
  return concat([prefix, bytes]);
}

export function bodyOf(frame: Uint8Array): string {
  return new TextDecoder().decode(frame.subarray(8));
}

export function ingress(id: string, frame: bigint | number, text = id): IngressEntry {
  return { id, requestDigest: sha256(utf8(text)), frame: seq(frame) };
}

export function cell(reducer: string, key: string, frame: bigint | number, state: string | null): CellWrite {
  const activeNs = (BigInt(frame) * 1000n) as LogicalTimeNs;
  return { frame: seq(frame), reducer, key: utf8(key), state: state === null ? null : utf8(state), activeNs };
}

export function headAfter(head: Head, frames: readonly Uint8Array[]): Head {
  return {
    nextFrame: seq(head.nextFrame + BigInt(frames.length)),
    nextRecord: (head.nextRecord + 3n * BigInt(frames.length)) as RecordSeq,
    digest: frames.reduce((digest, frame) => sha256(concat([digest, frame])), head.digest),
  };
}

type Extras = Partial<Pick<Commit, "world" | "ingress" | "cells" | "blobs" | "snapshots">>;

/** The commit that extends `head` by frames with these bodies. */
export function commitAfter(
  head: Head,
  epoch: Epoch,
  bodies: readonly string[],
  extras: Extras = {},
): Commit {
  const frames = bodies.map(frameOf);
  return {
    world: extras.world ?? WORLD,
    epoch,
    expected: head.nextFrame,
    frames,
    ingress: extras.ingress ?? [],
    cells: extras.cells ?? [],
    blobs: extras.blobs ?? [],
    snapshots: extras.snapshots ?? [],
    head: headAfter(head, frames),
  };
}

/** One who has claimed a world and appends to it. */
export class Author {
  readonly epoch: Epoch;
  readonly #journal: Journal;
  readonly #world: WorldId;
  head: Head = EMPTY_HEAD;

  private constructor(journal: Journal, world: WorldId, epoch: Epoch) {
    this.#journal = journal;
    this.#world = world;
    this.epoch = epoch;
  }

  static async claim(journal: Journal, world: WorldId = WORLD): Promise<Author> {
    const author = new Author(journal, world, await journal.claim(world));
    author.head = (await journal.head(world)) ?? EMPTY_HEAD;
    return author;
  }

  /** The commit it would append next. */
  commit(bodies: readonly string[], extras: Extras = {}): Commit {
    return commitAfter(this.head, this.epoch, bodies, { world: this.#world, ...extras });
  }

  /** Appends one commit of these frames; throws unless it becomes durable. */
  async write(bodies: readonly string[], extras: Extras = {}): Promise<void> {
    const commit = this.commit(bodies, extras);
    const result = await this.#journal.append(commit);
    if (result !== "durable") throw new Error(`expected durable, got ${result}`);
    this.head = commit.head;
  }
}

export async function bodies(journal: Journal, from: bigint | number = 0, world = WORLD): Promise<string[]> {
  const out: string[] = [];
  for await (const frame of journal.read(world, seq(from))) out.push(bodyOf(frame));
  return out;
}

export async function cellsOf(journal: Journal, world = WORLD): Promise<[string, string, bigint, string][]> {
  const text = new TextDecoder();
  const out: [string, string, bigint, string][] = [];
  for await (const { reducer, key, frame, state } of journal.cells(world)) {
    out.push([reducer, text.decode(key), frame, text.decode(state)]);
  }
  return out;
}

/** Everything a store says about a world, to compare before and after. */
export async function pictureOf(journal: Journal, world = WORLD, ids: readonly string[] = []) {
  return {
    head: await journal.head(world),
    frames: await bodies(journal, 0, world),
    cells: await cellsOf(journal, world),
    ingress: await Promise.all(ids.map((id) => journal.findIngress(world, id))),
  };
}
