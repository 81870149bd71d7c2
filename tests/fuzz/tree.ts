/** JSON as text can spell it, repeated keys and all, and random changes of it. */

import { isJsonArray, isJsonObject, type Json, JsonNumber, jsonFrom } from "../../host/values/json.ts";
import { ODD_NAMES } from "../values/arbitrary.ts";
import type { Draw } from "../values/draw.ts";

export type Tree =
  | { readonly kind: "object"; readonly members: readonly Member[] }
  | { readonly kind: "array"; readonly items: readonly Tree[] }
  /** Anything else, as it is spelled. */
  | { readonly kind: "atom"; readonly text: string };

export type Member = readonly [key: string, value: Tree];

export function treeOf(json: Json): Tree {
  if (isJsonObject(json)) {
    return { kind: "object", members: [...json].map(([key, value]) => [key, treeOf(value)]) };
  }
  if (isJsonArray(json)) return { kind: "array", items: json.map(treeOf) };
  return atom(json instanceof JsonNumber ? json.raw : JSON.stringify(json));
}

export function textOf(tree: Tree, space = ""): string {
  if (tree.kind === "atom") return tree.text;
  if (tree.kind === "array") return `[${tree.items.map((item) => textOf(item, space)).join(`,${space}`)}]`;
  const members = tree.members.map(
    ([key, value]) => `${JSON.stringify(key)}:${space}${textOf(value, space)}`,
  );
  return `{${members.join(`,${space}`)}}`;
}

/** Everything in a set of documents that a change may put somewhere else. */
export interface Stock {
  readonly trees: readonly Tree[];
  readonly keys: readonly string[];
  readonly atoms: readonly Tree[];
}

export function stockOf(documents: readonly Tree[]): Stock {
  const trees = documents.flatMap(below);
  const keys = trees.flatMap((tree) => (tree.kind === "object" ? tree.members.map(([key]) => key) : []));
  const atoms = trees.filter(({ kind }) => kind === "atom");
  return { trees, keys: [...new Set(keys)], atoms };
}

/** One random node of the tree changed, taken away, renamed, doubled or put in another one's place. */
export function changed(draw: Draw, tree: Tree, stock: Stock): Tree {
  return changeAt(tree, draw.below(below(tree).length), (node, siblings) =>
    edits(draw, node, siblings, stock),
  );
}

/** The same document to AIR: members of every object in another order. */
export function shuffled(draw: Draw, tree: Tree): Tree {
  if (tree.kind === "array") return { kind: "array", items: tree.items.map((item) => shuffled(draw, item)) };
  if (tree.kind === "atom") return tree;
  const members = tree.members.map(([key, value]): Member => [key, shuffled(draw, value)]);
  for (let i = members.length - 1; i > 0; i--) {
    const j = draw.below(i + 1);
    [members[i], members[j]] = [members[j]!, members[i]!];
  }
  return { kind: "object", members };
}

/** JSON made of the stock's keys and atoms, `depth` deep at most. */
export function randomTree(draw: Draw, stock: Stock, depth: number): Tree {
  const count = (): number => draw.below(5);
  const inner = (): Tree => randomTree(draw, stock, depth - 1);
  switch (depth === 0 ? 0 : draw.below(4)) {
    case 1:
      return { kind: "array", items: Array.from({ length: count() }, inner) };
    case 2:
    case 3:
      return {
        kind: "object",
        members: Array.from({ length: count() }, (): Member => [draw.pick(stock.keys), inner()]),
      };
    default:
      return draw.once(3) ? draw.pick(stock.atoms) : draw.pick(SIMPLE);
  }
}

function atom(text: string): Tree {
  return { kind: "atom", text };
}

/** The tree and all in it, in the order of the text. */
function below(tree: Tree): readonly Tree[] {
  if (tree.kind === "array") return [tree, ...tree.items.flatMap(below)];
  if (tree.kind === "object") return [tree, ...tree.members.flatMap(([, value]) => below(value))];
  return [tree];
}

