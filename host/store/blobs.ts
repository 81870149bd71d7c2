/** Bytes by their sha256; worlds of one store share them. */

import type { Hash, WorldId } from "../values/brand.ts";
import { equalBytes } from "../values/bytes.ts";
import { digestOf, hashFromDigest, sha256 } from "../values/hash.ts";
import { corrupt } from "./faults.ts";
import type { Columns, Database, Statement } from "./schema.ts";

export class BlobTable {
  readonly #put: Statement;
  readonly #holds: Statement;
  readonly #find: Statement;

  constructor(db: Database) {
    this.#put = db.prepare("INSERT INTO blob (hash, bytes) VALUES (?, ?) ON CONFLICT DO NOTHING");
    this.#holds = db.prepare("SELECT 1 FROM blob WHERE hash = ?");
    this.#find = db.prepare("SELECT bytes FROM blob WHERE hash = ?");
  }

  put(bytes: Uint8Array): Hash {
    const digest = sha256(bytes);
    this.#put.run(digest, bytes);
    return hashFromDigest(digest);
  }

  /** The hash of bytes that are stored already, null for others. */
  holds(bytes: Uint8Array): Hash | null {
    const digest = sha256(bytes);
    return this.#holds.get(digest) === undefined ? null : hashFromDigest(digest);
  }

  /** Throws `store.corrupt` when the bytes no longer match their hash. */
  find(world: WorldId, hash: Hash): Uint8Array | null {
    const digest = digestOf(hash);
    const row: Columns | undefined = this.#find.get(digest);
    if (row === undefined) return null;
    if (row.bytes instanceof Uint8Array && equalBytes(sha256(row.bytes), digest)) return row.bytes;
    throw corrupt("the bytes of a blob do not match its hash", { world, hash });
  }
}
