/**
 * One writer per store. The lock is an exclusive transaction on `lock.db`, which the kernel releases when its
 * holder dies, however it dies; `lock.txt` only names the holder. Nobody opens `lock.db` or `store.db` by
 * other means than the driver: on POSIX, closing such a file would drop the locks of the whole process.
 */

import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { DatabaseSync } from "@photostructure/sqlite";
import { AirloomError } from "../values/errors.ts";
import { storeFault } from "./faults.ts";

export interface WriterLock {
  release(): Promise<void>;
}

/** Who writes to the store, as far as is known: a field is null when `lock.txt` does not tell. */
export interface Holder {
  readonly pid: number | null;
  readonly host: string | null;
  /** ISO 8601, by the holder's clock. */
  readonly since: string | null;
  readonly command: string | null;
}

/** Throws `store.busy` (kind `retry`) with the fields of the `Holder` while another writer lives. */
export async function takeLock(folder: string): Promise<WriterLock> {
  const db = await exclusive(folder);
  const text = join(folder, HOLDER_FILE);
  try {
    await writeFile(`${text}.new`, describeSelf());
    await rename(`${text}.new`, text);
  } catch (error) {
    freeLock(db);
    throw storeFault(error, folder, "naming the holder of the lock");
  }
  return {
    async release() {
      // The text goes first: once the lock is free the file may be another holder's.
      await rm(text, { force: true }).catch(() => {});
      freeLock(db);
    },
  };
}

/** Who has the store open for writing, null for nobody. It touches no lock, so a holder just killed may be named. */
export async function holderOf(folder: string): Promise<Holder | null> {
  const holder = await readHolder(folder);
  return seemsAlive(holder) ? holder : null;
}

const LOCK_FILE = "lock.db";
const HOLDER_FILE = "lock.txt";
const COMMAND_MAX = 200;

/** Long enough for two that start together to sort themselves out, in milliseconds. */
const LOCK_WAIT_MS = 100;

async function exclusive(folder: string): Promise<InstanceType<typeof DatabaseSync>> {
  let db: InstanceType<typeof DatabaseSync> | undefined;
  try {
    db = new DatabaseSync(join(folder, LOCK_FILE), { timeout: LOCK_WAIT_MS });
    // Only `exec`: a prepared statement would keep the connection, and so the lock, alive after `close`.
    db.exec("PRAGMA journal_mode = MEMORY");
    db.exec("BEGIN EXCLUSIVE");
    return db;
  } catch (error) {
    db?.close();
    const fault = storeFault(error, folder, "taking the writer's lock");
    throw fault.code === "store.busy" ? busy(folder, await findHolder(folder), error) : fault;
  }
}

function freeLock(db: InstanceType<typeof DatabaseSync>): void {
  try {
    db.exec("ROLLBACK");
  } finally {
    db.close();
  }
}

function busy(folder: string, holder: Holder, cause: unknown): AirloomError {
  const who = holder.pid === null ? "another process" : `process ${holder.pid} on ${holder.host}`;
  const since = holder.since === null ? "" : ` since ${holder.since} (${holder.command})`;
  const message = `the store in ${folder} is open for writing by ${who}${since}: wait for it or end it`;
  return new AirloomError("retry", "store.busy", message, { fields: { folder, ...holder }, cause });
}

function describeSelf(): string {
  const command = process.argv.join(" ").replace(/\p{C}/gu, " ").slice(0, COMMAND_MAX);
  const since = new Date().toISOString();
  return `pid: ${process.pid}\nhost: ${hostname()}\nsince: ${since}\ncommand: ${command}\n`;
}

/**
 * A holder that has only just taken the lock has not written its name yet, and the name found may be that of
 * one that was killed; so a missing or dead one is looked up again before it is reported.
 */
async function findHolder(folder: string): Promise<Holder> {
  let holder = await readHolder(folder);
  for (let tries = 0; tries < 5 && !seemsAlive(holder); tries++) {
    await sleep(20);
    holder = await readHolder(folder);
  }
  return holder;
}

async function readHolder(folder: string): Promise<Holder> {
  const text = await readFile(join(folder, HOLDER_FILE), "utf8").catch(() => "");
  const fields = new Map<string, string>();
  for (const line of text.split("\n")) {
    const [, name, value] = /^([a-z]+): (.*)$/.exec(line) ?? [];
    if (name !== undefined && value !== undefined) {
      fields.set(name, value.replace(/\p{C}/gu, " ").slice(0, COMMAND_MAX));
    }
  }
  const pid = Number(fields.get("pid"));
  return {
    pid: Number.isSafeInteger(pid) && pid > 0 ? pid : null,
    host: fields.get("host") ?? null,
    since: fields.get("since") ?? null,
    command: fields.get("command") ?? null,
  };
}

function seemsAlive({ pid, host }: Holder): boolean {
  if (pid === null) return false;
  if (host !== hostname()) return true;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
