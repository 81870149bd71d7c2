import { describe, expect, it } from "vitest";
import { exprText, valueText } from "../../host/air/expr-text.ts";
import { parseExpr } from "../../host/air/parse/expr.ts";
import { jsonFrom } from "../../host/values/json.ts";
import { record, text, variant } from "../../host/values/value.ts";

function shown(json: unknown): string {
  const expr = parseExpr(jsonFrom(json), "", ({ message }) => {
    throw new Error(message);
  });
  return exprText(expr!);
}

const op = (name: string, ...args: unknown[]) => ({ op: name, args });
const n = (value: number) => ({ nat: value });
const yes = { bool: true };
const x = { ref: "@var:x" };

describe("expressions as text", () => {
  it.each([
    [op("eq", x, { text: "a" }), '@var:x == "a"'],
    [op("and", op("ge", x, n(1)), op("lt", x, n(5))), "@var:x >= 1 and @var:x < 5"],
    [op("or", op("and", yes, yes), yes), "true and true or true"],
    [op("and", op("or", yes, yes), yes), "(true or true) and true"],
    [op("not", op("eq", x, n(1))), "not @var:x == 1"],
    [op("and", op("not", yes), yes), "not true and true"],
    [op("eq", op("not", yes), yes), "(not true) == true"],
    [op("sub", n(9), op("sub", n(5), n(1))), "9 - (5 - 1)"],
    [op("sub", op("sub", n(9), n(5)), n(1)), "(9 - 5) - 1"],
    [op("mul", op("add", n(1), n(2)), n(3)), "(1 + 2) * 3"],
    [op("add", n(1), op("mul", n(2), n(3))), "1 + 2 * 3"],
    [op("get", x, { text: "k" }), 'get(@var:x, "k")'],
    [op("not"), "not()"],
    [op("eq", x), "eq(@var:x)"],
    [{ record: { a: n(1), "b c": x } }, '{ a: 1, "b c": @var:x }'],
    [{ record: {} }, "{}"],
    [{ list: [n(1), n(2)] }, "[1, 2]"],
    [{ set: [n(1)] }, "{1}"],
    [{ map: [{ key: n(1), value: x }] }, "{1 => @var:x}"],
    [{ variant: { tag: "Go", value: n(1) } }, "Go(1)"],
    [{ variant: { tag: "Stop" } }, "Stop"],
    [{ bytes_b64: "aGk=" }, "base64 aGk="],
    [{ null: {} }, "null"],
  ])("%j is %s", (json, expected) => {
    expect(shown(json)).toBe(expected);
  });
});

describe("values as text", () => {
  it("names the arm of a variant", () => {
    expect(valueText(variant("Go", text("x")))).toBe('Go("x")');
    expect(valueText(variant("Stop", { kind: "unit" }))).toBe("Stop");
    expect(
      valueText(
        record([
          ["$tag", text("Go")],
          ["more", text("x")],
        ]),
      ),
    ).toBe('{ $tag: "Go", more: "x" }');
  });
});
