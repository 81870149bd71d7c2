/** Integer arithmetic that does not wrap: plain operators on u64 and i64 do, silently. */

const NAT_MAX: u64 = u64.MAX_VALUE;
const INT_MAX: i64 = i64.MAX_VALUE;
const INT_MIN: i64 = i64.MIN_VALUE;

/** `nat` sum, at most the largest nat. */
export function satAdd(a: u64, b: u64): u64 {
  return b > NAT_MAX - a ? NAT_MAX : a + b;
}

/** `nat` difference, at least zero. */
export function satSub(a: u64, b: u64): u64 {
  return b > a ? 0 : a - b;
}

/** `nat` product, at most the largest nat. */
export function satMul(a: u64, b: u64): u64 {
  return a != 0 && b > NAT_MAX / a ? NAT_MAX : a * b;
}

/** `nat` sum. Aborts when it does not fit. */
export function checkedAdd(a: u64, b: u64): u64 {
  if (b > NAT_MAX - a) throw new Error(outside("nat", a.toString(), "+", b.toString()));
  return a + b;
}

/** `nat` difference. Aborts when it is negative. */
export function checkedSub(a: u64, b: u64): u64 {
  if (b > a) throw new Error(outside("nat", a.toString(), "-", b.toString()));
  return a - b;
}

/** `nat` product. Aborts when it does not fit. */
export function checkedMul(a: u64, b: u64): u64 {
  if (a != 0 && b > NAT_MAX / a) throw new Error(outside("nat", a.toString(), "*", b.toString()));
  return a * b;
}

/** `nat` quotient, rounded down. Aborts, saying so, when `b` is zero: the plain operator only traps. */
export function checkedDiv(a: u64, b: u64): u64 {
  if (b == 0) throw new Error(a.toString() + " divided by zero");
  return a / b;
}

/** `int` sum, at the nearer end of int when it does not fit. */
export function satAddInt(a: i64, b: i64): i64 {
  return addOverflows(a, b) ? (a < 0 ? INT_MIN : INT_MAX) : a + b;
}

/** `int` difference, at the nearer end of int when it does not fit. */
export function satSubInt(a: i64, b: i64): i64 {
  return subOverflows(a, b) ? (a < 0 ? INT_MIN : INT_MAX) : a - b;
}

/** `int` product, at the nearer end of int when it does not fit. */
export function satMulInt(a: i64, b: i64): i64 {
  return mulOverflows(a, b) ? (a < 0 == b < 0 ? INT_MAX : INT_MIN) : a * b;
}

/** `int` sum. Aborts when it does not fit. */
export function checkedAddInt(a: i64, b: i64): i64 {
  if (addOverflows(a, b)) throw new Error(outside("int", a.toString(), "+", b.toString()));
  return a + b;
}

/** `int` difference. Aborts when it does not fit. */
export function checkedSubInt(a: i64, b: i64): i64 {
  if (subOverflows(a, b)) throw new Error(outside("int", a.toString(), "-", b.toString()));
  return a - b;
}

/** `int` product. Aborts when it does not fit. */
export function checkedMulInt(a: i64, b: i64): i64 {
  if (mulOverflows(a, b)) throw new Error(outside("int", a.toString(), "*", b.toString()));
  return a * b;
}

/** `int` quotient, rounded towards zero. Aborts when `b` is zero, or the quotient does not fit. */
export function checkedDivInt(a: i64, b: i64): i64 {
  if (b == 0) throw new Error(a.toString() + " divided by zero");
  if (a == INT_MIN && b == -1) throw new Error(outside("int", a.toString(), "/", b.toString()));
  return a / b;
}

/** A nat as an int. Aborts when it does not fit. */
export function toInt(n: u64): i64 {
  if (n > <u64>INT_MAX) throw new Error(n.toString() + " is outside int");
  return <i64>n;
}

/** An int as a nat. Aborts when it is negative. */
export function toNat(n: i64): u64 {
  if (n < 0) throw new Error(n.toString() + " is outside nat");
  return <u64>n;
}

/**
 * `a` * `num` / `den`, rounded down, at most the largest nat; exact in between, however large the product.
 * Aborts when `den` is zero.
 */
export function satScale(a: u64, num: u32, den: u32): u64 {
  if (den == 0) throw new Error("a ratio has a denominator above zero");
  // Schoolbook, in base 2^32: the product has three digits, the quotient as many.
  const low = (a & 0xffff_ffff) * num;
  const high = (a >> 32) * num + (low >> 32);
  const quotient = high / den;
  if (quotient >> 32 != 0) return NAT_MAX;
  return (quotient << 32) | ((((high % den) << 32) | (low & 0xffff_ffff)) / den);
}

/** Upper 64 bits of the product of two nats. */
export function mulHigh(a: u64, b: u64): u64 {
  const aLow = a & 0xffff_ffff;
  const aHigh = a >> 32;
  const bLow = b & 0xffff_ffff;
  const bHigh = b >> 32;
  const cross = aHigh * bLow + ((aLow * bLow) >> 32);
  const middle = aLow * bHigh + (cross & 0xffff_ffff);
  return aHigh * bHigh + (cross >> 32) + (middle >> 32);
}

function addOverflows(a: i64, b: i64): bool {
  return b < 0 ? a < INT_MIN - b : a > INT_MAX - b;
}

function subOverflows(a: i64, b: i64): bool {
  return b < 0 ? a > INT_MAX + b : a < INT_MIN + b;
}

function mulOverflows(a: i64, b: i64): bool {
  if (a == 0 || b == 0) return false;
  // The one product whose check would overflow itself.
  if (a == -1) return b == INT_MIN;
  if (b == -1) return a == INT_MIN;
  return (a * b) / b != a;
}

function outside(type: string, a: string, operator: string, b: string): string {
  return a + " " + operator + " " + b + " is outside " + type;
}
