import type { Type } from "../../host/values/type.ts";
import type { Value } from "../../host/values/value.ts";

/**
 * Valid CBOR of a value that is rarely canonical: long heads, tags, indefinite lengths, any order, optional
 * fields left out, short variants. `choose` gives numbers from 0 to 5; 0 mostly means "the odd way".
 */
export function looseCbor(type: Type, value: Value, choose: () => number): Uint8Array {
  const writer = new LooseWriter(choose);
  writer.value(type, value);
  return Uint8Array.from(writer.out);
}

class LooseWriter {
  readonly out: number[] = [];
  readonly #choose: () => number;

  constructor(choose: () => number) {
    this.#choose = choose;
  }

  value(type: Type, value: Value): void {
    if (this.#choose() === 0) this.out.push(0xd9, 0xd9, 0xf7);
    if (type.kind === "option") {
      if (value.kind === "null") this.out.push(this.#choose() === 0 ? 0xf7 : 0xf6);
      else this.value(type.item, value);
    } else if (type.kind === "record" && value.kind === "record") this.#record(type.fields, value.fields);
    else if (type.kind === "variant" && value.kind === "record") this.#variant(type.arms, value.fields);
    else if (type.kind === "map" && value.kind === "map") {
      this.#container(5, value.entries.length, () => {
        for (const [key, item] of this.#shuffled(value.entries)) {
          this.value(type.key, key);
          this.value(type.value, item);
        }
      });
    } else if (type.kind === "list" && value.kind === "list") {
      this.#container(4, value.items.length, () => {
        for (const item of value.items) this.value(type.item, item);
      });
    } else if (type.kind === "set" && value.kind === "set") {
      const items = this.#choose() === 0 ? [...value.items, ...value.items] : this.#shuffled(value.items);
      this.#container(4, items.length, () => {
        for (const item of items) this.value(type.item, item);
      });
    } else this.#scalar(value);
  }

  #scalar(value: Value): void {
    if (value.kind === "unit") this.out.push(this.#choose() === 0 ? 0xa0 : 0xf6);
    else if (value.kind === "bool") this.out.push(value.value ? 0xf5 : 0xf4);
    else if (value.kind === "bytes") this.#string(2, value.value);
    else if ("value" in value && typeof value.value === "string") this.#text(value.value);
    else if ("value" in value && typeof value.value === "bigint") {
      if (value.value < 0n) this.#head(1, -1n - value.value);
      else this.#head(0, value.value);
    }
  }

  #record(types: ReadonlyMap<string, Type>, fields: ReadonlyMap<string, Value>): void {
    const kept = [...fields].filter(
      ([name, field]) => types.get(name)!.kind !== "option" || field.kind !== "null" || this.#choose() > 1,
    );
    this.#container(5, kept.length, () => {
      for (const [name, field] of this.#shuffled(kept)) {
        this.#text(name);
        this.value(types.get(name)!, field);
      }
    });
  }

  #variant(arms: ReadonlyMap<string, Type>, fields: ReadonlyMap<string, Value>): void {
    const tag = (fields.get("$tag") as { value: string }).value;
    const payload = fields.get("$value");
    const members: (() => void)[] = [];
    if (payload !== undefined && tag !== "$tag" && this.#choose() < 2) {
      members.push(() => this.#member(tag, () => this.value(arms.get(tag)!, payload)));
    } else {
      members.push(() => this.#member("$tag", () => this.#text(tag)));
      if (payload !== undefined) {
        members.push(() => this.#member("$value", () => this.value(arms.get(tag)!, payload)));
      }
    }
    this.#container(5, members.length, () => {
      for (const member of this.#shuffled(members)) member();
    });
  }

  #member(name: string, value: () => void): void {
    this.#text(name);
    value();
  }

  #text(text: string): void {
    this.#string(3, new TextEncoder().encode(text));
  }

  #string(major: number, bytes: Uint8Array): void {
    const chunked = this.#choose() === 0;
    if (chunked) this.out.push((major << 5) | 31);
    const parts = chunked && major === 2 ? [bytes.subarray(0, 1), bytes.subarray(1)] : [bytes];
    for (const part of parts) {
      this.#head(major, BigInt(part.length));
      this.out.push(...part);
    }
    if (chunked) this.out.push(0xff);
  }

  #container(major: number, count: number, body: () => void): void {
    const open = this.#choose() === 0;
    if (open) this.out.push((major << 5) | 31);
    else this.#head(major, BigInt(count));
    body();
    if (open) this.out.push(0xff);
  }

  #head(major: number, argument: bigint): void {
    const sizes = [1, 2, 4, 8].filter((size) => argument < 1n << BigInt(8 * size));
    const size = this.#choose() === 0 ? sizes[sizes.length - 1]! : sizes[0]!;
    if (argument < 24n && size === 1) {
      this.out.push((major << 5) | Number(argument));
      return;
    }
    this.out.push((major << 5) | (23 + [1, 2, 4, 8].indexOf(size) + 1));
    for (let i = size - 1; i >= 0; i--) this.out.push(Number((argument >> BigInt(8 * i)) & 255n));
  }

  #shuffled<T>(items: readonly T[]): readonly T[] {
    return this.#choose() < 3 ? [...items].reverse() : items;
  }
}
