/** Arithmetic on `nat` that does not wrap: plain operators on u64 do, silently. */

export function satAdd(a: u64, b: u64): u64 {
  return b > u64.MAX_VALUE - a ? u64.MAX_VALUE : a + b;
}

export function satSub(a: u64, b: u64): u64 {
  return b > a ? 0 : a - b;
}

export function satMul(a: u64, b: u64): u64 {
  return a != 0 && b > u64.MAX_VALUE / a ? u64.MAX_VALUE : a * b;
}

/** Aborts when the sum does not fit. */
export function checkedAdd(a: u64, b: u64): u64 {
  if (b > u64.MAX_VALUE - a)
    throw new Error(a.toString() + " + " + b.toString() + " is above the largest nat");
  return a + b;
}

/** Aborts when the difference is negative. */
export function checkedSub(a: u64, b: u64): u64 {
  if (b > a) throw new Error(a.toString() + " - " + b.toString() + " is below zero");
  return a - b;
}

/** Aborts when the product does not fit. */
export function checkedMul(a: u64, b: u64): u64 {
  if (a != 0 && b > u64.MAX_VALUE / a) {
    throw new Error(a.toString() + " * " + b.toString() + " is above the largest nat");
  }
  return a * b;
}

/** Delay before try `attempt` + 1, doubling from `base` after try 1: base * 2^(attempt - 1), saturating. */
export function backoff(base: u64, attempt: u64): u64 {
  if (base == 0) return 0;
  const doublings = satSub(attempt, 1);
  return doublings > clz<u64>(base) ? u64.MAX_VALUE : base << doublings;
}
