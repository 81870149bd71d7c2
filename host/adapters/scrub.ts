/** Takes secrets out of what comes back: a server that echoes a request must not put them into the journal. */

import { concat, equalBytes, fromUtf8, toBase64, utf8 } from "../values/bytes.ts";
import type { Value } from "../values/value.ts";

const MARK = "[redacted]";

export interface Scrubber {
  text(text: string): string;
  /** The same array when there is nothing to take out. */
  bytes(bytes: Uint8Array): Uint8Array;
  value(value: Value): Value;
}

/** For these secrets, in the spellings they come back in: as they are, in base64, percent-encoded and in JSON. */
export function scrubber(secrets: readonly Uint8Array[]): Scrubber {
  const needles = secrets.flatMap(spellings);
  // A longer spelling may contain a shorter one, whose removal would leave the rest of it.
  needles.sort((a, b) => b.length - a.length);
  const bytes = (from: Uint8Array): Uint8Array => needles.reduce(without, from);
  const text = (from: string): string => (needles.length === 0 ? from : fromUtf8(bytes(utf8(from))));
  const value = (from: Value): Value => {
    switch (from.kind) {
      case "text":
        return { kind: "text", value: text(from.value) };
      case "bytes":
        return { kind: "bytes", value: bytes(from.value) };
      case "list":
      case "set":
        return { kind: from.kind, items: from.items.map(value) };
      case "map":
        return { kind: "map", entries: from.entries.map(([key, item]) => [value(key), value(item)]) };
      case "record":
        return {
          kind: "record",
          fields: new Map([...from.fields].map(([name, item]) => [name, value(item)])),
        };
      default:
        return from;
    }
  };
  return { text, bytes, value };
}

function spellings(secret: Uint8Array): readonly Uint8Array[] {
  const plain = textOf(secret);
  const encoded = [toBase64(secret).replace(/=+$/, "")];
  if (plain !== null) {
    encoded.push(encodeURIComponent(plain), JSON.stringify(plain).slice(1, -1));
  }
  const others = encoded.map(utf8).filter((spelling) => !equalBytes(spelling, secret));
  return [secret, ...others];
}

function textOf(bytes: Uint8Array): string | null {
  try {
    return fromUtf8(bytes);
  } catch {
    return null;
  }
}

function without(from: Uint8Array, needle: Uint8Array): Uint8Array {
  let at = indexOf(from, needle, 0);
  if (at < 0) return from;
  const parts: Uint8Array[] = [];
  let start = 0;
  for (; at >= 0; at = indexOf(from, needle, start)) {
    parts.push(from.subarray(start, at), utf8(MARK));
    start = at + needle.length;
  }
  parts.push(from.subarray(start));
  return concat(parts);
}

function indexOf(from: Uint8Array, needle: Uint8Array, start: number): number {
  return Buffer.from(from.buffer, from.byteOffset, from.byteLength).indexOf(needle, start);
}
