/** The definitions in force: what the manifest lists, and the built-in schemas and capabilities. */

import type { Hash } from "../../values/brand.ts";
import { isBuiltin } from "../../values/names.ts";
import { nearest } from "../../values/nearest.ts";
import { quote } from "../../values/quote.ts";
import { catalogue } from "../catalogue.ts";
import { LIST_NAMES, type ListName, type NamedRef } from "../definitions.ts";
import { laterBuiltin } from "../later.ts";
import { type FaultList, type Origin, type Sourced, unwritten } from "../source.ts";
import { type ByName, type DefinitionSet, emptySet, type Given, type Kinds } from "./given.ts";

/** What one definition of each list is called. */
const WORDS: { readonly [List in ListName]: string } = {
  schemas: "schema",
  modules: "module",
  plans: "plan",
  effects: "effect",
  caps: "capability",
  policies: "policy",
  secrets: "secret",
};

/** The kind of fault when a name of each list is unknown. */
const CODES: { readonly [List in ListName]: string } = {
  schemas: "reference.schema",
  modules: "reference.module",
  plans: "reference.plan",
  effects: "reference.effect",
  caps: "reference.cap",
  policies: "reference.policy",
  secrets: "reference.secret",
};

/** Finds definitions in force by name, and says what is wrong with a name that is none. */
export class Active {
  readonly set: DefinitionSet;
  readonly #given: Given;
  readonly #faults: FaultList;

  constructor(given: Given, faults: FaultList) {
    this.#given = given;
    this.#faults = faults;
    this.set = this.#collect();
    this.#checkUnlisted();
  }

  /** Undefined for a name that is not in force; that was reported. */
  find<List extends ListName>(
    list: List,
    name: string,
    origin: Origin,
    pointer: string,
  ): Sourced<Kinds[List]> | undefined {
    const all: ByName<Kinds[List]> = this.set[list];
    const found = all.get(name);
    if (found !== undefined) return found;
    if (!this.isBroken(name)) this.#unknown(list, name, [all.keys()], origin, pointer);
    return undefined;
  }

  /** Whether a definition of that name was read that has faults of its own. */
  isBroken(name: string): boolean {
    return this.#given.broken.has(name);
  }

  /** Whether an effect in force is one of them: then no kind is known to be missing. */
  get effectsBroken(): boolean {
    return this.#given.manifest.definition.lists.get("effects")!.some(({ name }) => this.isBroken(name));
  }

  /** Whether there are any such. */
  get someBroken(): boolean {
    return this.#given.broken.size > 0;
  }

