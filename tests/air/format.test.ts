import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { DefinitionKind } from "../../host/air/definitions.ts";
import { DEFINITION_KINDS } from "../../host/air/definitions.ts";
import { type FileContent, formatFile } from "../../host/air/format/format.ts";
import { orderDefinition } from "../../host/air/format/members.ts";
import { type Json, jsonFrom, stringifyJson } from "../../host/values/json.ts";
import { schemaDocuments } from "./documents.ts";
import { seeded } from "./seed.ts";

function format(text: string, content: FileContent = "definitions"): string {
  const once = formatFile({ path: "a.json", text }, content);
  expect(formatFile({ path: "a.json", text: once }, content)).toBe(once);
  return once;
}

const lines = (text: string): readonly string[] => format(text).split("\n");

describe("formatting a definition", () => {
  it("puts what it is and is called first, then notes, then fields in the order of the format", () => {
    const text = `{"edges":[],"steps":[{"bind":{"as":"x"},"expr":{"args":[{"nat":1},{"nat":2}],"op":"add"},
      "op":"assign","$comment":"why","id":"a"}],"$comment":"c","input":"t/A@1","description":"d",
      "name":"t/P@1","$kind":"defplan","$schema":"s"}`;
    expect(format(text)).toBe(`{
  "$schema": "s",
  "$kind": "defplan",
  "name": "t/P@1",
  "description": "d",
  "$comment": "c",
  "input": "t/A@1",
  "steps": [
    {
      "id": "a",
      "op": "assign",
      "$comment": "why",
      "expr": { "op": "add", "args": [{ "nat": 1 }, { "nat": 2 }] },
      "bind": { "as": "x" }
    }
  ],
  "edges": []
}
`);
  });

  it("keeps members it does not know, behind those it knows", () => {
    expect(lines('{"colour":1,"type":{"text":{}},"name":"t/A@1","$kind":"defschema"}').slice(1, -2)).toEqual([
      '  "$kind": "defschema",',
      '  "name": "t/A@1",',
      '  "type": { "text": {} },',
      '  "colour": 1',
    ]);
  });

  it("keeps the order of what an author named: fields, arms, variables, slots", () => {
    const text = format(
      '{"$kind":"defschema","name":"t/A@1","type":{"record":{"z":{"nat":{}},"a":{"nat":{}}}}}',
    );
    expect(text.indexOf('"z"')).toBeLessThan(text.indexOf('"a"'));
  });

  it("breaks at a hundred columns, and not before", () => {
    // The line of the member: four columns of margin, the name and its colon, the array.
    const list = (length: number): string => {
      const word = "x".repeat(length);
      return `{"$kind":"defplan","name":"t/P@1","input":"t/A@1","steps":[],"required_caps":["${word}"]}`;
    };
    const width = (length: number): string => lines(list(length)).find((line) => line.includes("required"))!;
    const longest = 100 - '  "required_caps": [""]'.length;
    expect(width(longest)).toHaveLength(100);
    expect(width(longest + 1)).toBe('  "required_caps": [');
  });

  it("counts the comma behind a member", () => {
    const word = "x".repeat(100 - '  "required_caps": [""]'.length);
    const text = `{"$kind":"defplan","name":"t/P@1","input":"t/A@1","steps":[],"required_caps":["${word}"],"allowed_effects":[]}`;
    expect(lines(text).find((line) => line.includes("required"))).toBe('  "required_caps": [');
  });

  it("keeps digits and texts as they are", () => {
    const text =
      '{"$kind":"defplan","name":"t/P@1","$comment":[1.50,1e3,18446744073709551615,"\\u00e9\\n","\\/"]}';
    expect(format(text)).toContain('[1.50, 1e3, 18446744073709551615, "é\\n", "/"]');
  });

  it("takes names like __proto__ for names", () => {
    expect(
      format('{"$kind":"defschema","name":"t/A@1","type":{"record":{"__proto__":{"text":{}}}}}'),
    ).toContain('{ "__proto__": { "text": {} } }');
  });
});

describe("formatting a file", () => {
  it("writes one definition, an array of them, or nothing", () => {
    expect(lines('[{"$kind":"defschema","name":"t/A@1"}]')[0]).toBe("[");
    expect(format("[]")).toBe("[]\n");
    expect(format("  \n")).toBe("  \n");
  });

  it("orders settings", () => {
    const text = '{"fuel_schedule":1,"modules":{"t/M@1":{"fuel_max":5,"state":"opaque","source":"a.ts"}}}';
    expect(format(text, "settings")).toBe(`{
  "modules": { "t/M@1": { "source": "a.ts", "state": "opaque", "fuel_max": 5 } },
  "fuel_schedule": 1
}
`);
  });

  it.each(["{", '{"a":1,"a":2}', '{"$kind": "\u0007"}', "[1,]"])("refuses %j", (text) => {
    expect(() => formatFile({ path: "a.json", text }, "definitions")).toThrow(
      expect.objectContaining({ code: "manifest.invalid" }),
    );
  });

  it("does not depend on how it was laid out before", () => {
    const compact =
      '{"$kind":"defcap","name":"t/c@1","cap_type":"timer","schema":{"record":{"a":{"text":{}}}}}';
    const spread = stringifyJson(jsonFrom(JSON.parse(compact)), 8);
    expect(format(spread)).toBe(format(compact));
  });
});

