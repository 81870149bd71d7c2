/**
 * From AIR's names to identifiers. What an author's code refers to must not come to mean something else when
 * the world grows: schemas that would share a class name all get a longer one, so that code which used the
 * short one no longer compiles instead of compiling against another schema.
 */

import { compareText } from "../../values/bytes.ts";

/** Words that cannot name a variable or parameter in AssemblyScript or TypeScript. */
const KEYWORDS = new Set(
  (
    "async await boolean break case catch class const constructor continue debugger default delete do else enum " +
    "export extends false finally for function if implements import in instanceof interface let new null of " +
    "override package private protected public return static string super switch this throw true " +
    "try typeof undefined var void while with yield arguments eval auto bool " +
    "i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 v128 isize usize"
  ).split(" "),
);

/** Members every generated class has. */
const MEMBERS = new Set(["schema", "encode", "decode", "kind", "toString", "valueOf", "prototype", "length"]);

/** Names of the SDK, of the compiler's library and of TypeScript's that generated classes must leave alone. */
const TAKEN =
  "Array ArrayBuffer ArrayBufferView Atomics BigInt Boolean DataView Date Effects Error Float32Array " +
  "Float64Array Function I8 I16 I32 I64 Int16Array Int32Array Int64Array Int8Array Intent JSON Map Math " +
  "NativeMath NativeMathf Number Object Promise Pure PureContext RangeError Random Reader ReadonlyMap Record " +
  "Reducer ReducerContext Ref RegExp RetryPolicy Set Some Sorted StaticArray String Symbol SyntaxError " +
  "TypeError U8 U16 U32 U64 URIError Uint16Array Uint32Array Uint64Array Uint8Array Uint8ClampedArray Unit " +
  "Value World Writer";

/** Gives each identifier out once. */
export class Identifiers {
  readonly #taken: Set<string>;

  constructor(taken: Iterable<string> = []) {
    this.#taken = new Set(taken);
  }

  /** The identifier, or one with a number behind it. */
  claim(wanted: string): string {
    let name = wanted;
    for (let n = 2; this.#taken.has(name); n++) name = `${wanted}${n}`;
    this.#taken.add(name);
    return name;
  }
}

/** Names for everything at the top of a generated file. */
export function fileIdentifiers(): Identifiers {
  return new Identifiers(TAKEN.split(" "));
}

/**
 * A class name for each schema: its short name; where several have that, with their version; where that does
 * not tell them apart, or the name is taken by the SDK or the language, with their namespace as well.
 */
export function classNames(schemas: Iterable<string>, into: Identifiers): ReadonlyMap<string, string> {
  const parts = [...schemas].map(partsOf);
  const taken = new Set(TAKEN.split(" "));
  const named = parts.map((part): readonly [string, string] => {
    const same = parts.filter(({ base }) => base === part.base);
    const spaces = new Set(same.map(({ space }) => space));
    const withSpace = spaces.size > 1 || taken.has(part.base) ? part.space + part.base : part.base;
    const alike = same.filter(({ space }) => space === part.space);
    return [part.name, alike.length > 1 ? `${withSpace}V${part.version}` : withSpace];
  });
  const inOrder = [...named].sort(([a], [b]) => compareText(a, b));
  return new Map(inOrder.map(([name, wanted]) => [name, into.claim(wanted)]));
}

interface Parts {
  readonly name: string;
  readonly space: string;
  readonly base: string;
  readonly version: string;
}

function partsOf(name: string): Parts {
  const slash = name.indexOf("/");
  const at = name.lastIndexOf("@");
  return {
    name,
    space: pascal(name.slice(0, slash)),
    base: pascal(name.slice(slash + 1, at)),
    version: name.slice(at + 1),
  };
}

/**
 * Name of a module's generated base class: `demo/RetrySM@1` has `RetryReducer`, `demo/Price@1` as a pure module
 * `PriceModule`. What only says that it is a module is left out.
 */
export function moduleClassName(name: string, kind: "reducer" | "pure", into: Identifiers): string {
  const { base } = partsOf(name);
  const suffix = kind === "pure" ? "Module" : "Reducer";
  const stem = base.replace(kind === "pure" ? /(?:Module|Pure)$/ : /(?:SM|Reducer|Workflow)$/, "");
  return into.claim(`${stem}${suffix}`);
}

/** `req_id` as `reqId`; each of a record's fields gets a name of its own. */
export function fieldNames(fields: Iterable<string>): ReadonlyMap<string, string> {
  const into = new Identifiers();
  return new Map([...fields].map((field) => [field, into.claim(safe(camel(field)))]));
}

/** `on_hold` as `OnHold`; each of a variant's arms gets a name of its own. */
export function armNames(arms: Iterable<string>): ReadonlyMap<string, string> {
  const into = new Identifiers();
  return new Map([...arms].map((arm) => [arm, into.claim(pascal(arm) || "Arm")]));
}

function safe(name: string): string {
  return KEYWORDS.has(name) || MEMBERS.has(name) ? `${name}_` : name;
}

/** Letters, digits and `_` of ASCII; capitals inside a word stay. */
function words(text: string): readonly string[] {
  return text.split(/[^A-Za-z0-9]+/).filter((word) => word !== "");
}

export function pascal(text: string): string {
  const joined = words(text).map(pascalWord).join("");
  return /^[0-9]/.test(joined) ? `_${joined}` : joined;
}

function camel(text: string): string {
  const [first = "field", ...rest] = words(text);
  const head = /[a-z]/.test(first) ? first.charAt(0).toLowerCase() + first.slice(1) : first.toLowerCase();
  const joined = head + rest.map(pascalWord).join("");
  return /^[0-9]/.test(joined) ? `_${joined}` : joined;
}

function pascalWord(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}
