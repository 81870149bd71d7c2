import { describe, expect, test } from "vitest";
import { isError } from "../../host/air/codes.ts";
import type { Expr } from "../../host/air/definitions.ts";
import { exprToCbor } from "../../host/air/node-plan.ts";
import { isDynamic, mentionsExpression, parseExpr } from "../../host/air/parse/expr.ts";
import { parsePath, parseReference } from "../../host/air/parse/reference.ts";
import { tagged } from "../../host/air/parse/tagged.ts";
import { toHex } from "../../host/values/bytes.ts";
import { encodeCbor } from "../../host/values/cbor.ts";
import { jsonFrom } from "../../host/values/json.ts";

function parse(json: unknown): { readonly expr: Expr | null; readonly faults: readonly string[] } {
  const faults: string[] = [];
  const codes: string[] = [];
  const expr = parseExpr(jsonFrom(json), "", ({ code, pointer }) => {
    codes.push(code);
    faults.push(`${code} ${pointer}`);
  });
  expect(expr === null).toBe(codes.some(isError));
  return { expr, faults };
}

describe("an expression", () => {
  test("is a constant under the tag of its kind", () => {
    const constants: readonly (readonly [unknown, unknown])[] = [
      [{ null: {} }, { kind: "null" }],
      [{ bool: true }, { kind: "bool", value: true }],
      [{ int: -5 }, { kind: "int", value: -5n }],
      [{ nat: "18446744073709551615" }, { kind: "nat", value: 18446744073709551615n }],
      [{ dec128: "1.50" }, { kind: "dec128", value: "1.50" }],
      [{ text: "é" }, { kind: "text", value: "é" }],
      [{ bytes_b64: "AQI=" }, { kind: "bytes", value: Uint8Array.of(1, 2) }],
      [{ time_ns: 7 }, { kind: "time", value: 7n }],
      [{ duration_ns: -7 }, { kind: "duration", value: -7n }],
    ];
    for (const [json, value] of constants) expect(parse(json).expr).toEqual({ kind: "const", value });
  });

  test.each([
    ["raw JSON", "text", "expr.form "],
    ["no key", {}, "expr.form "],
    ["two keys", { nat: 1, int: 1 }, "expr.form "],
    ["an unknown key", { natural: 1 }, "expr.form "],
    ["an operator without arguments", { op: "not" }, "expr.form "],
    ["an unknown operator", { op: "nand", args: [] }, "expr.operator /op"],
    ["arguments that are no list", { op: "not", args: { bool: true } }, "expr.form /args"],
    ["a constant of another kind", { nat: "x" }, "expr.constant /nat"],
    ["a constant out of range", { int: "9223372036854775808" }, "expr.constant /int"],
    ["a malformed hash", { hash: "sha256:12" }, "expr.constant /hash"],
    ["a reference that is no text", { ref: 5 }, "expr.form /ref"],
    ["a map that is no list", { map: {} }, "expr.form /map"],
    ["a variant without a tag", { variant: { value: { nat: 1 } } }, "expr.form /variant"],
  ])("is refused for %s", (_what, json, fault) => {
    expect(parse(json).faults).toEqual([fault]);
  });

  test("may refer to anything, as AIR has it, and is warned of what leads nowhere", () => {
    const { expr, faults } = parse({ op: "not", args: [{ ref: "@plan.inputs" }] });
    expect(faults).toEqual(["expr.reference /args/0/ref"]);
    expect(expr).toMatchObject({
      args: [{ kind: "ref", text: "@plan.inputs", ref: { root: "step", step: "" } }],
    });
  });

  test("tells every fault inside", () => {
    const json = {
      record: { a: 1, "b/c": { list: [{ nat: 1 }, { nat: -1 }] }, d: { op: "lt", args: [true] } },
    };
    expect(parse(json).faults).toEqual([
      "expr.form /record/a",
      "expr.constant /record/b~1c/list/1/nat",
      "expr.form /record/d/args/0",
    ]);
  });

  test("is dynamic when a reference or an operator is anywhere in it", () => {
    const still = { record: { a: { list: [{ variant: { tag: "A", value: { nat: 1 } } }] } } };
    const moving = { record: { a: { list: [{ variant: { tag: "A", value: { ref: "@plan.input" } } }] } } };
    expect(isDynamic(parse(still).expr!)).toBe(false);
    expect(isDynamic(parse(moving).expr!)).toBe(true);
    expect(mentionsExpression(jsonFrom({ a: [{ b: { ref: "@var:x" } }] }))).toBe(true);
    expect(mentionsExpression(jsonFrom({ a: [{ ref: "text", op: "text" }] }))).toBe(false);
  });

  test("is written to a node as it was read", () => {
    const json = {
      op: "and",
      args: [
        { op: "lt", args: [{ ref: "@var:attempt" }, { nat: 2 }] },
        {
          op: "eq",
          args: [{ variant: { tag: "A" } }, { map: [{ key: { text: "k" }, value: { set: [] } }] }],
        },
      ],
    };
    const node = exprToCbor(parse(json).expr!);
    const expected = exprToCbor(parse(JSON.parse(JSON.stringify(json))).expr!);
    expect(toHex(encodeCbor(node))).toBe(toHex(encodeCbor(expected)));
    expect(node).toEqual(
      new Map<string, unknown>([
        ["op", "and"],
        [
          "args",
          [
            new Map<string, unknown>([
              ["op", "lt"],
              ["args", [new Map([["ref", "@var:attempt"]]), new Map([["nat", 2n]])]],
            ]),
            new Map<string, unknown>([
              ["op", "eq"],
              [
                "args",
                [
                  new Map([["variant", new Map([["tag", "A"]])]]),
                  new Map([
                    [
                      "map",
                      [
                        new Map<string, unknown>([
                          ["key", new Map([["text", "k"]])],
                          ["value", new Map([["set", []]])],
                        ]),
                      ],
                    ],
                  ]),
                ],
              ],
            ]),
          ],
        ],
      ]),
    );
  });
});

