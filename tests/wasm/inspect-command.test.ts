/** `airloom inspect`: what admission says, on a terminal and for machines. */

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { hashOf } from "../../host/values/hash.ts";
import { airloomHere, jsonLines } from "../support/cli.ts";
import { tinyReducer, withFolder } from "../support/modules.ts";
import { compileWat } from "../support/wat.ts";

const FLOATS = `(module (memory (export "memory") 1)
  (func (export "alloc") (param i32) (result i32) (i32.const 1024))
  (func (export "step") (param i32 i32) (result i32 i32)
    (i32.trunc_sat_f64_s (f64.const 1.5)) (i32.const 0)))`;

/** The command with a module in a file of its own. */
function inspect(bytes: Uint8Array, ...options: readonly string[]) {
  return withFolder({}, async (folder) => {
    const path = join(folder, "module.wasm");
    await writeFile(path, bytes);
    return airloomHere(["inspect", path, ...options]);
  });
}

describe("airloom inspect", () => {
  it("says of a sound module how large it is beside the limits, and how it runs", async () => {
    const { exitCode, stdout, stderr } = await inspect(tinyReducer());
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    for (const part of [
      "admitted",
      "step (function)",
      "functions 2 of 10000",
      "called by step (struct-return)",
    ]) {
      expect(stdout).toContain(part);
    }
  });

  it("says of a refused one why, and in which functions", async () => {
    const { exitCode, stdout } = await inspect(await compileWat(FLOATS));
    expect(exitCode).toBe(1);
    for (const part of ["refused, 1 finding", "module.floats", "1 step: f64.const at 0x"]) {
      expect(stdout).toContain(part);
    }
    expect((await inspect(await compileWat(FLOATS), "--floats", "canonicalize")).exitCode).toBe(0);
  });

  it("gives one JSON object a module", async () => {
    const bytes = tinyReducer();
    const [report] = jsonLines((await inspect(bytes, "--json")).stdout) as Record<string, unknown>[];
    expect(report).toMatchObject({ type: "module", admitted: true, hash: hashOf(bytes), findings: [] });
    const [refused] = jsonLines((await inspect(Uint8Array.of(1), "--json")).stdout) as Record<
      string,
      unknown
    >[];
    expect(refused).toMatchObject({ admitted: false, findings: [{ code: "module.invalid_wasm" }] });
  });

  it("says which target is not there", async () => {
    const { exitCode, stderr } = await airloomHere(["inspect", "no/such/module.wasm"]);
    expect(exitCode).toBe(4);
    expect(stderr).toContain("module.missing");
  });
});
