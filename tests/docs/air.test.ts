/** docs/air.md says what is so: its examples load, its tables are the code's. */

import { describe, expect, test } from "vitest";
import { DIAGNOSTIC_CODES } from "../../host/air/codes.ts";
import { OPERATORS, type Operator } from "../../host/air/definitions.ts";
import type { LoadedWorld, SourceFile } from "../../host/air/load.ts";
import { nodeBytes } from "../../host/air/node.ts";
import { parseExpr } from "../../host/air/parse/expr.ts";
import { parsePatch } from "../../host/air/patch.ts";
import { EXPLAINED_CODES } from "../../host/cli/codes.ts";
import { unsupportedFeatures } from "../../host/kernel/supported.ts";
import { PlanError } from "../../host/plan/errors.ts";
import { evaluate } from "../../host/plan/expr.ts";
import { applyOperator } from "../../host/plan/operators.ts";
import { readEvent } from "../../host/runtime/scenario.ts";
import { fromHex, toHex } from "../../host/values/bytes.ts";
import { AirloomError } from "../../host/values/errors.ts";
import { hashOf } from "../../host/values/hash.ts";
import { type Json, JsonNumber, jsonFrom } from "../../host/values/json.ts";
import { LIMITS, LIMITS_PROFILE, NESTING_MAX } from "../../host/values/limits.ts";
import type { Schema } from "../../host/values/schema.ts";
import type { Value } from "../../host/values/value.ts";
import { sourcesUnder } from "../architecture/source.ts";
import { schemaOf, thrownBy } from "../values/support.ts";
import { withCatalogue } from "./catalogue.ts";
import { jsonSchema, loadFiles } from "./load.ts";
import {
  type Block,
  blocksOf,
  bytesIn,
  codeIn,
  headingsOf,
  readText,
  sectionOf,
  tableAfter,
} from "./page.ts";

const PAGE = readText("docs/air.md");
const BLOCKS = blocksOf(PAGE);
const DEFINITIONS = [
  "defschema",
  "defmodule",
  "defplan",
  "defeffect",
  "defcap",
  "defpolicy",
  "defsecret",
  "manifest",
];

const marked = (word: string): readonly Block[] => BLOCKS.filter(({ marker }) => marker[0] === word);
const named = (blocks: readonly Block[]) =>
  blocks.map((block) => [`${block.marker.join(" ")} (line ${block.line})`, block] as const);

/** Loads files as the JSON they hold; what is wrong with one is told by file and line. */
function load(blocks: readonly Block[], settings: Block | undefined): LoadedWorld {
  const file = ({ line, text }: Block): SourceFile => ({ path: `line-${line}.air.json`, text });
  return loadFiles(blocks.map(file), settings === undefined ? null : file(settings));
}

function told(action: () => LoadedWorld): readonly string[] {
  try {
    return action().warnings.map(({ code, pointer }) => `${code} ${pointer}`);
  } catch (error) {
    if (!(error instanceof AirloomError)) throw error;
    return error.diagnostics.map(({ code, file, pointer }) => `${code} ${file} ${pointer}`);
  }
}

const parts = DEFINITIONS.flatMap(marked);
const [settings] = marked("settings");
let loaded: LoadedWorld | undefined;
/** The world that the examples of the page are parts of. */
const shop = (): LoadedWorld => {
  loaded ??= load(parts, settings);
  return loaded;
};
const schemaNamed = (name: string): Schema => schemasAlone().manifest.schemas.get(name)!;

let alone: LoadedWorld | undefined;

/** A world of nothing but the schemas of the page. */
function schemasAlone(): LoadedWorld {
  if (alone !== undefined) return alone;
  const blocks = marked("defschema");
  const schemas = blocks.flatMap(({ text }) => [JSON.parse(text) as { name: string }].flat());
  const lists = { modules: [], plans: [], caps: [], policies: [] };
  const refs = schemas.map(({ name }) => ({ name }));
  const manifest = { $kind: "manifest", air_version: "1", schemas: refs, ...lists };
  const text = JSON.stringify(manifest);
  alone = load([...blocks, { marker: [], language: "json", text, line: 0 }], undefined);
  return alone;
}

