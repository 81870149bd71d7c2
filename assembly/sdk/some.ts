/** An option of a number or bool that is there; `Some<u64> | null` is AIR's `option nat`. */
export class Some<T> {
  constructor(public value: T) {}
}
