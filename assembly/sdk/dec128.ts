/**
 * AIR's dec128, which is a text: `-12.50`, `1e3`. Two texts may stand for one number (`1` and `1.0`); AIR
 * keeps the text. For arithmetic take the number as an integer of the smallest unit: `units(2)` for cents.
 */
export class Dec128 {
  private constructor(
    /** Whether it is below zero. */
    public readonly negative: bool,
    /** Digits without leading zeros, empty for zero. */
    private digits: string,
    /** Digits stand before the point by so many places: the number is digits * 10^exponent. */
    private exponent: i64,
  ) {}

  /** Whether a text is a dec128: a sign, digits, a fraction and an exponent, all but the digits optional. */
  static isValid(text: string): bool {
    return new Parts(text).valid;
  }

  /** Aborts when the text is no dec128. Of an exponent, what is beyond 18 digits saturates. */
  static parse(text: string): Dec128 {
    const parts = new Parts(text);
    if (!parts.valid) throw new Error("'" + text + "' is no dec128");
    const all = parts.whole + parts.fraction;
    let start = 0;
    while (start < all.length && all.charCodeAt(start) == ZERO) start++;
    let end = all.length;
    while (end > start && all.charCodeAt(end - 1) == ZERO) end--;
    const digits = all.substring(start, end);
    if (digits.length == 0) return new Dec128(false, "", 0);
    const exponent = parts.exponent - <i64>parts.fraction.length + <i64>(all.length - end);
    return new Dec128(parts.negative, digits, exponent);
  }

  /** The number `units` / 10^`places`. */
  static of(units: i64, places: i32 = 0): Dec128 {
    return Dec128.parse(units.toString() + "e-" + places.toString());
  }

  /** Negative when `a` is the smaller number, positive when the larger, else zero. Aborts for what is no dec128. */
  static compare(a: string, b: string): i32 {
    return Dec128.parse(a).compareTo(Dec128.parse(b));
  }

  compareTo(other: Dec128): i32 {
    const sign = this.sign();
    if (sign != other.sign()) return sign < other.sign() ? -1 : 1;
    return sign * this.compareSize(other);
  }

  /** -1, 0 or 1. */
  sign(): i32 {
    return this.digits.length == 0 ? 0 : this.negative ? -1 : 1;
  }

  /** The number times 10^`places` as an int. Aborts when that is no integer, or outside int. */
  units(places: i32): i64 {
    const shift = this.exponent + <i64>places;
    if (this.digits.length == 0) return 0;
    const length = <i64>this.digits.length + shift;
    if (shift < 0 || length > 19)
      throw new Error(this.toString() + " does not fit an int of " + places.toString() + " places");
    let size: u64 = 0;
    const all = this.digits + "0".repeat(<i32>shift);
    for (let i = 0; i < all.length; i++) size = size * 10 + <u64>(all.charCodeAt(i) - ZERO);
    const most = <u64>i64.MAX_VALUE + (this.negative ? 1 : 0);
    if (size > most)
      throw new Error(this.toString() + " does not fit an int of " + places.toString() + " places");
    return this.negative ? <i64>(0 - size) : <i64>size;
  }

  /**
   * The shortest text of this number: without an exponent where it has at most 34 digits that way, else as
   * digits and an exponent. Equal numbers give equal texts.
   */
  toString(): string {
    const digits = this.digits;
    const length = <i64>digits.length;
    if (length == 0) return "0";
    const sign = this.negative ? "-" : "";
    const exponent = this.exponent;
    if (exponent >= 0 && length + exponent <= PLAIN_MAX) return sign + digits + "0".repeat(<i32>exponent);
    if (exponent >= 0 || exponent < -PLAIN_MAX) return sign + digits + "e" + exponent.toString();
    const point = length + exponent;
    if (point > 0) return sign + digits.substring(0, <i32>point) + "." + digits.substring(<i32>point);
    return sign + "0." + "0".repeat(<i32>-point) + digits;
  }

  /** By distance from zero; neither is zero unless both are. */
  private compareSize(other: Dec128): i32 {
    const top = <i64>this.digits.length + this.exponent;
    const otherTop = <i64>other.digits.length + other.exponent;
    if (top != otherTop) return top < otherTop ? -1 : 1;
    // The same first place: digits compare as texts do, the longer being the larger.
    return this.digits < other.digits ? -1 : this.digits == other.digits ? 0 : 1;
  }
}

/** Digits up to which a number is written without an exponent: those a decimal of 128 bits has. */
const PLAIN_MAX: i64 = 34;
/** An exponent beyond this is cut: no two numbers a world meets differ there. */
const EXPONENT_MAX: i64 = 1_000_000_000_000_000_000;

const ZERO: i32 = 0x30;

/** A text taken apart. */
class Parts {
  negative: bool = false;
  whole: string = "";
  fraction: string = "";
  exponent: i64 = 0;
  valid: bool = false;
  private at: i32 = 0;

  constructor(private text: string) {
    this.valid = this.takeApart() && this.at == text.length;
  }

  /** False where digits are missing. */
  private takeApart(): bool {
    this.negative = this.sign();
    this.whole = this.run();
    if (this.whole.length == 0) return false;
    if (this.skip(0x2e)) {
      this.fraction = this.run();
      if (this.fraction.length == 0) return false;
    }
    if (!this.skip(0x65) && !this.skip(0x45)) return true;
    const below = this.sign();
    const digits = this.run();
    const size = sizeOf(digits);
    this.exponent = below ? -size : size;
    return digits.length > 0;
  }

  private skip(unit: i32): bool {
    if (this.at >= this.text.length || this.text.charCodeAt(this.at) != unit) return false;
    this.at++;
    return true;
  }

  private sign(): bool {
    if (this.skip(0x2d)) return true;
    this.skip(0x2b);
    return false;
  }

  private run(): string {
    const start = this.at;
    while (this.at < this.text.length) {
      const unit = this.text.charCodeAt(this.at);
      if (unit < ZERO || unit > ZERO + 9) break;
      this.at++;
    }
    return this.text.substring(start, this.at);
  }
}

function sizeOf(digits: string): i64 {
  let size: i64 = 0;
  for (let i = 0; i < digits.length; i++) {
    size = size * 10 + <i64>(digits.charCodeAt(i) - ZERO);
    if (size > EXPONENT_MAX) return EXPONENT_MAX;
  }
  return size;
}
