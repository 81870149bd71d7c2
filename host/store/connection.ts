/**
 * One open database and what may still be asked of it. After a failed write or sync nobody knows what the
 * disk holds, so the connection refuses everything until the store is opened again, which reads what is
 * really there.
 */

import { AirloomError } from "../values/errors.ts";
import { storeFault } from "./faults.ts";
import type { WriterLock } from "./lock.ts";
import type { Database } from "./schema.ts";

export class Connection {
  readonly db: Database;
  readonly #folder: string;
  readonly #lock: WriterLock | null;
  #closed = false;
  #poison: AirloomError | null = null;

  /** Without a lock it only reads. */
  constructor(folder: string, db: Database, lock: WriterLock | null) {
    this.#folder = folder;
    this.db = db;
    this.#lock = lock;
  }

  reading<T>(body: () => T): T {
    this.#refuseUnusable();
    try {
      return body();
    } catch (error) {
      throw storeFault(error, this.#folder, "reading");
    }
  }

  /**
   * Runs `body` in one transaction, durable when this returns. A refusal by `body` (an `AirloomError`) rolls
   * back and leaves the store usable; any other failure poisons it. The fault's field `stage` is `commit`
   * where it is unknown whether the write is there.
   */
  writing<T>(doing: string, body: () => T): T {
    this.#refuseUnusable();
    if (!this.#lock) {
      const message = `the store in ${this.#folder} was opened for reading: open it in mode "write"`;
      throw new AirloomError("bug", "store.read_only", message, { fields: { folder: this.#folder, doing } });
    }
    this.#control(doing, "begin", "BEGIN IMMEDIATE");
    let result: T;
    try {
      result = body();
    } catch (error) {
      if (this.db.isTransaction) this.#control(doing, "rollback", "ROLLBACK");
      throw error instanceof AirloomError ? error : this.#poisonWith(error, doing, "write");
    }
    this.#control(doing, "commit", "COMMIT");
    return result;
  }

  /** Frees the writer's lock whatever the database says. Closing twice is fine. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    try {
      // The driver keeps a connection alive behind its statements, so what closing would do is done here:
      // give up a transaction whose commit failed, and move the log into the file.
      if (this.db.isTransaction) this.db.exec("ROLLBACK");
      if (this.#lock && !this.#poison) this.db.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    } catch {
      // What is in the log is durable there; the next opening moves it.
    } finally {
      this.db.close();
      await this.#lock?.release();
    }
  }

  #control(doing: string, stage: string, sql: string): void {
    try {
      this.db.exec(sql);
    } catch (error) {
      const fault = storeFault(error, this.#folder, doing);
      if (stage === "begin" && fault.kind === "retry") throw fault;
      throw this.#poisonWith(error, doing, stage);
    }
  }

  #poisonWith(error: unknown, doing: string, stage: string): AirloomError {
    const fault = storeFault(error, this.#folder, doing);
    this.#poison = new AirloomError(fault.kind, fault.code, fault.message, {
      fields: { ...fault.fields, stage },
      cause: error,
    });
    return this.#poison;
  }

  #refuseUnusable(): void {
    if (this.#closed) {
      const fields = { folder: this.#folder };
      throw new AirloomError("bug", "store.closed", "the store was closed before this call", { fields });
    }
    if (!this.#poison) return;
    const message = `the store in ${this.#folder} refuses everything since a write failed: open it again`;
    throw new AirloomError("host", "store.poisoned", `${message} (${this.#poison.message})`, {
      fields: { ...this.#poison.fields, failed: this.#poison.code },
      cause: this.#poison,
    });
  }
}