/** How a node is replaced in what holds it: by any number of siblings, as elements or as members. */
interface Edits {
  readonly key: string;
  readonly values: readonly Member[];
}

function changeAt(tree: Tree, index: number, change: (node: Tree, key: string) => Edits): Tree {
  if (index === 0) return change(tree, "").values[0]?.[1] ?? atom("");
  let at = index - 1;
  const visit = (key: string, node: Tree): readonly Member[] => {
    const size = below(node).length;
    const here = at;
    at -= size;
    if (here < 0 || here >= size) return [[key, node]];
    return here === 0 ? change(node, key).values : [[key, changeAt(node, here, change)]];
  };
  if (tree.kind === "object") {
    return { kind: "object", members: tree.members.flatMap(([key, value]) => visit(key, value)) };
  }
  if (tree.kind === "atom") return tree;
  return { kind: "array", items: tree.items.flatMap((item) => visit("", item)).map(([, value]) => value) };
}

function edits(draw: Draw, node: Tree, key: string, stock: Stock): Edits {
  const one = (value: Tree, name = key): Edits => ({ key, values: [[name, value]] });
  switch (draw.below(10)) {
    case 0: // gone
      return { key, values: [] };
    case 1: // another name
      return one(node, draw.once(2) ? draw.pick(stock.keys) : oddName(draw, key));
    case 2: // twice
      return {
        key,
        values: [
          [key, node],
          [key, node],
        ],
      };
    case 3: // twice, the second under another name
      return {
        key,
        values: [
          [key, node],
          [draw.once(2) ? draw.pick(stock.keys) : `${key}2`, node],
        ],
      };
    case 4: // another kind of thing
      return one(draw.pick(SIMPLE));
    case 5: // something from elsewhere
      return one(draw.pick(stock.trees));
    case 6: // inside another one
      return one({ kind: "array", items: [node] });
    case 7:
      return one(randomTree(draw, stock, 2));
    default: // a little different
      return one(
        node.kind === "atom" ? atom(spelledOtherwise(draw, node.text, stock)) : draw.pick(stock.trees),
      );
  }
}

function oddName(draw: Draw, key: string): string {
  const at = draw.below(key.length + 1);
  return draw.pick([
    ...ODD_NAMES,
    key.slice(0, at) + key.slice(at + 1),
    `${key}s`,
    `${key}\u001b`,
    key.toUpperCase(),
  ]);
}

const ATOMS = [
  "null",
  "true",
  "false",
  "0",
  "-0",
  "-1",
  "1.5",
  "1e3",
  "18446744073709551616",
  "99999999999999999999999999999999999999999999",
  '""',
  '"x"',
  '"\\u0000"',
  '"\\u001b[31mred"',
  '"\\ud83d"',
  '"demo/Nothing@1"',
  '"sys/timer.set@1"',
  '"sys/Nothing@1"',
  '"@plan.input"',
  '"@var:nothing"',
  '"__proto__"',
].map(atom);

const SIMPLE: readonly Tree[] = [
  ...ATOMS,
  ...["[]", "{}", '{"__proto__":{}}', '{"unit":{}}', '{"nat":5}', '{"ref":"@event"}'].map((text) =>
    treeOf(jsonFrom(JSON.parse(text))),
  ),
];

function spelledOtherwise(draw: Draw, text: string, stock: Stock): string {
  if (!text.startsWith('"')) return draw.pick([`${text}0`, `-${text}`, `"${text}"`, "7"]);
  const value = JSON.parse(text) as string;
  const at = draw.below(value.length + 1);
  const others = [
    "",
    `${value}\u001b`,
    `${value}${value}`.repeat(20),
    value.slice(0, at),
    value.slice(0, at) + value.slice(at + 1),
  ];
  const letter = String.fromCharCode(32 + draw.below(95));
  others.push(
    value.slice(0, at) + letter + value.slice(at + 1),
    value.replace(/\d+/, (n) => `${Number(n) + 1}`),
  );
  return draw.once(4) ? textOf(draw.pick(stock.atoms)) : JSON.stringify(draw.pick(others));
}
