/** The built-in catalogue as the tables of docs/air.md. */

import { catalogue } from "../../host/air/catalogue.ts";
import type { ModuleDefinition } from "../../host/air/definitions.ts";
import type { Type } from "../../host/values/type.ts";

const NAMESPACE = "sys/";

/** The text between the marks of each table: what stands there now is replaced. */
export function withCatalogue(page: string): string {
  let out = page;
  for (const [name, table] of TABLES) {
    const marks = new RegExp(`(<!-- catalogue ${name} -->\n)[\\s\\S]*?(<!-- end -->)`);
    if (!marks.test(out)) throw new Error(`the page has no place for the catalogue's ${name}`);
    out = out.replace(marks, (_, start: string, end: string) => `${start}${render(table())}${end}`);
  }
  return out;
}

type Row = readonly string[];

const TABLES: readonly (readonly [string, () => readonly Row[]])[] = [
  ["schemas", schemas],
  ["effects", effects],
  ["caps", caps],
  ["modules", modules],
];

function render([head, ...rows]: readonly Row[]): string {
  const lines = [head!, head!.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |\n`);
  return lines.join("");
}

function schemas(): readonly Row[] {
  const rows = [...catalogue().schemas.values()].map(({ name, type }) => [
    code(short(name)),
    code(digits(name)),
    code(notation(type)),
  ]);
  return [["schema", "hash", "type"], ...rows];
}

function effects(): readonly Row[] {
  const rows = [...catalogue().effects.values()].map(({ name, effectKind, capType, originScope }) => [
    code(effectKind),
    code(digits(name)),
    code(capType),
    originScope,
  ]);
  return [["kind", "hash", "capability type", "origin scope"], ...rows];
}

function caps(): readonly Row[] {
  const rows = [...catalogue().caps.values()].map(({ name, capType, schema, enforcer }) => [
    code(short(name)),
    code(digits(name)),
    code(capType),
    code(notation(schema)),
    code(short(enforcer)),
  ]);
  return [["capability", "hash", "type", "parameters", "enforcer"], ...rows];
}

function modules(): readonly Row[] {
  const { modules: all, moduleNodeHashes } = catalogue();
  const rows = [...all.values()].map((module) => [
    code(short(module.name)),
    code(digits(module.name)),
    code(shortHash(moduleNodeHashes.get(module.name)!)),
    interfaceOf(module),
  ]);
  return [["module", "hash", "hash with `$kind`", "interface"], ...rows];
}

function interfaceOf({ moduleKind, keySchema, reducer, pure }: ModuleDefinition): string {
  const key = keySchema === null ? "" : `, key ${code(short(keySchema))}`;
  if (pure !== null) return `pure: ${code(short(pure.input))} to ${code(short(pure.output))}`;
  return `${moduleKind}: state ${code(short(reducer!.state))}, event ${code(short(reducer!.event))}${key}`;
}

/** The compact notation the page explains. */
function notation(type: Type): string {
  switch (type.kind) {
    case "record":
      return `{${[...type.fields].map(([name, field]) => `${name}: ${notation(field)}`).join(", ")}}`;
    case "variant":
      return `<${[...type.arms].map(([tag, arm]) => armNotation(tag, arm)).join(" | ")}>`;
    case "list":
      return `[${notation(type.item)}]`;
    case "set":
      return `set[${notation(type.item)}]`;
    case "option":
      return `${notation(type.item)}?`;
    case "map":
      return `map[${notation(type.key)}=>${notation(type.value)}]`;
    case "ref":
      return `@${short(type.name)}`;
    default:
      return type.kind;
  }
}

function armNotation(tag: string, arm: Type): string {
  return arm.kind === "unit" ? tag : `${tag}(${notation(arm)})`;
}

/** Bars would end the cell. */
function code(text: string): string {
  return `\`${text.replaceAll("|", "\\|")}\``;
}

function short(name: string): string {
  return name.startsWith(NAMESPACE) ? name.slice(NAMESPACE.length) : name;
}

function digits(name: string): string {
  return shortHash(catalogue().hashes.get(name)!);
}

function shortHash(hash: string): string {
  return hash.slice("sha256:".length, "sha256:".length + 10);
}