describe("a reference", () => {
  test.each([
    ["@plan.input", { root: "input", path: [] }],
    ["@plan.input.a..b", { root: "input", path: ["a", "b"] }],
    ["@var:rcpt.status", { root: "var", name: "rcpt.status" }],
    ["@step:emit.params.url", { root: "step", step: "emit", path: ["params", "url"] }],
    ["@event", { root: "event", path: [] }],
    ["@event.$value.id", { root: "event", path: ["$value", "id"] }],
  ])("%s is read", (text, reference) => {
    expect(parseReference(text)).toEqual(reference);
  });

  test.each(["", "plan.input", "@plan", "@plan.inputs", "@plan.input/a", "@var:", "@step:", "@events"])(
    "%s is none",
    (text) => {
      expect(parseReference(text)).toBeUndefined();
    },
  );

  test("has a dotted path, in which empty segments are skipped", () => {
    expect(parsePath("$value..id.")).toEqual(["$value", "id"]);
  });
});

describe("a tagged literal read without a type", () => {
  test("keeps the order of items, and drops nothing that counts", () => {
    const json = { record: { s: { set: [{ text: "b" }, { text: "a" }] }, n: { nat: "5" } } };
    const expected = { record: { s: { set: [{ text: "b" }, { text: "a" }] }, n: { nat: 5 } } };
    expect(tagged(jsonFrom(json))).toEqual(jsonFrom(expected));
  });

  test("takes a variant's arm with and without variant around it", () => {
    const arm = { tag: "A", value: { nat: 1 } };
    expect(tagged(jsonFrom(arm))).toEqual(jsonFrom(arm));
    expect(tagged(jsonFrom({ variant: arm }))).toEqual(jsonFrom(arm));
  });

  test.each([
    5,
    "text",
    {},
    { text: 5 },
    { ref: "@plan.input" },
    { record: { a: 1 } },
    { a: { text: "x" } },
    { tag: 1 },
  ])("is not found in %j", (json) => {
    expect(tagged(jsonFrom(json))).toBeUndefined();
  });
});
