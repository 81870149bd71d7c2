/** A world's Ed25519 key: made once, its public half in genesis, its private half a file nobody else reads. */

import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  verify,
} from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { WorldId } from "../values/brand.ts";
import { AirloomError } from "../values/errors.ts";

/** The raw 32 bytes of the public key; the pair is made when the world has none. */
export function worldPublicKey(folder: string, world: WorldId): Uint8Array {
  const path = pathOf(folder, world);
  const key = readKey(path) ?? makeKey(folder, path);
  const jwk = createPublicKey(key).export({ format: "jwk" });
  return new Uint8Array(Buffer.from(jwk.x!, "base64url"));
}

/** Ed25519 over `bytes` by the world's key; null where the key is not, as for a copied journal. */
export function signWithWorldKey(folder: string, world: WorldId, bytes: Uint8Array): Uint8Array | null {
  const key = readKey(pathOf(folder, world));
  return key === null ? null : new Uint8Array(sign(null, bytes, key));
}

/** RFC 8410: what stands before the 32 bytes of an Ed25519 key in its SubjectPublicKeyInfo. */
const SPKI_PREFIX = Buffer.from("302a300506032b6570032100", "hex");

/** Whether the key of these 32 bytes signed `bytes`: never for what is no key. */
export function isSignedBy(publicKey: Uint8Array, bytes: Uint8Array, signature: Uint8Array): boolean {
  let key: KeyObject;
  try {
    const der = Buffer.concat([SPKI_PREFIX, publicKey]);
    key = createPublicKey({ key: der, format: "der", type: "spki" });
  } catch {
    return false;
  }
  return verify(null, bytes, key, signature);
}

function pathOf(folder: string, world: WorldId): string {
  return join(folder, "keys", `${world}.pem`);
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
