/** The same world with its reducer in other languages, where their compilers are installed. */

import { describe, it } from "vitest";
import { compileC, compileRust } from "./compilers.ts";
import { expectCounter } from "./conduct.ts";

describe("a counter that needs a compiler", () => {
  it.for([
    ["C", compileC],
    ["Rust", compileRust],
  ] as const)("counts, written in %s", async ([language, compile], { skip }) => {
    const attempt = await compile();
    if ("wasm" in attempt) {
      await expectCounter(attempt.wasm);
      return;
    }
    console.log(`the counter in ${language} is skipped: ${attempt.missing}`);
    skip(attempt.missing);
  });
});
