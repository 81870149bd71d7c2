/** Reads headers and footers, which may come from anywhere. Faults are `recording.corrupt`. */

import type { Hash } from "../../values/brand.ts";
import type { Cbor } from "../../values/cbor.ts";
import { AirloomError } from "../../values/errors.ts";
import { isHash } from "../../values/hash.ts";
import { plain } from "../../values/quote.ts";
import { Checks } from "./checks.ts";
import {
  type Fork,
  RECORDING_FORMAT,
  type RecordingFooter,
  type RecordingHeader,
  type Redaction,
} from "./entry.ts";

export function corruptRecording(
  reason: string,
  fields: Readonly<Record<string, unknown>> = {},
): AirloomError {
  return new AirloomError("corrupt", "recording.corrupt", `the recording is corrupt: ${reason}`, {
    fields: { reason, ...fields },
  });
}

/** Throws `recording.corrupt`, and `recording.format` for what a later engine wrote. */
export function headerFromCbor(item: Cbor): RecordingHeader {
  const header = new Members(item, "header");
  const format = header.nat("format");
  if (format !== RECORDING_FORMAT) {
    throw new AirloomError("request", "recording.format", `the recording has format ${format}`, {
      fields: { found: format, expected: RECORDING_FORMAT, engine: plain(header.text("engine")) },
    });
  }
  return {
    engine: header.text("engine"),
    worldId: header.text("world_id"),
    manifestHash: header.hash("manifest_hash"),
    settingsHash: header.hash("settings_hash"),
    limitsProfile: header.nat("limits_profile"),
    fuelSchedule: header.nat("fuel_schedule"),
    behaviourFlags: header.list("behaviour_flags").map((flag) => {
      if (typeof flag !== "bigint" || flag < 0n) throw corruptRecording("a behaviour flag that is no number");
      return flag;
    }),
    publicKey: header.bytes("public_key", 32),
    modules: header.list("modules").map((pair) => {
      const [name, hash] = Array.isArray(pair) ? (pair as Cbor[]) : [];
      if (typeof name !== "string" || typeof hash !== "string" || !isHash(hash)) {
        throw corruptRecording("a module without name and hash");
      }
      return { name, hash };
    }),
    embedded: header.flag("embedded"),
    redaction: redactionFrom(header.get("redaction")),
    fork: header.has("fork") ? forkFrom(header.get("fork")) : null,
  };
}

function forkFrom(item: Cbor): Fork {
  const fork = new Members(item, "fork");
  return { root: fork.bytes("root", 32), frame: fork.nat("frame") };
}

function redactionFrom(item: Cbor): Redaction | null {
  if (item === null) return null;
  const redaction = new Members(item, "redaction");
  const paths = redaction.list("paths").map((path) => {
    if (typeof path !== "string") throw corruptRecording("a redacted path that is no text");
    return path;
  });
  return { root: redaction.bytes("root", 32), paths };
}

export function footerFromCbor(item: Cbor): RecordingFooter {
  const footer = new Members(item, "footer");
  return {
    frames: footer.nat("frames"),
    records: footer.nat("records"),
    digest: footer.bytes("digest", 32),
    root: footer.bytes("root", 32),
    checks: checksFrom(footer.list("checks")),
    signature: footer.get("signature") === null ? null : footer.bytes("signature", 64),
  };
}

function checksFrom(items: readonly Cbor[]): Checks {
  const checks = new Checks();
  for (const item of items) {
    if (!(item instanceof Uint8Array)) throw corruptRecording("checksums that are no bytes");
    checks.addBytes(item);
  }
  return checks;
}

/** A map's members by name; whatever is not as it should be is `recording.corrupt`. */
class Members {
  readonly #map: ReadonlyMap<string | bigint, Cbor>;
  readonly #what: string;

  constructor(item: Cbor, what: string) {
    if (!(item instanceof Map)) throw corruptRecording(`a ${what} that is no map`);
    this.#map = item as ReadonlyMap<string | bigint, Cbor>;
    this.#what = what;
  }

  has(name: string): boolean {
    return this.#map.has(name);
  }

  get(name: string): Cbor {
    const item = this.#map.get(name);
    if (item === undefined) throw this.#wrong(name, "nothing");
    return item;
  }

  text(name: string): string {
    const item = this.get(name);
    if (typeof item !== "string") throw this.#wrong(name, "no text");
    return item;
  }

  nat(name: string): bigint {
    const item = this.get(name);
    if (typeof item !== "bigint" || item < 0n) throw this.#wrong(name, "no natural number");
    return item;
  }

  flag(name: string): boolean {
    const item = this.get(name);
    if (typeof item !== "boolean") throw this.#wrong(name, "neither true nor false");
    return item;
  }

  bytes(name: string, length: number): Uint8Array {
    const item = this.get(name);
    if (!(item instanceof Uint8Array) || item.length !== length)
      throw this.#wrong(name, `not ${length} bytes`);
    return item;
  }

  hash(name: string): Hash {
    const text = this.text(name);
    if (!isHash(text)) throw this.#wrong(name, "no hash");
    return text;
  }

  list(name: string): readonly Cbor[] {
    const item = this.get(name);
    if (!Array.isArray(item)) throw this.#wrong(name, "no list");
    return item as readonly Cbor[];
  }

  #wrong(name: string, found: string): AirloomError {
    return corruptRecording(`the ${this.#what}'s ${name} is ${found}`);
  }
}
