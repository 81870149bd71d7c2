/** A progress bar on stderr for what may take more than a second; nothing where nobody looks. */

import { SingleBar } from "cli-progress";
import type { Io } from "./io.ts";

export interface Progress {
  step(): void;
  stop(): void;
}

/** Small work ends before a bar would show. */
const SHOW_AFTER_MS = 1000;

export function progressOf(io: Io, what: string, total: number): Progress {
  if (!io.color || !process.stderr.isTTY) return { step: () => {}, stop: () => {} };
  const bar = new SingleBar({
    format: `${what} {bar} {value}/{total}, {eta_formatted} left`,
    stream: process.stderr,
    clearOnComplete: true,
    hideCursor: true,
  });
  let done = 0;
  const timer = setTimeout(() => bar.start(total, done), SHOW_AFTER_MS);
  return {
    step: () => {
      done += 1;
      if (bar.isActive) bar.update(done);
    },
    stop: () => {
      clearTimeout(timer);
      if (bar.isActive) bar.stop();
    },
  };
}
