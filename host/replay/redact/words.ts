/**
 * What the definitions of a recording say themselves: their names, constants and notes, which the recording holds in
 * any case. A short one that is a value too is no secret, since records write it wherever they name the definition.
 */

import type { Manifest } from "../../air/manifest.ts";
import { fromAnyBytes, utf8 } from "../../values/bytes.ts";
import { type Cbor, decodeCbor } from "../../values/cbor.ts";
import type { Value } from "../../values/value.ts";
import { isInteger } from "./spellings.ts";

/** A longer text is not the same by chance. */
const WORD_BYTES_MAX = 64;
/** A name is made of words; other texts are one word as a whole. */
const NAME = /^[\w$@./:-]+$/;

export class DefinitionWords {
  readonly #texts = new Set<string>();
  readonly #integers = new Set<bigint>();

  constructor(manifests: Iterable<Manifest>) {
    const nodes = new Map<string, Uint8Array>();
    for (const manifest of manifests) for (const [hash, node] of manifest.nodes) nodes.set(hash, node);
    for (const node of nodes.values()) this.#add(decodeCbor(node));
  }

  /** Whether the value stands in the definitions: as a whole text, as a word of a name, or as an integer. */
  has(scalar: Value): boolean {
    if (isInteger(scalar)) return this.#integers.has(scalar.value);
    return "value" in scalar && typeof scalar.value === "string" && this.#isWord(scalar.value);
  }

  /** The same of a spelling. */
  hasSpelling(spelling: Uint8Array | bigint): boolean {
    return typeof spelling === "bigint" ? this.#integers.has(spelling) : this.#isWord(fromAnyBytes(spelling));
  }

  #isWord(text: string): boolean {
    return this.#texts.has(text) && utf8(text).length <= WORD_BYTES_MAX;
  }

  #add(item: Cbor): void {
    if (typeof item === "bigint") this.#integers.add(item);
    else if (typeof item === "string") this.#addText(item);
    else if (item instanceof Map) {
      for (const [key, each] of item as ReadonlyMap<string | bigint, Cbor>) {
        this.#add(key);
        this.#add(each);
      }
    } else if (Array.isArray(item)) for (const each of item as readonly Cbor[]) this.#add(each);
  }

  #addText(text: string): void {
    this.#texts.add(text);
    if (!NAME.test(text)) return;
    for (const part of text.split(/[/@.:$]/)) {
      this.#texts.add(part);
      for (const word of part.split(/[_-]/)) this.#texts.add(word);
    }
  }
}
