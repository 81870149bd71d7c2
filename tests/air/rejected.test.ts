/**
 * One small world a rule, refused, beside one that differs in that rule only and is accepted. A rule that is
 * a warning loads, and warns. Cases called `unsupported-...` are worlds that load and that this engine does
 * not run; those called `patch-...` are patch documents.
 */

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { DIAGNOSTIC_CODES, isError } from "../../host/air/codes.ts";
import { manifestFromNodes } from "../../host/air/nodes.ts";
import { parsePatch } from "../../host/air/patch.ts";
import { loadWorldFolder } from "../../host/build/directory.ts";
import { unsupportedFeatures } from "../../host/kernel/supported.ts";
import { AirloomError, type Diagnostic } from "../../host/values/errors.ts";
import { inOrder } from "./in-order.ts";

const ROOT = fileURLToPath(new URL("../rejected/", import.meta.url));
const CASES = readdirSync(ROOT);

interface Expected {
  readonly code: string;
  readonly severity?: "warning";
  readonly file?: string;
  readonly pointer: string;
  readonly line?: number;
}

function expectedOf(name: string): readonly Expected[] {
  return JSON.parse(readFileSync(join(ROOT, name, "expected.json"), "utf8")) as Expected[];
}

describe.each(CASES)("%s", (name) => {
  test("is told by code, file, pointer and line", () => {
    expect(diagnose(name, "refused").map(brief)).toEqual(expectedOf(name));
  });

  test("has an accepted neighbour, which its recorded nodes make again", () => {
    expect(diagnose(name, "accepted")).toEqual([]);
    if (isPatch(name)) return;
    const { manifest } = loadWorldFolder(join(ROOT, name, "accepted"));
    const again = manifestFromNodes(manifest.hash, (hash) => manifest.nodes.get(hash));
    // The schemas, all the built-in ones among them, are compared by the parts that use them.
    expect(inOrder({ ...again, schemas: null })).toEqual(inOrder({ ...manifest, schemas: null }));
  });
});

describe("the cases", () => {
  const told = new Set(CASES.flatMap((name) => expectedOf(name).map(({ code }) => code)));

  /** Codes without a case, and why there can be none. */
  const WITHOUT: ReadonlyMap<string, string> = new Map([
    ["type.name", "json.text refuses such a name before it is read as a type"],
    ["type.too_deep", "json.nesting refuses the text before it is read as a type"],
    ["schema.unknown_ref", "is told as reference.schema, with the file"],
    ["value.not_canonical", "is about bytes, and definitions are JSON"],
    ["cbor.invalid", "is about bytes, and definitions are JSON"],
    ["plan.no_steps", "shape.size refuses the empty list before; this is for recorded plans"],
  ]);

  test("are at least 120", () => {
    expect(CASES.length).toBeGreaterThanOrEqual(120);
  });

  test("have every code of the list, or a reason why not", () => {
    const missing = [...DIAGNOSTIC_CODES.keys()].filter((code) => !told.has(code));
    expect(missing.sort()).toEqual([...WITHOUT.keys()].sort());
  });

  test("have no code that is not in the list, and say how bad each is", () => {
    for (const { code, severity } of CASES.flatMap(expectedOf)) {
      expect(DIAGNOSTIC_CODES.has(code), code).toBe(true);
      expect(severity, code).toBe(isError(code) ? undefined : "warning");
    }
  });
});

function isPatch(name: string): boolean {
  return existsSync(join(ROOT, name, "accepted", "patch.json"));
}

/** What reading one side of a case has to say. */
function diagnose(name: string, side: "accepted" | "refused"): readonly Diagnostic[] {
  const folder = join(ROOT, name, side);
  try {
    if (isPatch(name)) {
      return parsePatch({ path: "patch.json", text: readFileSync(join(folder, "patch.json"), "utf8") })
        .warnings;
    }
    const { manifest, warnings } = loadWorldFolder(folder);
    return name.startsWith("unsupported-") ? [...warnings, ...unsupportedFeatures(manifest)] : warnings;
  } catch (error) {
    if (error instanceof AirloomError && /^(manifest|patch)\.invalid$/.test(error.code))
      return error.diagnostics;
    throw error;
  }
}

/** Severity is left out for errors, the file where all stands in one. */
function brief({ code, severity, file, pointer, line }: Diagnostic): Expected {
  const only = file === undefined || file === "manifest.air.json" || file === "patch.json";
  return {
    code,
    ...(severity === "warning" ? { severity } : {}),
    ...(only ? {} : { file }),
    pointer: pointer ?? "",
    ...(line === undefined ? {} : { line }),
  };
}
