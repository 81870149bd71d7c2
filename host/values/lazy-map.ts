/** A map whose values are made when they are first asked for: most built-in definitions never are. */

/** Behaves as a map that holds everything from the start. `make` is called once for each key, at most. */
export class LazyMap<Value extends object> extends Map<string, Value> {
  readonly #make: (key: string) => Value;
  readonly #pending: Set<string>;

  constructor(keys: Iterable<string>, make: (key: string) => Value) {
    super();
    this.#make = make;
    this.#pending = new Set(keys);
    // Its place among the keys; what stands there is never seen.
    for (const key of this.#pending) super.set(key, UNMADE as Value);
  }

  override get(key: string): Value | undefined {
    if (this.#pending.delete(key)) super.set(key, this.#make(key));
    return super.get(key);
  }

  override values(): MapIterator<Value> {
    this.#makeAll();
    return super.values();
  }

  override entries(): MapIterator<[string, Value]> {
    this.#makeAll();
    return super.entries();
  }

  override [Symbol.iterator](): MapIterator<[string, Value]> {
    return this.entries();
  }

  override forEach(visit: (value: Value, key: string, map: Map<string, Value>) => void): void {
    this.#makeAll();
    super.forEach(visit);
  }

  #makeAll(): void {
    for (const key of [...this.#pending]) this.get(key);
  }
}

const UNMADE: object = Object.freeze({});
