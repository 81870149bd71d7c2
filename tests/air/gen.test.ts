import { readdirSync, writeFileSync } from "node:fs";
import { test } from "vitest";
import { loadWorldFolder } from "../../host/build/directory.ts";
import { AirloomError } from "../../host/values/errors.ts";
test("gen", () => {
  const lines: string[] = [];
  for (const name of readdirSync("tests/rejected")) {
    for (const kind of ["refused", "accepted"]) {
      let ds: readonly any[];
      try { ds = loadWorldFolder(`tests/rejected/${name}/${kind}`).warnings; } catch (e) {
        if (e instanceof AirloomError && e.code === "manifest.invalid") ds = e.diagnostics; else { lines.push(`!!!! ${name} ${kind} ${(e as Error).stack}`); continue; }
      }
      if (kind === "accepted") { if (ds.length) lines.push(`!!!! ${name} accepted has ${JSON.stringify(ds)}`); continue; }
      lines.push(`\n## ${name}`);
      if (!ds.length) lines.push("!!!! nothing");
      for (const d of ds) lines.push(`${d.severity === "warning" ? "W " : ""}${d.code} ${d.file}:${d.line}:${d.column} ${d.pointer}\n     ${d.message} | exp ${d.expected} | found ${d.found} | ${d.hint}`);
      writeFileSync(`tests/rejected/${name}/expected.json`, JSON.stringify(ds.map(({ code, severity, file, pointer, line }) => ({ code, ...(severity === "warning" ? { severity } : {}), ...(file === undefined || file === "manifest.air.json" ? {} : { file }), pointer: pointer ?? "", ...(line === undefined ? {} : { line }) })), null, 2));
    }
  }
  writeFileSync("/tmp/rejected.txt", lines.join("\n"));
});