describe("any JSON", () => {
  it("says the same afterwards, and is not touched again", () => {
    const member = fc.oneof(
      fc.constantFrom("$kind", "name", "op", "args", "$comment", "record"),
      fc.string(),
    );
    const json = fc.letrec<{ json: unknown }>((tie) => ({
      json: fc.oneof(
        { maxDepth: 5 },
        fc.constantFrom<unknown>(null, true, 0, -1.5, "defplan", "defschema", "manifest"),
        fc.string({ unit: "grapheme" }),
        fc.array(tie("json"), { maxLength: 4 }),
        fc.dictionary(member, tie("json"), { maxKeys: 5, noNullPrototype: true }),
      ),
    })).json;
    fc.assert(
      fc.property(json, (value) => {
        expect(JSON.parse(format(JSON.stringify(value)))).toEqual(value);
      }),
      { ...seeded(), numRuns: 300 },
    );
  });
});

describe("the order of members", () => {
  it.each(DEFINITION_KINDS)("knows every field the JSON Schema of %s has", (kind) => {
    const shuffled = sample(kind);
    const ordered = orderDefinition(shuffled);
    // A member that is unknown stays behind; with one more in front, every known one passes it.
    for (const [path, names] of membersOf(ordered)) expect([path, names.at(-1)]).toEqual([path, "zzz"]);
  });
});

/** A definition of a kind with every field its JSON Schema has, each object beginning with a member nobody knows. */
function sample(kind: DefinitionKind): Json {
  const document = schemaDocuments().get(`${kind}.schema.json`) as Node;
  return new Map([...(build(document, document, 0) as ReadonlyMap<string, Json>)]).set("$kind", kind);
}

type Node = Readonly<Record<string, unknown>>;

/** Parts whose members an author names, or that are typed elsewhere. */
const LEAVES = /#\/\$defs\/(Type|Expr|ExprOrValue|MapKey|Comment)$/;

function build(node: Node, root: Node, depth: number): Json {
  const ref = node.$ref as string | undefined;
  if (ref !== undefined) {
    if (LEAVES.test(ref) || depth > 12) return "leaf";
    const [file, path] = ref.split("#");
    const document = file === "" ? root : (schemaDocuments().get(file!) as Node);
    const name = path!.split("/").at(-1)!;
    return build((document.$defs as Readonly<Record<string, Node>>)[name]!, document, depth + 1);
  }
  const steps = (node.allOf as { readonly then: Node }[] | undefined)?.map((each) => each.then);
  if (steps !== undefined) return build(steps[depth % steps.length]!, root, depth + 1);
  if (node.properties !== undefined) {
    const out = new Map<string, Json>([["zzz", "unknown"]]);
    for (const [name, each] of Object.entries(node.properties as Readonly<Record<string, Node>>)) {
      out.set(name, build(each, root, depth + 1));
    }
    return out;
  }
  if (node.items !== undefined) {
    const all = (node.items as Node).$ref === "#/$defs/Step" ? stepNodes(root) : [node.items as Node];
    return all.map((each) => build(each, root, depth + 1));
  }
  if (typeof node.additionalProperties === "object" && node.propertyNames !== undefined) {
    return new Map([["t/Name@1", build(node.additionalProperties as Node, root, depth + 1)]]);
  }
  return "leaf";
}

function stepNodes(root: Node): readonly Node[] {
  const { allOf } = (root.$defs as Readonly<Record<string, { allOf: { then: Node }[] }>>).Step!;
  return allOf.map((each) => each.then);
}

/** The members of each object that begins with the unknown one, by pointer. */
function membersOf(json: Json, path = ""): readonly (readonly [string, readonly string[]])[] {
  if (Array.isArray(json)) return json.flatMap((item, i) => membersOf(item as Json, `${path}/${i}`));
  if (!(json instanceof Map)) return [];
  const own = json.has("zzz") ? [[path, [...json.keys()]] as const] : [];
  return [...own, ...[...json].flatMap(([name, value]) => membersOf(value as Json, `${path}/${name}`))];
}
