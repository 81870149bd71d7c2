/**
 * How a value of a form is typed, read and written. Lists, sets, maps and options get a pair of functions each,
 * written once a file: AssemblyScript has no closures to build them from.
 */

import type { Form } from "./forms.ts";
import { Identifiers } from "./names.ts";

/** The AssemblyScript type of a form. */
export function typeText(form: Form): string {
  switch (form.kind) {
    case "scalar":
    case "class":
    case "enum":
      return form.name;
    case "list":
      return `Array<${typeText(form.item)}>`;
    case "set":
      return isHashable(form.item) ? `Set<${typeText(form.item)}>` : `Array<${typeText(form.item)}>`;
    case "map":
      return `Map<${typeText(form.key)}, ${typeText(form.value)}>`;
    case "option":
      return isBoxed(form.item) ? `Some<${typeText(form.item)}> | null` : `${typeText(form.item)} | null`;
  }
}

/** What a field of this form begins as. */
export function zeroText(form: Form): string {
  switch (form.kind) {
    case "scalar":
    case "class":
    case "enum":
      return form.zero;
    case "option":
      return "null";
    default:
      return `new ${typeText(form)}()`;
  }
}

/** Numbers cannot be null: an option of one is boxed. */
function isBoxed(item: Form): boolean {
  if (item.kind === "enum") return true;
  return item.kind === "scalar" && item.method !== "text" && item.method !== "bytes";
}

/** What the library's Set compares by value; sets of anything else are arrays. */
function isHashable(item: Form): boolean {
  return item.kind === "enum" || (item.kind === "scalar" && item.method !== "bytes");
}

/** Expressions that read and write, and the functions they call. */
export class Codecs {
  readonly #names = new Map<string, string>();
  readonly #identifiers = new Identifiers();
  readonly #functions: string[][] = [];

  /** Functions for every container that was read or written, inner ones first. */
  get functions(): readonly (readonly string[])[] {
    return this.#functions;
  }

  /** Expression for the value `reader` reads next. */
  read(form: Form, reader: string): string {
    switch (form.kind) {
      case "scalar":
        return `${reader}.${form.method}()`;
      case "class":
        return `${form.name}.decode(${reader})`;
      case "enum":
        return `read${form.name}(${reader})`;
      default:
        return `read${this.#container(form)}(${reader})`;
    }
  }

  /** Expression that writes `value` to `writer`. */
  write(form: Form, writer: string, value: string): string {
    switch (form.kind) {
      case "scalar":
        return `${writer}.${form.method}(${value})`;
      case "class":
        return `${value}.encode(${writer})`;
      case "enum":
        return `write${form.name}(${writer}, ${value})`;
      default:
        return `write${this.#container(form)}(${writer}, ${value})`;
    }
  }

  /** What the functions of a container are called, after `read` and `write`; made when first asked for. */
  #container(form: Container): string {
    const key = keyOf(form);
    const known = this.#names.get(key);
    if (known !== undefined) return known;
    const name = this.#identifiers.claim(wordsOf(form));
    this.#names.set(key, name);
    const read = this.#readFunction(form, name);
    this.#functions.push(read, this.#writeFunction(form, name));
    return name;
  }

  #readFunction(form: Container, name: string): string[] {
    const type = typeText(form);
    const head = `function read${name}(r: Reader): ${type} {`;
    if (form.kind === "option") {
      const item = this.read(form.item, "r");
      const found = isBoxed(form.item) ? `new Some<${typeText(form.item)}>(${item})` : item;
      return [head, `  return r.none() ? null : ${found};`, "}"];
    }
    const made = form.kind === "map" ? "map" : "items";
    const open = form.kind === "map" ? "map" : "list";
    const add =
      form.kind === "map"
        ? `map.set(${this.read(form.key, "r")}, ${this.read(form.value, "r")})`
        : `items.${form.kind === "set" && isHashable(form.item) ? "add" : "push"}(${this.read(form.item, "r")})`;
    return [
      head,
      `  const ${made} = new ${type}();`,
      `  for (let n = r.${open}(); n > 0; n--) ${add};`,
      `  return ${made};`,
      "}",
    ];
  }

  #writeFunction(form: Container, name: string): string[] {
    const head = (value: string): string =>
      `function write${name}(w: Writer, ${value}: ${typeText(form)}): void {`;
    switch (form.kind) {
      case "option": {
        const inside = isBoxed(form.item) ? ".value" : "";
        const write = this.write(form.item, "w", `value${inside}`);
        return [head("value"), "  if (value === null) w.none();", `  else ${write};`, "}"];
      }
      case "list":
        return [
          head("items"),
          "  w.list(items.length);",
          `  for (let i = 0; i < items.length; i++) ${this.write(form.item, "w", "items[i]")};`,
          "}",
        ];
      case "set": {
        const hashed = isHashable(form.item);
        return [
          head("items"),
          "  const sorted = new Sorted();",
          ...(hashed ? ["  const values = items.values();"] : []),
          `  for (let i = 0; i < ${hashed ? "values" : "items"}.length; i++) {`,
          `    ${this.write(form.item, "sorted.item()", hashed ? "values[i]" : "items[i]")};`,
          "  }",
          "  sorted.writeSet(w);",
          "}",
        ];
      }
      case "map":
        return [
          head("map"),
          "  const sorted = new Sorted();",
          "  const keys = map.keys();",
          "  for (let i = 0; i < keys.length; i++) {",
          "    const entry = sorted.item();",
          `    ${this.write(form.key, "entry", "keys[i]")};`,
          `    ${this.write(form.value, "entry", "map.get(keys[i])")};`,
          "  }",
          "  sorted.writeMap(w);",
          "}",
        ];
    }
  }
}

/** The same for forms that are read and written alike. */
function keyOf(form: Form): string {
  switch (form.kind) {
    case "scalar":
      return form.method;
    case "class":
    case "enum":
      return form.name;
    case "map":
      return `map(${keyOf(form.key)}, ${keyOf(form.value)})`;
    default:
      return `${form.kind}(${keyOf(form.item)})`;
  }
}

type Container = Form & { readonly kind: "list" | "set" | "map" | "option" };

function wordsOf(form: Form): string {
  switch (form.kind) {
    case "scalar":
      return form.method.charAt(0).toUpperCase() + form.method.slice(1);
    case "class":
    case "enum":
      return form.name;
    case "list":
      return `List${wordsOf(form.item)}`;
    case "set":
      return `Set${wordsOf(form.item)}`;
    case "option":
      return `Option${wordsOf(form.item)}`;
    case "map":
      return `Map${wordsOf(form.key)}${wordsOf(form.value)}`;
  }
}