describe("the examples of docs/air.md", () => {
  test("are all marked with what they are", () => {
    const known = [...DEFINITIONS, "settings", "patch", "world", "value", "event", "bytes", "node"];
    expect(BLOCKS.filter(({ marker }) => !known.includes(marker[0] ?? "")).map(({ line }) => line)).toEqual(
      [],
    );
  });

  test("hold each kind of definition under its heading", () => {
    for (const kind of DEFINITIONS) {
      const blocks = blocksOf(sectionOf(PAGE, kind)).filter(({ marker }) => marker[0] === kind);
      expect(blocks.length, kind).toBeGreaterThan(0);
      const kinds = blocks.flatMap(({ text }) => [JSON.parse(text) as object].flat());
      for (const each of kinds) expect(each).toHaveProperty("$kind", kind);
    }
  });

  test("are one world, which loads without a fault or a warning", () => {
    expect(told(shop)).toEqual([]);
  });

  test("would not load without one of them", () => {
    for (const part of parts) {
      expect(
        told(() =>
          load(
            parts.filter((other) => other !== part),
            settings,
          ),
        ),
      ).not.toEqual([]);
    }
  });

  test.each(named(marked("world")))("load: %s", (_, block) => {
    expect(told(() => load([block], undefined))).toEqual([]);
  });

  test.each(named(marked("patch")))("are read: %s", (_, { text }) => {
    expect(parsePatch({ path: "patch.json", text }).warnings).toEqual([]);
    const builtin = text.replaceAll("shop/OrderId@2", "sys/OrderId@2");
    expect(() => parsePatch({ path: "patch.json", text: builtin })).toThrow();
  });

  test.each(named(marked("event")))("can be sent: %s", (_, { text }) => {
    const source = { file: "docs/air.md", line: 1, text };
    expect(readEvent(schemasAlone().manifest, source)).toHaveProperty("schema");
    expect(() =>
      readEvent(schemasAlone().manifest, { ...source, text: text.replace("order", "ordre") }),
    ).toThrow();
  });

  test.each(named(marked("value")))("are of their schema, or refused as they say: %s", (_, block) => {
    const [, name, ...codes] = block.marker;
    const parse = () => schemaNamed(name!).parse(jsonFrom(JSON.parse(block.text)));
    if (codes.length === 0) expect(parse).not.toThrow();
    else
      expect(
        thrownBy(parse)
          .diagnostics.map(({ code }) => code)
          .sort(),
      ).toEqual([...codes].sort());
  });

  test.each(named(marked("bytes")))("have these bytes and this hash: %s", (_, block) => {
    const name = block.marker[1]!;
    const values = marked("value").filter(({ marker }) => marker.length === 2 && marker[1] === name);
    expect(values.length).toBeGreaterThan(0);
    const { hex, hash } = bytesIn(block.text);
    for (const { text } of values) {
      const schema = schemaNamed(name);
      const bytes = schema.encode(schema.parse(jsonFrom(JSON.parse(text))));
      expect({ hex: toHex(bytes), hash: hashOf(bytes) }).toEqual({ hex, hash });
    }
  });

  test.each(named(marked("node")))("are defined by these bytes: %s", (_, block) => {
    const name = block.marker[1]!;
    const bytes = nodeBytes({ kind: "defschema", name, type: typeWritten(name) });
    expect({ hex: toHex(bytes), hash: hashOf(bytes) }).toEqual(bytesIn(block.text));
    expect([...schemasAlone().manifest.nodes.keys()]).toContain(hashOf(bytes));
  });
});

/** The type of a schema of the page, as it is written there. */
function typeWritten(name: string) {
  const definitions = marked("defschema").flatMap(({ text }) => [JSON.parse(text)].flat());
  const { type } = (definitions as { name: string; type: unknown }[]).find((each) => each.name === name)!;
  return schemaOf(type).type;
}

