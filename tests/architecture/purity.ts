/**
 * What may not stand in a room whose results must be the same on every machine (docs/architecture.md,
 * "Purity"): the outside world, and what differs by engine build or locale.
 */

import { roomOf } from "./rooms.ts";
import { type Finding, findingAt, importsOf, type Source } from "./source.ts";

const PURE = new Set(["values", "air", "journal", "plan", "gate", "effects", "kernel"]);
/** Rooms that also run in a page. */
const PORTABLE = new Set(["wasm", "replay/core"]);

interface Ban {
  /** Over code, where strings and comments are blank. */
  readonly pattern: RegExp;
  readonly instead: string;
}

const STAMP = "take time and chance from the frame's stamp";
const HOST = "let a room from runtime on do it";

/** Uses of a global, not members nor properties of that name. */
function globals(...names: readonly string[]): RegExp {
  return new RegExp(`(?<![\\w$)\\]!]\\s*\\??\\.\\s*)\\b(?:${names.join("|")})\\b(?!\\s*\\??:)`, "g");
}

/** For pure and portable rooms. */
const BANS: readonly Ban[] = [
  { pattern: globals("Buffer"), instead: "use Uint8Array and host/values/bytes.ts" },
  { pattern: globals("process", "globalThis", "fetch", "console"), instead: HOST },
  { pattern: /\bimport\.meta\b/g, instead: HOST },
  { pattern: globals("Date", "performance"), instead: STAMP },
  { pattern: /\bMath\s*\.\s*random\b/g, instead: STAMP },
  { pattern: globals("crypto"), instead: "hash with host/values/hash.ts; chance is in the stamp" },
  {
    pattern: globals("setTimeout", "setInterval", "setImmediate", "queueMicrotask"),
    instead: "emit timer.set, or let an adapter wait",
  },
  { pattern: globals("WeakRef", "FinalizationRegistry"), instead: "garbage collection must not show" },
  { pattern: globals("Intl"), instead: "locales differ: format in cli/render" },
  { pattern: /\.\s*localeCompare\b/g, instead: "use compareText of host/values/bytes.ts" },
  { pattern: /\.\s*toLocale\w+/g, instead: "locales differ: format in cli/render" },
  { pattern: /\bURL(?:SearchParams)?\s*[.(]/g, instead: "parsers differ: use our own grammar in gate" },
  { pattern: /\.\s*(?:sort|toSorted)\s*\(\s*\)/g, instead: "pass a comparator, such as compareText" },
  {
    // Schema.normalize takes bytes; the method of strings takes nothing or the name of a form.
    pattern: /\.\s*normalize\s*\(\s*["'`)]/g,
    instead: "Unicode tables differ: compare text as it is",
  },
  {
    pattern: /\bMath\s*\.\s*(?:pow|exp\w*|log\w*|cbrt|hypot|a?sinh?|a?cosh?|a?tanh?|atan2)\b/g,
    instead: "its last bits differ: use integers",
  },
  {
    pattern: /(?<!\b\d[\d_]*n\s*)\*\*(?!\s*\d[\d_]*n\b)/g,
    instead: "the last bits of ** differ for numbers: use bigint literals, or multiply",
  },
];

/** Asynchronous work depends on what else the process does: a frame is computed in one go. */
const ASYNC: Ban = {
  pattern: /\b(?:await|async)\b|\bPromise\s*[.(]/g,
  instead: "return what should happen, and let runtime await it",
};

/** The Journal port is asynchronous, and so is its in-memory wiring. */
const MAY_AWAIT = new Set(["host/journal/memory.ts"]);

/** Packages of the pure and portable rooms, by folder; all of them are pure themselves. */
const PACKAGES: readonly { readonly folder: string; readonly names: readonly string[] }[] = [
  { folder: "host/air/text/", names: ["ajv/dist/2020.js", "@humanwhocodes/momoa"] },
  { folder: "host/wasm/", names: ["@assemblyscript/loader"] },
];

/** Where a pure or portable room touches what it must not; nothing for any other file. */
export function purityFindings(source: Source): readonly Finding[] {
  const room = roomOf(source.path) ?? "";
  const pure = PURE.has(room);
  if (!pure && !PORTABLE.has(room)) return [];
  const bans = pure && !MAY_AWAIT.has(source.path) ? [...BANS, ASYNC] : BANS;
  return [...bans.flatMap((ban) => occurrences(source, ban)), ...packages(source), ...unicode(source)];
}

function occurrences(source: Source, { pattern, instead }: Ban): readonly Finding[] {
  return [...source.code.matchAll(pattern)].map((match) =>
    findingAt(source, match.index, match[0].replace(/\s+/g, ""), instead),
  );
}

function packages(source: Source): readonly Finding[] {
  const allowed = PACKAGES.filter(({ folder }) => source.path.startsWith(folder)).flatMap(
    ({ names }) => names,
  );
  return importsOf(source).flatMap(({ at, specifier }) => {
    if (specifier === null || /^[.#]/.test(specifier) || allowed.includes(specifier)) return [];
    const instead = specifier.startsWith("node:")
      ? "declare a port, and implement it in a room from adapters, store or runtime on"
      : `this folder's packages are ${allowed.join(", ") || "none"}`;
    return [findingAt(source, at, specifier, instead)];
  });
}

function unicode(source: Source): readonly Finding[] {
  const classes = source.regexes.filter(({ text }) => /\\p\{/i.test(text));
  return classes.map(({ at, text }) =>
    findingAt(source, at, text, "Unicode tables differ: name the code points"),
  );
}
