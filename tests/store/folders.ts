/** Stores in folders of their own, gone after the test; and the driver itself, to damage them. */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "@photostructure/sqlite";
import { afterEach } from "vitest";
import { openStore, type SqliteStore, type StoreOptions } from "../../host/store/sqlite.ts";

const cleanups: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Runs after the test, before its folders go. */
export function later(cleanup: () => Promise<void>): void {
  cleanups.push(cleanup);
}

export async function emptyFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "airloom-store-"));
  later(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

export async function opened(folder: string, options: StoreOptions = WRITE): Promise<SqliteStore> {
  const store = await openStore(folder, options);
  later(() => store.close());
  return store;
}

export const WRITE: StoreOptions = { mode: "write", create: true };
export const READ: StoreOptions = { mode: "read" };

/** Runs one SQL text on the database of a store. */
export function sql(folder: string, text: string, ...parameters: unknown[]): void {
  const db = new DatabaseSync(join(folder, "store.db"));
  try {
    if (parameters.length === 0) db.exec(text);
    else db.prepare(text).run(...parameters);
  } finally {
    db.close();
  }
}