describe("the tables of docs/air.md", () => {
  test.each(tableAfter(PAGE, "<!-- lenses -->").map(([type, ...forms]) => [type!, forms] as const))(
    "give one value in each of its forms: %s %j",
    (type, [sugar, tagged, bytes]) => {
      const schema = schemaOf(JSON.parse(codeIn(type)[0]!));
      const hex = `d9d9f7${codeIn(bytes!)[0]}`;
      const read = (lens: "sugar" | "tagged") => (text: string) => {
        expect(toHex(schema.encode(schema.parse(jsonFrom(JSON.parse(text)), lens))), text).toBe(hex);
      };
      codeIn(sugar!).forEach(read("sugar"));
      codeIn(tagged!).forEach(read("tagged"));
    },
  );

  test.each(tableAfter(PAGE, "<!-- ingress -->").map((cells) => cells.map((cell) => codeIn(cell)[0]!)))(
    "say what enters: %s from %s is %s",
    (type, given, expected) => {
      const normalize = () => schemaOf(JSON.parse(type!)).normalize(fromHex(given!)!);
      if (fromHex(expected!) !== undefined) expect(toHex(normalize())).toBe(expected);
      else expect(thrownBy(normalize).diagnostics.map(({ code }) => code)).toEqual([expected]);
    },
  );

  test("list every type", () => {
    const types = tableAfter(PAGE, "A type is an object").map(([cell]) => /\{"(\w+)"/.exec(cell!)![1]);
    const { properties } = jsonSchema("common").$defs.Type!;
    expect(types).toEqual(own(properties));
  });

  test.each(DEFINITIONS)("list the fields of a %s", (kind) => {
    const fields = tableAfter(sectionOf(PAGE, kind), "| field").flatMap(([cell]) => codeIn(cell!));
    expect(fields.sort()).toEqual(own(jsonSchema(kind).properties).sort());
  });

  test("list the fields of a patch and its operations", () => {
    const section = sectionOf(PAGE, "Patches");
    const fields = tableAfter(section, "| field").flatMap(([cell]) => codeIn(cell!));
    const { properties, $defs } = jsonSchema("patch");
    expect(fields.sort()).toEqual(own(properties).sort());
    const operations = tableAfter(section, "<!-- operations -->");
    expect(operations.map(([name]) => codeIn(name!)[0])).toEqual(own($defs.Operation!.properties));
    for (const [name, listed] of operations) {
      const members = codeIn(listed!).map((code) => /^\w+/.exec(code)![0]);
      expect(members.sort(), name).toEqual(own($defs[codeIn(name!)[0]!]!.properties).sort());
    }
  });

  test("list the fields of a module's interface", () => {
    const fields = tableAfter(PAGE, "Under `abi.reducer`").flatMap(([cell]) => codeIn(cell!));
    const { $defs } = jsonSchema("defmodule");
    expect(fields).toEqual(own($defs.StepAbi!.properties));
  });

  test("list the fields of every step", () => {
    const { $defs } = jsonSchema("defplan");
    const steps = tableAfter(sectionOf(PAGE, "defplan"), "| op |");
    const { op } = $defs.Step!.properties as { op: { enum: readonly string[] } };
    expect(steps.map(([cell]) => codeIn(cell!)[0])).toEqual(op.enum);
    for (const [cell, fields] of steps) {
      const name = codeIn(cell!)[0]!.replace(/(?:^|_)(\w)/g, (_, letter: string) => letter.toUpperCase());
      const listed = codeIn(fields!).map((code) => /^\w*/.exec(code)![0]);
      for (const field of own($defs[name]!.properties).filter((each) => each !== "id" && each !== "op")) {
        expect(listed, `${name}.${field}`).toContain(field);
      }
    }
  });

  test("list the settings", () => {
    const fields = tableAfter(sectionOf(PAGE, "Settings"), "| field").flatMap(([cell]) => codeIn(cell!));
    const { properties } = jsonSchema("settings");
    const { modules } = properties as { modules: { additionalProperties: { properties: object } } };
    const inner = own(modules.additionalProperties.properties).map((name) => `modules.NAME.${name}`);
    expect(fields.sort()).toEqual([...own(properties), ...inner].sort());
  });

  test("list the operators, each with how many arguments it takes", () => {
    const rows = tableAfter(PAGE, "<!-- operators -->");
    expect(rows.flatMap(([names]) => codeIn(names!)).sort()).toEqual([...OPERATORS].sort());
    for (const [names, count] of rows) {
      for (const name of codeIn(names!)) expect(arityOf(name as Operator), name).toBe(count);
    }
  });

  test.each(tableAfter(PAGE, "<!-- evaluations -->").map((cells) => cells.map((cell) => codeIn(cell)[0]!)))(
    "%s is %s",
    (expression, expected) => {
      const result = evaluated(read(expression!));
      expect(result).toEqual(expected!.startsWith("{") ? evaluated(read(expected!)) : expected);
    },
  );

  test("list the errors a plan ends with", () => {
    const codes = tableAfter(PAGE, "| `plan_ended` error code").map(([cell]) => codeIn(cell!)[0]!);
    const source = readText("host/plan/errors.ts");
    const thrown = [...source.matchAll(/"(plan\.\w+)"/g)].map((match) => match[1]!);
    expect(codes.sort()).toEqual(thrown.filter((code) => code !== "plan.invalid_input").sort());
  });

  test("hold the built-in catalogue with its hashes (run with -u to write it anew)", async () => {
    await expect(withCatalogue(PAGE)).toMatchFileSnapshot("../../docs/air.md");
  });

  test("list what is not run, of which the shop has nothing", () => {
    const codes = tableAfter(PAGE, "<!-- unsupported -->").map(([cell]) => codeIn(cell!)[0]!);
    expect(codes).toEqual([...DIAGNOSTIC_CODES.keys()].filter((code) => code.startsWith("unsupported.")));
    expect(unsupportedFeatures(shop().manifest)).toEqual([]);
  });

  test("hold the limits", () => {
    const rows = tableAfter(PAGE, "<!-- limits -->").map(([name, value]) => {
      return [codeIn(name!)[0]!, Number(/^\d+/.exec(value!)![0])];
    });
    expect(Object.fromEntries(rows)).toEqual({ NESTING_MAX, ...LIMITS });
    expect(sectionOf(PAGE, "Limits")).toContain(`Limits profile ${LIMITS_PROFILE}.`);
  });
});

describe("the words of docs/air.md", () => {
  const headings = headingsOf(PAGE);

  test("have the sections that comments name", () => {
    const sources = ["host", "tests", "assembly"].flatMap((folder) => sourcesUnder(folder));
    const mentions = sources.flatMap(({ text }) => [...text.matchAll(/docs\/air\.md, "([^"$]+)"/g)]);
    const wanted = mentions.map((match) => match[1]!);
    expect(wanted.length).toBeGreaterThan(5);
    expect(wanted.filter((heading) => !headings.includes(heading))).toEqual([]);
  });

  test("name codes that airloom explains", () => {
    const prose = PAGE.replace(/```[\s\S]*?```/g, "");
    const codes = new Set(codeIn(prose).filter((code) => CODE.test(code)));
    expect(codes.size).toBeGreaterThan(100);
    expect([...codes].filter((code) => !EXPLAINED_CODES.has(code))).toEqual([]);
  });
});

/** Dotted codes of faults; effect kinds, paths and files have other words. */
const CODE =
  /^(?!world\.json$)(?:cap|capability|cbor|definition|effect|event|expr|idempotency|json|later|manifest|module|patch|plan|policy|receipt|reference|route|schema|secret|shape|state|trigger|type|unsupported|value|world)\.[a-z_0-9]+$/;

/** The fields that are not for people and tools. */
function own(properties: object): string[] {
  return Object.keys(properties).filter((name) => !name.startsWith("$") && name !== "description");
}

/** As the page writes it. */
function arityOf(op: Operator): string {
  const fits = (count: number): boolean => {
    try {
      applyOperator(op, new Array<Value>(count).fill({ kind: "bool", value: true }));
      return true;
    } catch (error) {
      if (error instanceof PlanError) return error.code !== "plan.invalid_arity";
      throw error;
    }
  };
  const counts = [0, 1, 2, 3, 4].filter(fits);
  return counts.includes(4) ? `${counts[0]} or more` : counts.join(" or ");
}

/** JSON with its numbers exact. */
function read(text: string): Json {
  return jsonFrom(
    JSON.parse(text, (_, value: unknown) =>
      typeof value === "number" ? new JsonNumber(String(value)) : value,
    ),
  );
}

/** The value of an expression, or the code of the error that ends a plan. */
function evaluated(json: Json): Value | string {
  const faults: string[] = [];
  const expr = parseExpr(json, "", ({ message }) => faults.push(message));
  if (expr === null) throw new Error(`no expression: ${faults.join("; ")}`);
  try {
    return evaluate(expr, { input: { kind: "null" }, variables: new Map(), steps: new Map() });
  } catch (error) {
    if (error instanceof PlanError) return error.code;
    throw error;
  }
}
