/** Files that commands write where they are told to: reports, tests, the index of a corpus. */

import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { AirloomError } from "../values/errors.ts";
import { quote } from "../values/quote.ts";

/** Writes a text; the folder is made. Throws `output.unwritable`. */
export function writeOutput(path: string, text: string): void {
  writing(path, () => {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  });
}

/** Runs what writes the file. Throws `output.unwritable` (kind `host`) where the file system refuses it. */
export function writing(path: string, write: () => void): void {
  try {
    write();
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === undefined) throw cause;
    const message = `${quote(path, 200)} cannot be written (${code})`;
    throw new AirloomError("host", "output.unwritable", message, { fields: { path, reason: code }, cause });
  }
}
