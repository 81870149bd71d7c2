/**
 * The fuzzer: tries inputs on targets and looks at what it may cost. Every case follows from the seed and its
 * number, so that one that failed can be tried alone.
 */

import { inputOf, Random } from "./fuzz-inputs.mjs";
import { TARGETS } from "./fuzz-targets.mjs";

export const TARGET_NAMES = [...TARGETS.keys()];

/** Heads read, or bytes looked at by a walker, for each byte of an input. */
const OPERATIONS_PER_BYTE_MAX = 64;
/** One input may not take longer, whatever its size. */
const CASE_MS_MAX = 1000;
/** What took longer than this is tried twice more: the machine may have been busy. */
const SLOW_MS = 20;
/** What a target may add to the heap after its first tenth, with --expose-gc. */
const HEAP_GROWTH_MAX = 32 * 1024 * 1024;
/** What it may add to the process's peak of memory, which no collection makes smaller. */
const PEAK_GROWTH_MAX = 384 * 1024 * 1024;
const PROGRESS_MS = 1000;

/** What went wrong, and how to see it again. */
export class FuzzFailure extends Error {
  constructor(target, seed, caseNumber, input, cause) {
    super(`${target}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.name = "FuzzFailure";
    this.target = target;
    this.seed = seed;
    this.caseNumber = caseNumber;
    this.hex = Array.from(input, (byte) => byte.toString(16).padStart(2, "0")).join("");
  }
}

/**
 * Tries cases `from` up to `from + cases` on each target and gives a report of each. Throws `FuzzFailure` at the
 * first one that fails. `onProgress` is told about once a second.
 */
export function fuzz({ modules, targets, cases, seed, from = 0, onProgress = () => {} }) {
  return targets.map((name) => {
    const make = TARGETS.get(name);
    if (make === undefined) throw new RangeError(`there is no target ${name}`);
    const heads = countHeads(modules.CborReader);
    try {
      return fuzzTarget({ name, target: make(modules), heads, cases, seed, from, onProgress });
    } finally {
      heads.restore();
    }
  });
}

function fuzzTarget({ name, target, heads, cases, seed, from, onProgress }) {
  const report = { target: name, cases, accepted: 0, bytes: 0, operationsPerByte: 0, slowestMs: 0 };
  const memory = new MemoryWatch();
  const start = performance.now();
  let shown = start;
  for (let i = 0; i < cases; i++) {
    const caseNumber = from + i;
    const random = new Random(seed, caseNumber);
    const { valid, subject } = target.choose(random);
    const input = inputOf(random, valid);
    const attempt = () => attemptCase(target, input, new Random(~seed, caseNumber), subject, heads);
    try {
      const { accepted, operationsPerByte, ms } = attempt();
      report.accepted += accepted ? 1 : 0;
      report.bytes += input.length;
      report.operationsPerByte = Math.max(report.operationsPerByte, operationsPerByte);
      report.slowestMs = Math.max(report.slowestMs, fastest(attempt, ms));
      if (i === Math.floor(cases / 10)) memory.begin();
      if (i === cases - 1) Object.assign(report, memory.end());
    } catch (error) {
      throw new FuzzFailure(name, seed, caseNumber, input, error);
    }
    if (performance.now() - shown >= PROGRESS_MS) {
      shown = performance.now();
      onProgress({
        target: name,
        done: i + 1,
        cases,
        perSecond: rate(i + 1, start),
        accepted: report.accepted,
      });
    }
  }
  return { ...report, perSecond: rate(cases, start) };
}

function attemptCase(target, input, random, subject, heads) {
  heads.most = 0;
  let reads = 0;
  const begin = performance.now();
  const accepted = target.attempt(input, random, subject, () => {
    reads += 1;
  });
  const ms = performance.now() - begin;
  const operationsPerByte = Math.max(reads, heads.most) / Math.max(1, input.length);
  if (operationsPerByte > OPERATIONS_PER_BYTE_MAX) {
    throw new Error(
      `${operationsPerByte.toFixed(1)} operations for each byte, at most ${OPERATIONS_PER_BYTE_MAX}`,
    );
  }
  return { accepted, operationsPerByte, ms };
}

function fastest(attempt, first) {
  let ms = first;
  for (let more = 2; more > 0 && ms > SLOW_MS; more--) ms = Math.min(ms, attempt().ms);
  if (ms > CASE_MS_MAX) throw new Error(`one input took ${ms.toFixed(0)} ms, at most ${CASE_MS_MAX}`);
  return ms;
}

/**
 * Counts the heads that each reader reads, from outside, so that reading costs nothing more where nobody
 * counts. `most` is the largest count of one reader: a case may read its input several times.
 */
function countHeads(CborReader) {
  const original = CborReader.prototype.advance;
  const heads = { most: 0, restore: () => Object.assign(CborReader.prototype, { advance: original }) };
  let reader = null;
  let count = 0;
  CborReader.prototype.advance = function advance() {
    if (reader !== this) {
      reader = this;
      count = 0;
    }
    count += 1;
    if (count > heads.most) heads.most = count;
    return original.call(this);
  };
  return heads;
}

class MemoryWatch {
  #heap = 0;
  #peak = 0;

  begin() {
    this.#heap = heapUsed();
    this.#peak = peak();
  }

  /** Bytes added since; throws when it is too much. */
  end() {
    const heapGrowth = heapUsed() - this.#heap;
    const peakGrowth = peak() - this.#peak;
    if (globalThis.gc !== undefined && heapGrowth > HEAP_GROWTH_MAX) {
      throw new Error(`the heap grew by ${heapGrowth} bytes, at most ${HEAP_GROWTH_MAX}`);
    }
    if (peakGrowth > PEAK_GROWTH_MAX) {
      throw new Error(`the peak of memory grew by ${peakGrowth} bytes, at most ${PEAK_GROWTH_MAX}`);
    }
    return { heapGrowth: globalThis.gc === undefined ? null : heapGrowth, peakGrowth };
  }
}

function heapUsed() {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

function peak() {
  return process.resourceUsage().maxRSS * 1024;
}

function rate(done, start) {
  return Math.round((1000 * done) / Math.max(1, performance.now() - start));
}
