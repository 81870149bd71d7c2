/** Byte strings to fuzz with: random ones, and valid ones with a few changes. */

/** Random numbers that follow from the seed and the number of a case, so that each case can be had alone. */
export class Random {
  #state;

  constructor(seed, caseNumber) {
    this.#state = (Math.imul(seed | 0, 0x9e3779b1) ^ Math.imul((caseNumber + 1) | 0, 0x85ebca77)) | 0;
    this.bits();
  }

  /** 32 random bits (mulberry32). */
  bits() {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return (t ^ (t >>> 14)) >>> 0;
  }

  /** From 0 up to and without `limit`. */
  below(limit) {
    return this.bits() % limit;
  }

  pick(list) {
    return list[this.below(list.length)];
  }
}

/** An input of a case: one of four is random, the others are changed valid ones. */
export function inputOf(random, valid) {
  if (random.below(4) === 0) return randomBytes(random);
  let bytes = random.pick(valid);
  for (let left = random.pick(COUNTS); left > 0; left--) bytes = changed(random, bytes, valid);
  return bytes.length > LENGTH_MAX ? bytes.subarray(0, LENGTH_MAX) : bytes;
}

/** How many changes: mostly one, so that much of an input is still as it should be. */
const COUNTS = [0, 1, 1, 1, 2, 2, 3, 5];

/** Changes may double an input; it does not grow beyond this. */
const LENGTH_MAX = 64 * 1024;

/** Bytes, half of them such that CBOR items begin with them. */
function randomBytes(random) {
  const bytes = new Uint8Array(random.below(random.below(8) === 0 ? 1024 : 64));
  for (let i = 0; i < bytes.length; i++) {
    bytes[i] = random.below(2) === 0 ? random.below(256) : random.pick(HEADS);
  }
  return bytes;
}

const HEADS = [
  0x00, 0x18, 0x19, 0x1b, 0x20, 0x3b, 0x40, 0x41, 0x58, 0x5f, 0x60, 0x61, 0x64, 0x78, 0x7f, 0x80, 0x81, 0x82,
  0x9b, 0x9f, 0xa0, 0xa1, 0xa2, 0xbb, 0xbf, 0xc0, 0xd9, 0xf4, 0xf5, 0xf6, 0xf7, 0xf9, 0xff,
];

const CHANGES = [flip, set, insert, remove, truncate, repeat, splice, blowUp, nest];

function changed(random, bytes, valid) {
  return random.pick(CHANGES)(random, bytes, valid);
}

function flip(random, bytes) {
  if (bytes.length === 0) return bytes;
  const out = bytes.slice();
  out[random.below(out.length)] ^= 1 << random.below(8);
  return out;
}

function set(random, bytes) {
  if (bytes.length === 0) return bytes;
  const out = bytes.slice();
  out[random.below(out.length)] = random.below(2) === 0 ? random.below(256) : random.pick(HEADS);
  return out;
}

function insert(random, bytes) {
  return put(bytes, random.below(bytes.length + 1), 0, randomBytes(random).subarray(0, 1 + random.below(8)));
}

function remove(random, bytes) {
  return put(bytes, random.below(bytes.length + 1), 1 + random.below(8), EMPTY);
}

function truncate(random, bytes) {
  return bytes.subarray(0, random.below(bytes.length + 1));
}

/** A stretch again, right behind itself. */
function repeat(random, bytes) {
  const [from, to] = stretch(random, bytes);
  return put(bytes, to, 0, bytes.subarray(from, to));
}

/** A stretch of another valid input in the place of one of this. */
function splice(random, bytes, valid) {
  const other = random.pick(valid);
  const [from, to] = stretch(random, bytes);
  const [otherFrom, otherTo] = stretch(random, other);
  return put(bytes, from, to - from, other.subarray(otherFrom, otherTo));
}

/** A head that promises more than there is. */
function blowUp(random, bytes) {
  const major = random.pick([0x40, 0x60, 0x80, 0xa0]);
  const head = random.pick([
    [major | 24, 0xff],
    [major | 25, 0xff, 0xff],
    [major | 26, 0x7f, 0xff, 0xff, 0xff],
    [major | 26, 0xff, 0xff, 0xff, 0xff],
    [major | 27, 0, 0, 0, 0xff, 0, 0, 0, 0],
    [major | 27, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
    [major | 27, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
    [major | 31],
  ]);
  return put(bytes, random.below(bytes.length + 1), 1, Uint8Array.from(head));
}

/** Many containers, or tags, inside one another. */
function nest(random, bytes) {
  const open = random.pick([
    [0x81],
    [0x9f],
    [0xa1, 0x00],
    [0xbf, 0x60],
    [0xc1],
    [0xd9, 0xd9, 0xf7],
    [0x5b],
    [0x7b],
  ]);
  const depth = 1 + random.below(random.below(4) === 0 ? 2000 : 140);
  const opened = Uint8Array.from({ length: depth * open.length }, (_, i) => open[i % open.length]);
  return put(bytes, random.below(bytes.length + 1), 0, opened);
}

const EMPTY = new Uint8Array(0);

function stretch(random, bytes) {
  const from = random.below(bytes.length + 1);
  return [from, Math.min(bytes.length, from + random.below(24))];
}

function put(bytes, at, gone, added) {
  const after = bytes.subarray(Math.min(bytes.length, at + gone));
  const out = new Uint8Array(at + added.length + after.length);
  out.set(bytes.subarray(0, at));
  out.set(added, at);
  out.set(after, at + added.length);
  return out;
}