  #collect(): DefinitionSet {
    const set = emptySet();
    const builtins = catalogue();
    for (const name of builtins.schemas.keys()) set.schemas.set(name, builtin(name, builtins.schemas));
    for (const name of builtins.caps.keys()) set.caps.set(name, builtin(name, builtins.caps));
    const { definition: manifest, origin } = this.#given.manifest;
    for (const list of LIST_NAMES) {
      const listed = new Set<string>();
      manifest.lists.get(list)!.forEach((ref, i) => {
        const pointer = `/${list}/${i}/name`;
        if (listed.has(ref.name)) this.#twice(list, ref.name, origin, pointer);
        else this.#activate(list, ref, set, origin, pointer);
        listed.add(ref.name);
      });
    }
    return set;
  }

  #activate<List extends ListName>(
    list: List,
    { name, hash }: NamedRef,
    set: { [Each in keyof Kinds]: Map<string, Sourced<Kinds[Each]>> },
    origin: Origin,
    pointer: string,
  ): void {
    const into = set[list] as Map<string, Sourced<Kinds[List]>>;
    const own = (this.#given.definitions[list] as ByName<Kinds[List]>).get(name);
    if (own !== undefined) {
      into.set(name, own);
      return;
    }
    const builtins = builtinsOf(list) as ReadonlyMap<string, Kinds[List]>;
    if (builtins.has(name)) {
      into.set(name, builtin(name, builtins));
      if (hash !== null) this.#checkBuiltinHash(name, hash, origin, pointer);
      return;
    }
    if (this.isBroken(name)) return;
    const defined = this.#given.definitions[list] as ByName<Kinds[List]>;
    this.#unknown(list, name, [defined.keys(), builtinsOf(list).keys()], origin, pointer);
  }

  #twice(list: ListName, name: string, origin: Origin, pointer: string): void {
    this.#faults.add(origin, {
      code: "manifest.listed_twice",
      pointer,
      message: `the ${WORDS[list]} ${quote(name)} is listed twice`,
      expected: "each name once",
      found: quote(name),
      hint: "remove one of the two lines",
    });
  }

  #checkBuiltinHash(name: string, hash: Hash, origin: Origin, pointer: string): void {
    const { hashes, moduleNodeHashes } = catalogue();
    const expected = hashes.get(name)!;
    if (hash === expected || hash === moduleNodeHashes.get(name)) return;
    this.#faults.add(origin, {
      code: "manifest.builtin_hash",
      pointer: pointer.replace(/name$/, "hash"),
      message: `${name} is built in and has the hash ${expected}`,
      expected,
      found: hash,
      hint: "leave the hash out: it is filled in",
    });
  }

  #unknown(
    list: ListName,
    name: string,
    known: readonly Iterable<string>[],
    origin: Origin,
    pointer: string,
  ): void {
    const later = laterBuiltin(name, pointer);
    if (later !== null) {
      this.#faults.add(origin, later);
      return;
    }
    const word = WORDS[list];
    this.#faults.add(origin, {
      code: CODES[list],
      pointer,
      message: `there is no ${word} ${quote(name)}`,
      expected: `the name of ${word === "effect" ? "an" : "a"} ${word}`,
      found: quote(name),
      ...(this.#faults.full ? {} : { hint: this.#hint(list, name, known) }),
    });
  }

  #hint(list: ListName, name: string, known: readonly Iterable<string>[]): string {
    const defined = (this.#given.definitions[list] as ByName<unknown>).get(name);
    if (defined !== undefined) return `it is defined but not in force: add it to "${list}" of the manifest`;
    if (builtinsOf(list).has(name))
      return `it is built in but not in force: add it to "${list}" of the manifest`;
    const meant = nearest(name, chained(known));
    if (meant !== undefined) return `did you mean ${quote(meant)}?`;
    return isBuiltin(name)
      ? "names in sys/ are built in, and this is none of them: use a namespace of your own"
      : "define it in a file of this folder and list it in the manifest";
  }

  /** A definition that nothing lists does nothing, which is seldom what its author thinks. */
  #checkUnlisted(): void {
    for (const list of LIST_NAMES) {
      for (const [name, { origin }] of this.#given.definitions[list] as ByName<unknown>) {
        if ((this.set[list] as ByName<unknown>).has(name)) continue;
        this.#faults.add(origin, {
          code: "definition.unlisted",
          pointer: "/name",
          message: `${quote(name)} is defined but the manifest does not list it`,
          hint: `add it to "${list}" of the manifest, or remove it`,
        });
      }
    }
  }
}

function* chained(all: readonly Iterable<string>[]): Iterable<string> {
  for (const each of all) yield* each;
}

/** Parsed when it is first looked at. */
function builtin<Definition>(name: string, all: ReadonlyMap<string, Definition>): Sourced<Definition> {
  return {
    get definition() {
      return all.get(name)!;
    },
    origin: unwritten(name),
  };
}

function builtinsOf(list: ListName): ReadonlyMap<string, { readonly name: string }> {
  const builtins = catalogue();
  switch (list) {
    case "schemas":
      return builtins.schemas;
    case "modules":
      return builtins.modules;
    case "effects":
      return builtins.effects;
    case "caps":
      return builtins.caps;
    default:
      return new Map();
  }
}
