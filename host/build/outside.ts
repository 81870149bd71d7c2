/**
 * What admission finds in a module, traced to what its author wrote: clock, randomness, console and floats
 * compile without a word, and only the module shows them.
 */

import type { Diagnostic } from "../values/errors.ts";
import { sourceOf } from "../wasm/admission.ts";
import { placeIn } from "./explain.ts";
import type { Layout } from "./layout.ts";
import { blankOut } from "./reducer-class.ts";

/** The way out of each, by the first word of the construct or by all of it. */
const WAYS_OUT: ReadonlyMap<string, string> = new Map([
  ["Math.random", "draw from `this.ctx.entropy`: 64 bytes, the same at every replay"],
  ["crypto", "draw from `this.ctx.entropy`: 64 bytes, the same at every replay"],
  ["Date", "time comes with the call: `this.ctx.nowNs`, in nanoseconds"],
  ["performance", "time comes with the call: `this.ctx.nowNs`, in nanoseconds"],
  ["console", "leave a note in the journal with `this.annotate(value)`, or look with `airloom debug`"],
  ["trace", "leave a note in the journal with `this.annotate(value)`, or look with `airloom debug`"],
  ["process", "a module knows nothing of the process it runs in; it ends a delivery with `fail(reason)`"],
]);

/** Where floats are asked for. */
const FLOAT =
  /\bMath\s*\.\s*(?!random\b)\w+|\bparseFloat\b|\b(?:f32|f64|number)\b|(?<![\w.])\d[\d_]*(?:\.\d|[eE]-?\d)[\w.]*/;

/** The finding with a place in the author's files and a way out, where they can be told. */
export function explainFinding(finding: Diagnostic, layout: Layout): Diagnostic {
  if (finding.code === "module.imports") return explainImport(finding, layout);
  if (finding.code !== "module.floats") return finding;
  const found = find(FLOAT, layout);
  if (found === null) return finding;
  const hint = `${found.text} works with floats: count in integers of a smaller unit, and divide last`;
  return { ...finding, ...found.place, hint };
}

function explainImport(finding: Diagnostic, layout: Layout): Diagnostic {
  const { found = "" } = finding;
  const dot = found.indexOf(".");
  const construct = sourceOf(found.slice(0, dot), found.slice(dot + 1));
  const words = construct.match(/\w+/g);
  if (words === null) return finding;
  const way = WAYS_OUT.get(construct) ?? WAYS_OUT.get(words[0]);
  const hint = way === undefined ? {} : { hint: `${construct} leads to it: ${way}` };
  const written = find(new RegExp(`\\b${words.join("\\s*\\.\\s*")}\\b`), layout);
  return { ...finding, ...written?.place, ...hint };
}

function find(pattern: RegExp, layout: Layout) {
  for (const [name, text] of layout.authored) {
    const quiet = blankOut(text);
    const at = quiet.search(pattern);
    if (at < 0) continue;
    return { text: pattern.exec(quiet)?.[0] ?? "", place: placeIn(text, at, layout.pathOf(name)) };
  }
  return null;
}
