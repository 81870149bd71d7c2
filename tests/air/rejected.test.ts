/**
 * One small world a rule, refused, beside one that differs in that rule only and is accepted. A rule that is
 * a warning loads, and warns.
 */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { manifestFromNodes } from "../../host/air/nodes.ts";
import { loadWorldFolder } from "../../host/build/directory.ts";
import { AirloomError, type Diagnostic } from "../../host/values/errors.ts";
import { inOrder } from "./in-order.ts";

const ROOT = fileURLToPath(new URL("../rejected/", import.meta.url));

interface Expected {
  readonly code: string;
  readonly severity?: "warning";
  readonly file?: string;
  readonly pointer: string;
  readonly line?: number;
}

describe.each(readdirSync(ROOT))("%s", (name) => {
  test("is told by code, file, pointer and line", () => {
    const text = readFileSync(join(ROOT, name, "expected.json"), "utf8");
    expect(diagnose(join(ROOT, name, "refused")).map(brief)).toEqual(JSON.parse(text) as Expected[]);
  });

  test("has an accepted neighbour, which its recorded nodes make again", () => {
    const folder = join(ROOT, name, "accepted");
    expect(diagnose(folder)).toEqual([]);
    const { manifest } = loadWorldFolder(folder);
    const again = manifestFromNodes(manifest.hash, (hash) => manifest.nodes.get(hash));
    // The schemas, all the built-in ones among them, are compared by the parts that use them.
    expect(inOrder({ ...again, schemas: null })).toEqual(inOrder({ ...manifest, schemas: null }));
  });
});

/** What loading a folder has to say. */
function diagnose(folder: string): readonly Diagnostic[] {
  try {
    return loadWorldFolder(folder).warnings;
  } catch (error) {
    if (error instanceof AirloomError && error.code === "manifest.invalid") return error.diagnostics;
    throw error;
  }
}

/** Severity is left out for errors, the file where all stands in one. */
function brief({ code, severity, file, pointer, line }: Diagnostic): Expected {
  return {
    code,
    ...(severity === "warning" ? { severity } : {}),
    ...(file === undefined || file === "manifest.air.json" ? {} : { file }),
    pointer: pointer ?? "",
    ...(line === undefined ? {} : { line }),
  };
}
