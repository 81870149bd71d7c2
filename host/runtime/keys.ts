/** A world's Ed25519 key: made once, its public half in genesis, its private half a file nobody else reads. */

import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { WorldId } from "../values/brand.ts";
import { AirloomError } from "../values/errors.ts";

/** The raw 32 bytes of the public key; the pair is made when the world has none. */
export function worldPublicKey(folder: string, world: WorldId): Uint8Array {
  const path = join(folder, "keys", `${world}.pem`);
  const key = readKey(path) ?? makeKey(folder, path);
  const jwk = createPublicKey(key).export({ format: "jwk" });
  return new Uint8Array(Buffer.from(jwk.x!, "base64url"));
}

function readKey(path: string): KeyObject | null {
  let pem: string;
  try {
    pem = readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw new AirloomError("host", "key.unreadable", `the world's key ${path} cannot be read`, {
      cause: error,
    });
  }
  try {
    return createPrivateKey(pem);
  } catch (error) {
    throw new AirloomError("corrupt", "key.invalid", `${path} holds no private key`, { cause: error });
  }
}

function makeKey(folder: string, path: string): KeyObject {
  const { privateKey } = generateKeyPairSync("ed25519");
  mkdirSync(join(folder, "keys"), { recursive: true, mode: 0o700 });
  writeFileSync(path, privateKey.export({ type: "pkcs8", format: "pem" }), { mode: 0o600, flag: "wx" });
  return privateKey;
}
