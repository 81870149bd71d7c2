/**
 * Where secrets are found: an environment variable or a file, read anew whenever an effect needs it, so that
 * a rotated secret is used at once. A secret is in memory while its effect is at work, and nowhere else.
 */

import { readFile } from "node:fs/promises";
import type { SecretDefinition } from "../air/definitions.ts";
import { utf8 } from "../values/bytes.ts";
import { AirloomError } from "../values/errors.ts";
import { hashOf } from "../values/hash.ts";
import { quote } from "../values/quote.ts";

/** Gives the secret that a binding names. Throws `AirloomError` with a code `secret.*`. */
export type ReadSecret = (binding: string) => Promise<Uint8Array>;

/** A shorter one would be found by chance in what comes back, where it is taken out. */
const SECRET_BYTES_MIN = 8;

/**
 * Reads `env:NAME` and `file:PATH`; of a file without the newline at its end. Throws `secret.unavailable` (kind
 * `missing`) when there is none, `secret.too_short` below 8 bytes.
 */
export const readSecret: ReadSecret = async (binding) => {
  const bytes = await find(binding);
  if (bytes === null) {
    throw new AirloomError("missing", "secret.unavailable", `there is no secret at ${quote(binding)}`);
  }
  if (bytes.length < SECRET_BYTES_MIN) {
    const message = `the secret at ${quote(binding)} has fewer than ${SECRET_BYTES_MIN} bytes`;
    throw new AirloomError("denied", "secret.too_short", message);
  }
  return bytes;
};

/** The secret of a definition. Throws what `read` throws, and `secret.digest_mismatch` (kind `denied`). */
export async function declaredSecret(
  { name, bindingId, expectedDigest }: SecretDefinition,
  read: ReadSecret,
): Promise<Uint8Array> {
  const bytes = await read(bindingId);
  if (expectedDigest === null || hashOf(bytes) === expectedDigest) return bytes;
  const message = `the secret ${name} is not the one its definition expects`;
  throw new AirloomError("denied", "secret.digest_mismatch", message);
}

async function find(binding: string): Promise<Uint8Array | null> {
  const [, scheme, name] = /^(env|file):(.+)$/s.exec(binding) ?? [];
  if (scheme === "env") {
    const value = process.env[name!];
    return value === undefined ? null : utf8(value);
  }
  if (scheme !== "file") return null;
  try {
    const bytes = new Uint8Array(await readFile(name!));
    const end = bytes.at(-1) === 10 ? (bytes.at(-2) === 13 ? 2 : 1) : 0;
    return bytes.subarray(0, bytes.length - end);
  } catch {
    return null;
  }
}
