/** What `capture --redact` and `redact` share: paths and salt from the command line, and what is told afterwards. */

import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { InvalidArgumentError } from "commander";
import type { Entry } from "../replay/recording/entry.ts";
import { parseRedactPath, type RedactPath } from "../replay/redact/paths.ts";
import { type Redacted, redact } from "../replay/redact/redact.ts";
import type { FindModule } from "../runtime/definitions.ts";
import { AirloomError } from "../values/errors.ts";
import type { Io } from "./io.ts";
import { clean, plural } from "./render/text.ts";
import { version } from "./version.ts";

/** Guessing a shorter salt would give the values away. */
const SALT_BYTES_MIN = 16;

export interface RedactingOptions {
  readonly saltFile?: string;
}

/** One more path. Throws `InvalidArgumentError`. */
export function parsePaths(text: string, before: readonly RedactPath[] = []): readonly RedactPath[] {
  try {
    return [...before, parseRedactPath(text)];
  } catch (error) {
    if (!(error instanceof AirloomError)) throw error;
    throw new InvalidArgumentError(error.message);
  }
}

/** Throws `redact.salt` (kind `request`), and what `redact` throws. */
export function redacting(
  io: Io,
  open: () => AsyncIterable<Entry>,
  options: RedactingOptions & { readonly paths: readonly RedactPath[]; readonly findModule: FindModule },
): Promise<Redacted> {
  const { paths, findModule, saltFile } = options;
  const salt = saltFile === undefined ? randomBytes(32) : readSalt(resolve(io.cwd, saltFile));
  return redact(open, { paths, findModule, salt, engine: `airloom ${version}` });
}

function readSalt(path: string): Uint8Array {
  let salt: Uint8Array;
  try {
    salt = readFileSync(path);
  } catch (cause) {
    throw new AirloomError("missing", "redact.salt", `the salt ${path} cannot be read`, {
      fields: { path },
      cause,
    });
  }
  if (salt.length >= SALT_BYTES_MIN) return salt;
  throw new AirloomError("request", "redact.salt", `a salt has at least ${SALT_BYTES_MIN} bytes`, {
    fields: { path, sizeBytes: salt.length, expected: SALT_BYTES_MIN },
  });
}

/** What was replaced and what was not, on stderr. */
export function tellRedacted(io: Io, { changed, unused, kept, exempt }: Redacted): void {
  io.stderr(`${plural(changed.length, "place")} replaced\n`);
  for (const path of unused) io.stderr(`nothing was replaced at ${clean(path)}\n`);
  for (const place of kept) io.stderr(`${clean(place)} stays: its class has no other value\n`);
  for (const place of exempt)
    io.stderr(`${clean(place)} held a word of the definitions, which is not looked for elsewhere\n`);
}
