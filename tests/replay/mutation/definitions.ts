/** One change to a world's definitions as JSON: a guard, a constant, a grant, a rule, a step, an edge, a route. */

import { isHash } from "../../../host/values/hash.ts";
import type { Chance } from "../../wasm/random/chance.ts";

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

interface Change {
  readonly what: string;
  readonly apply: () => void;
}

/** Members that say what a node is and what it is called, not what it does. */
const NAMES = new Set(["$schema", "$kind", "name", "air_version", "id", "$comment", "description"]);

const OTHER_WORDS: Readonly<Record<string, string>> = {
  allow: "deny",
  deny: "allow",
  eq: "ne",
  ne: "eq",
  lt: "ge",
  ge: "lt",
  gt: "le",
  le: "gt",
  and: "or",
  or: "and",
  add: "sub",
  sub: "add",
};

/** Text with one change, or null where the text has nothing to change. It may not load. */
export function mutateDefinitions(text: string, chance: Chance): { what: string; text: string } | null {
  const root = JSON.parse(text) as Json;
  const changes: Change[] = [];
  for (const node of Array.isArray(root) ? root : [root]) collect(node, [], changes);
  if (changes.length === 0) return null;
  const { what, apply } = chance.pick(changes);
  apply();
  return { what, text: JSON.stringify(root) };
}

/** Whether a file is one that says what a world does, and not how its values look or which code it runs. */
export function isMutable(text: string): boolean {
  return /"\$kind":\s*"(?:defplan|defpolicy|defcap|manifest)"/.test(text);
}

function collect(json: Json, path: readonly string[], changes: Change[]): void {
  if (json === null || typeof json !== "object") return;
  const set = (key: string | number, value: Json): void => {
    (json as Record<string | number, Json>)[key] = value;
  };
  if (Array.isArray(json)) list(json, path, changes);
  for (const [key, value] of Object.entries(json)) {
    const here = [...path, key];
    if (NAMES.has(key)) continue;
    for (const changed of others(value, key)) {
      changes.push({
        what: `${shown(here)} ${JSON.stringify(value)} -> ${JSON.stringify(changed)}`,
        apply: () => set(key, changed),
      });
    }
    if (key === "when" && value !== null && typeof value === "object") {
      changes.push({
        what: `${shown(here)} removed`,
        apply: () => delete (json as Record<string, Json>)[key],
      });
    }
    collect(value, here, changes);
  }
}

function list(items: Json[], path: readonly string[], changes: Change[]): void {
  for (let i = 0; i < items.length; i++) {
    changes.push({ what: `${shown(path)}/${i} removed`, apply: () => items.splice(i, 1) });
    if (i + 1 < items.length) {
      const swap = () => items.splice(i, 2, items[i + 1]!, items[i]!);
      changes.push({ what: `${shown(path)}/${i} and the next reordered`, apply: swap });
    }
  }
}

function others(value: Json, key: string): readonly Json[] {
  if (typeof value === "boolean") return [!value];
  if (typeof value === "number") return [value + 1, Math.max(0, value - 1), value * 2 + 1];
  if (typeof value !== "string" || isHash(value)) return [];
  const word = OTHER_WORDS[value];
  if (word !== undefined) return [word];
  return key === "text" ? [`${value}!`, ""] : [];
}

function shown(path: readonly string[]): string {
  return path.join("/");
}
