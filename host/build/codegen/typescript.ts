/** TypeScript types of a world's values, for hosts and tests: what goes in and comes out, not bytes. */

import type { Manifest } from "../../air/manifest.ts";
import { compareText } from "../../values/bytes.ts";
import type { PrimitiveKind, Type } from "../../values/type.ts";
import { headerOf } from "./header.ts";
import { classNames, fileIdentifiers } from "./names.ts";
import type { SchemaTypes } from "./schemas.ts";
import { literal, quoted, WIDTH_MAX } from "./text.ts";

const PRIMITIVE_TYPES: { readonly [Kind in PrimitiveKind]: string } = {
  bool: "boolean",
  int: "bigint",
  nat: "bigint",
  time: "bigint",
  duration: "bigint",
  dec128: "string",
  text: "string",
  hash: "string",
  uuid: "string",
  bytes: "Uint8Array",
  unit: "null",
};

/** Text of the types file: a type for each schema, and `World` with them by their AIR names. */
export function typeScriptText(schemas: SchemaTypes, manifest: Manifest): string {
  const names = classNames(schemas.keys(), fileIdentifiers());
  const types = new Types(names);
  const blocks = [...schemas].map(([name, type]) => types.declaration(name, type));
  const modules = [...manifest.reducers.keys(), ...manifest.pureModules.keys()].sort(compareText);
  const sources = modules.length > 0 ? modules : [...schemas.keys()].slice(0, 1);
  return [headerOf(sources), ...blocks, worldType(schemas, names, manifest)].join("\n");
}

class Types {
  readonly #names: ReadonlyMap<string, string>;

  constructor(names: ReadonlyMap<string, string>) {
    this.#names = names;
  }

  declaration(schema: string, type: Type): string {
    const name = this.#names.get(schema)!;
    const comment = `/** ${quoted(schema)} */\n`;
    if (type.kind === "record" && type.fields.size > 0) {
      return `${comment}export interface ${name} ${this.#members(type.fields, "")}\n`;
    }
    if (type.kind === "variant") {
      const arms = this.#arms(type.arms, "  ");
      return `${comment}export type ${name} =\n${arms.map((arm) => `  | ${arm}`).join("\n")};\n`;
    }
    return `${comment}export type ${name} = ${this.#text(type, "")};\n`;
  }

  /** `margin` is what stands before the line the type begins on. */
  #text(type: Type, margin: string): string {
    switch (type.kind) {
      case "ref":
        return this.#names.get(type.name)!;
      case "record":
        return type.fields.size === 0
          ? "Readonly<Record<string, never>>"
          : this.#members(type.fields, margin);
      case "variant":
        return this.#arms(type.arms, margin).join(" | ");
      case "list":
      case "set":
        return arrayOf(this.#text(type.item, margin));
      case "map":
        return `ReadonlyMap<${this.#text(type.key, margin)}, ${this.#text(type.value, margin)}>`;
      case "option":
        return `${this.#text(type.item, margin)} | null`;
      default:
        return PRIMITIVE_TYPES[type.kind];
    }
  }

  #members(fields: ReadonlyMap<string, Type>, margin: string): string {
    const inner = `${margin}  `;
    const lines = [...fields].map(([field, type]) => {
      return `${inner}readonly ${property(field)}: ${this.#text(type, inner)};\n`;
    });
    return `{\n${lines.join("")}${margin}}`;
  }

  #arms(arms: ReadonlyMap<string, Type>, margin: string): string[] {
    return [...arms].map(([tag, type]) => {
      const value = type.kind === "unit" ? "" : `; readonly $value: ${this.#text(type, `${margin}  `)}`;
      return `{ readonly $tag: ${literal(tag)}${value} }`;
    });
  }
}

/** An array of what may be a union or an object. */
function arrayOf(item: string): string {
  return /^[\w$]+$/.test(item) ? `readonly ${item}[]` : `ReadonlyArray<${item}>`;
}

function property(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? name : literal(name);
}

/** AIR's names of everything, with their types. */
function worldType(schemas: SchemaTypes, names: ReadonlyMap<string, string>, manifest: Manifest): string {
  const nameOf = (schema: string): string => names.get(schema)!;
  const reducers = [...manifest.reducers].sort(([a], [b]) => compareText(a, b));
  const pures = [...manifest.pureModules].sort(([a], [b]) => compareText(a, b));
  return `/** Everything of this world by its AIR name. */
export interface World {
  schemas: ${table([...schemas.keys()].map((schema) => [schema, nameOf(schema)]))};
  reducers: ${table(
    reducers.map(([module, { state, event, key }]) => {
      const cell = key === null ? "null" : nameOf(key.name);
      const parts = [`state: ${nameOf(state.name)}`, `event: ${nameOf(event.name)}`, `key: ${cell}`];
      return [module, object(parts, 4 + literal(module).length)];
    }),
  )};
  pures: ${table(
    pures.map(([module, { input, output }]) => {
      const parts = [`input: ${nameOf(input.name)}`, `output: ${nameOf(output.name)}`];
      return [module, object(parts, 4 + literal(module).length)];
    }),
  )};
}
`;
}

function table(entries: readonly (readonly [name: string, type: string])[]): string {
  if (entries.length === 0) return "Record<never, never>";
  return `{\n${entries.map(([name, type]) => `    ${literal(name)}: ${type};\n`).join("")}  }`;
}

/** On one line where it fits behind so many columns. */
function object(parts: readonly string[], column: number): string {
  const flat = `{ ${parts.join("; ")} }`;
  if (column + flat.length + 3 <= WIDTH_MAX) return flat;
  return `{\n${parts.map((part) => `      ${part};\n`).join("")}    }`;
}
