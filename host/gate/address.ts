/**
 * IP addresses: read, written and classified by hand, since what parsers of other layers accept (octal parts,
 * one number for four, zones) is how requests end where nobody granted. Blocks are those of the IANA registries
 * of special-purpose addresses (RFC 6890 and what updates it).
 */

/** Where an address leads. Only `public` needs no grant of its own. */
export type AddressClass =
  | "public"
  | "unspecified"
  | "loopback"
  | "private"
  | "link-local"
  | "carrier NAT"
  | "IPv4-mapped"
  | "NAT64"
  | "6to4"
  | "multicast"
  | "reserved";

const V4_PART = "(?:0|[1-9][0-9]?|1[0-9][0-9]|2[0-4][0-9]|25[0-5])";
const V4_TEXT = new RegExp(`^${V4_PART}(?:\\.${V4_PART}){3}$`);
const GROUP = /^[0-9a-fA-F]{1,4}$/;

/**
 * 4 or 16 bytes; null for anything else. IPv4 is four decimal parts without leading zeros; IPv6 is any form of
 * RFC 4291 section 2.2, without a zone.
 */
export function parseAddress(text: string): Uint8Array | null {
  return text.includes(":") ? parseV6(text) : parseV4(text);
}

/**
 * The one spelling of an address: dotted decimal, or lower-case groups with the first longest run of zeros cut
 * (RFC 5952; IPv4 inside IPv6 in groups too, as in URLs).
 */
export function formatAddress(address: Uint8Array): string {
  if (address.length === 4) return address.join(".");
  const groups = Array.from({ length: 8 }, (_, i) => (address[2 * i]! << 8) | address[2 * i + 1]!);
  const [start, length] = longestZeros(groups);
  const hex = (part: readonly number[]): string => part.map((group) => group.toString(16)).join(":");
  if (length < 2) return hex(groups);
  return `${hex(groups.slice(0, start))}::${hex(groups.slice(start + length))}`;
}

export function classifyAddress(address: Uint8Array): AddressClass {
  const table = address.length === 4 ? V4 : V6;
  const found = table.find(([block, bits]) => startsWith(address, block, bits));
  return found?.[2] ?? (address.length === 4 ? "public" : "reserved");
}

type Block = readonly [block: Uint8Array, bits: number, found: AddressClass];

function block(text: string, bits: number, found: AddressClass): Block {
  return [parseAddress(text)!, bits, found];
}

/** What is in none of these is public. */
const V4: readonly Block[] = [
  block("0.0.0.0", 8, "unspecified"),
  block("10.0.0.0", 8, "private"),
  block("100.64.0.0", 10, "carrier NAT"),
  block("127.0.0.0", 8, "loopback"),
  block("169.254.0.0", 16, "link-local"),
  block("172.16.0.0", 12, "private"),
  block("192.0.0.0", 24, "reserved"),
  block("192.0.2.0", 24, "reserved"),
  block("192.88.99.0", 24, "6to4"),
  block("192.168.0.0", 16, "private"),
  block("198.18.0.0", 15, "reserved"),
  block("198.51.100.0", 24, "reserved"),
  block("203.0.113.0", 24, "reserved"),
  block("224.0.0.0", 4, "multicast"),
  block("240.0.0.0", 4, "reserved"),
];

/** What is in none of these is reserved: only 2000::/3 is given out. The first that matches counts. */
const V6: readonly Block[] = [
  block("::", 128, "unspecified"),
  block("::1", 128, "loopback"),
  block("::ffff:0:0", 96, "IPv4-mapped"),
  block("::ffff:0:0:0", 96, "IPv4-mapped"),
  block("::", 96, "IPv4-mapped"),
  block("64:ff9b::", 96, "NAT64"),
  block("64:ff9b:1::", 48, "NAT64"),
  block("2001::", 23, "reserved"),
  block("2001:db8::", 32, "reserved"),
  block("2002::", 16, "6to4"),
  block("3fff::", 20, "reserved"),
  block("fc00::", 7, "private"),
  block("fe80::", 10, "link-local"),
  block("fec0::", 10, "private"),
  block("ff00::", 8, "multicast"),
  block("2000::", 3, "public"),
];

function startsWith(address: Uint8Array, prefix: Uint8Array, bits: number): boolean {
  const whole = bits >> 3;
  for (let i = 0; i < whole; i++) if (address[i] !== prefix[i]) return false;
  const mask = (0xff00 >> (bits & 7)) & 0xff;
  return mask === 0 || (address[whole]! & mask) === (prefix[whole]! & mask);
}

function parseV4(text: string): Uint8Array | null {
  return V4_TEXT.test(text) ? Uint8Array.from(text.split("."), Number) : null;
}

function parseV6(text: string): Uint8Array | null {
  const halves = text.split("::");
  if (halves.length > 2) return null;
  const head = groupBytes(halves[0]!, halves.length === 1);
  const tail = halves.length === 1 ? [] : groupBytes(halves[1]!, true);
  if (head === null || tail === null) return null;
  const missing = 16 - head.length - tail.length;
  if (halves.length === 1 ? missing !== 0 : missing < 2) return null;
  return Uint8Array.from([...head, ...Array<number>(missing).fill(0), ...tail]);
}

/** Bytes of groups between colons; the last of an address may be an IPv4 address. */
function groupBytes(text: string, last: boolean): readonly number[] | null {
  if (text === "") return [];
  const bytes: number[] = [];
  const parts = text.split(":");
  for (const [i, part] of parts.entries()) {
    const v4 = last && i === parts.length - 1 ? parseV4(part) : null;
    if (v4 !== null) bytes.push(...v4);
    else if (GROUP.test(part)) {
      const group = Number.parseInt(part, 16);
      bytes.push(group >> 8, group & 255);
    } else return null;
  }
  return bytes;
}

/** Start and length of the first longest run of zero groups. */
function longestZeros(groups: readonly number[]): readonly [start: number, length: number] {
  let best: readonly [number, number] = [0, 0];
  for (let start = 0; start < groups.length; start++) {
    let end = start;
    while (groups[end] === 0) end += 1;
    if (end - start > best[1]) best = [start, end - start];
  }
  return best;
}
