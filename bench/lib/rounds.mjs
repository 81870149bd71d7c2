/**
 * Rounds run in turn: a shared machine has fast and slow phases, so that only what ran side by side can be
 * compared. Every round runs each contender for about the same time; what counts are medians over rounds.
 */

/**
 * `contenders`: name to a function that does one batch of work and gives how many units it did. Answers name to
 * median nanoseconds per unit.
 */
export function inTurn(contenders, { rounds, msEach }) {
  const names = Object.keys(contenders);
  const batches = new Map(names.map((name) => [name, calibrate(contenders[name], msEach)]));
  const times = new Map(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const name of names) times.get(name).push(timed(contenders[name], batches.get(name)));
  }
  return new Map(names.map((name) => [name, median(times.get(name))]));
}

export function median(list) {
  const sorted = [...list].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Nanoseconds per unit over this many batches. */
function timed(work, batches) {
  let units = 0;
  const from = process.hrtime.bigint();
  for (let i = 0; i < batches; i++) units += work();
  return Number(process.hrtime.bigint() - from) / units;
}

/** How many batches fill the time; warms up on the way. */
function calibrate(work, msEach) {
  let batches = 1;
  for (;;) {
    const from = performance.now();
    for (let i = 0; i < batches; i++) work();
    const ms = performance.now() - from;
    if (ms >= msEach) return Math.max(1, Math.round((batches * msEach) / ms));
    batches *= 2;
  }
}

/** Keeps results alive, so that no engine may leave the work out. */
export const sink = { value: 0 };
