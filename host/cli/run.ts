/** What every command shares: errors become an exit code and a message, text or JSON. */

import { exitCodeOf } from "./exit.ts";
import type { Io } from "./io.ts";
import { errorJson, renderError } from "./render/error.ts";

/** Runs a command's work and keeps its exit code. */
export type Run = (options: { readonly json?: boolean }, work: () => Promise<number>) => Promise<void>;

export function createRun(io: Io, done: (exitCode: number) => void): Run {
  return async (options, work) => {
    try {
      done(await work());
    } catch (error) {
      if (options.json) io.stdout(`${errorJson(error)}\n`);
      else io.stderr(renderError(io, error));
      done(exitCodeOf(error));
    }
  };
}
