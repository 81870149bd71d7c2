/**
 * What goes wrong in a store, told by what the reader can do: damaged bytes, a machine that cannot write, or
 * another process in the way. No error of the driver leaves the room as it is.
 */

import { AirloomError } from "../values/errors.ts";

/** `store.corrupt`: these bytes are not what was written. `fields.reason` says what was found. */
export function corrupt(
  reason: string,
  fields: Readonly<Record<string, unknown>>,
  cause?: unknown,
): AirloomError {
  const place = typeof fields.frame === "bigint" ? ` at frame ${fields.frame}` : "";
  const message = `the store is damaged${place}: ${reason}; restore it from a copy`;
  return new AirloomError("corrupt", "store.corrupt", message, { fields: { ...fields, reason }, cause });
}

/** Turns what the driver or the file system threw while `doing` something in `folder` into one of ours. */
export function storeFault(error: unknown, folder: string, doing: string): AirloomError {
  if (error instanceof AirloomError) return error;
  const { message, code, errcode, syscall } = describe(error);
  const fields = { folder, doing, reason: message };
  const primary = errcode === undefined ? undefined : errcode & 0xff;
  if (primary === BUSY || primary === LOCKED) {
    const text = `the store in ${folder} is busy: another process holds a lock that only its writer may hold`;
    return new AirloomError("retry", "store.busy", text, { fields, cause: error });
  }
  if (isDamage(error)) return corrupt(message, fields, error);
  if (code === "ERR_SQLITE_ERROR" || syscall !== undefined) {
    const text = `the store in ${folder} failed while it was ${doing}: ${message}`;
    return new AirloomError("host", "store.io", text, { fields: { ...fields, errcode }, cause: error });
  }
  return new AirloomError("bug", "internal.bug", `the store failed while ${doing}: ${message}`, {
    fields,
    cause: error,
  });
}

/** Whether the driver says that the file is not what we wrote. */
export function isDamage(error: unknown): boolean {
  const { message, errcode } = describe(error);
  if (errcode === undefined) return message === MALFORMED;
  // Our statements are fixed, so one that does not fit has met other tables than ours.
  if (errcode === SQL_ERROR) return !/^cannot (start|commit|rollback)/.test(message);
  return DAMAGED.has(errcode & 0xff) || errcode === IOERR_CORRUPT_FS;
}

/** Result codes of SQLite: https://sqlite.org/rescode.html */
const SQL_ERROR = 1;
const BUSY = 5;
const LOCKED = 6;
const DAMAGED: ReadonlySet<number> = new Set([11, 20, 24, 26]); // CORRUPT, MISMATCH, FORMAT, NOTADB
const IOERR_CORRUPT_FS = 8458;

/** What SQLite says of a damaged file where the driver passes no code on. */
const MALFORMED = "database disk image is malformed";

function describe(error: unknown) {
  const thrown = (typeof error === "object" && error !== null ? error : {}) as Readonly<
    Record<string, unknown>
  >;
  return {
    message: error instanceof Error ? error.message : String(error),
    code: thrown.code,
    errcode: typeof thrown.errcode === "number" ? thrown.errcode : undefined,
    syscall: thrown.syscall,
  };
}
