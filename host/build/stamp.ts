/** A module's hash in the JSON text that defines it: read, and written without touching anything else. */

import { type MemberNode, type ObjectNode, parse, type ValueNode } from "@humanwhocodes/momoa";
import type { Hash } from "../values/brand.ts";
import { AirloomError } from "../values/errors.ts";
import { isHash } from "../values/hash.ts";
import { quote } from "../values/quote.ts";

const FIELD = "wasm_hash";

/**
 * `text` is an AIR file: one node or an array of nodes. Its defmodule of this name gets the hash; where it
 * has no `wasm_hash` yet, one is added behind the name. Throws `build.not_json` and `build.no_such_module`.
 */
export function stampHash(text: string, moduleName: string, hash: Hash): string {
  const node = findModule(text, moduleName);
  const name = node && memberOf(node, "name");
  if (!node || !name) {
    const message = `the text defines no module ${quote(moduleName)}`;
    throw new AirloomError("missing", "build.no_such_module", message, { fields: { module: moduleName } });
  }
  const field = memberOf(node, FIELD);
  if (field !== undefined) return splice(text, rangeOf(field.value), JSON.stringify(hash));
  const end = rangeOf(name)[1];
  const added = `${gapBeside(text, node, name)}"${FIELD}"${colonOf(text, name)}${JSON.stringify(hash)}`;
  return splice(text, [end, end], added);
}

/**
 * The hash a defmodule of this text carries: null when it has none yet, undefined when the text defines no
 * module of this name. Throws `build.not_json`.
 */
export function stampedHash(text: string, moduleName: string): Hash | null | undefined {
  const node = findModule(text, moduleName);
  if (node === undefined) return undefined;
  const found = textOf(memberOf(node, FIELD));
  return found !== undefined && isHash(found) ? found : null;
}

function findModule(text: string, moduleName: string): ObjectNode | undefined {
  return nodesOf(text).find((node) => isModule(node, moduleName));
}

type Span = readonly [number, number];

function splice(text: string, [start, end]: Span, replacement: string): string {
  return text.slice(0, start) + replacement + text.slice(end);
}

function nodesOf(text: string): ObjectNode[] {
  const body = parseBody(text);
  const values = body.type === "Array" ? body.elements.map(({ value }) => value) : [body];
  return values.filter((value): value is ObjectNode => value.type === "Object");
}

function parseBody(text: string): ValueNode {
  try {
    return parse(text, { mode: "json", ranges: true }).body;
  } catch (cause) {
    throw new AirloomError("manifest", "build.not_json", "the definitions are no JSON", { cause });
  }
}

function isModule(node: ObjectNode, name: string): boolean {
  return textOf(memberOf(node, "$kind")) === "defmodule" && textOf(memberOf(node, "name")) === name;
}

/** Of equal names the last, as JSON readers take it. */
function memberOf(node: ObjectNode, name: string): MemberNode | undefined {
  return node.members.findLast((member) => member.name.type === "String" && member.name.value === name);
}

function textOf(member: MemberNode | undefined): string | undefined {
  return member?.value.type === "String" ? member.value.value : undefined;
}

function rangeOf(node: MemberNode | ValueNode): Span {
  return node.range!;
}

/** The comma and white space between the member and its neighbour: there is one, `$kind` at least. */
function gapBeside(text: string, node: ObjectNode, member: MemberNode): string {
  const at = node.members.indexOf(member);
  const [left, right] = at > 0 ? [node.members[at - 1]!, member] : [member, node.members[1]!];
  return text.slice(rangeOf(left)[1], rangeOf(right)[0]);
}

/** The colon and white space between a member's name and value. */
function colonOf(text: string, member: MemberNode): string {
  return text.slice(member.name.range![1], rangeOf(member.value)[0]);
}
