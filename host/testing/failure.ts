/** How a test fails: a plain Error, which every runner shows. */

import { fileURLToPath } from "node:url";
import { AirloomError, type Diagnostic } from "../values/errors.ts";

/** What a test asked for cannot be, or does not hold. */
export class TestFailure extends Error {
  override readonly name = "TestFailure";
}

/** Something else happened than a `then...` says. */
export class CheckFailure extends TestFailure {}

/** Frames of this folder are left out of stacks: a runner then shows the line of the test. */
const HERE = [new URL(".", import.meta.url).href, fileURLToPath(new URL(".", import.meta.url))];

/** Throws what a check found; null is nothing found. */
export function raise(found: string | null): void {
  if (found === null) return;
  const failure = new CheckFailure(found);
  const stack = failure.stack?.split("\n").filter((line) => !HERE.some((here) => line.includes(here)));
  if (stack !== undefined) failure.stack = stack.join("\n");
  throw failure;
}

/**
 * Runs what reads a value that a test wrote. A value that is not of its type fails the test with every fault:
 * pointer, expected, found.
 */
export function reading<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof AirloomError) || error.code !== "value.invalid") throw error;
    throw new TestFailure([`${what} is not of its type`, ...error.diagnostics.map(faultLine)].join("\n"), {
      cause: error,
    });
  }
}

function faultLine({ pointer = "", message, hint }: Diagnostic): string {
  return `  ${pointer === "" ? "the whole" : pointer}: ${message}${hint === undefined ? "" : `; ${hint}`}`;
}
