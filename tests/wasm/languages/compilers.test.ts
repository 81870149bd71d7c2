/** The same world with its reducer in other languages, where their compilers are installed. */

import { describe, it } from "vitest";
import { compileC, compileRust } from "./compilers.ts";
import { expectCounter } from "./conduct.ts";

describe("a counter that needs a compiler", () => {
  it.each([
    ["C", compileC],
    ["Rust", compileRust],
  ])("counts, written in %s", async (language, compile) => {
    const attempt = await compile();
    if ("missing" in attempt) return console.log(`the counter in ${language} is skipped: ${attempt.missing}`);
    await expectCounter(attempt.wasm);
  });
});
