/** A progress bar on stderr for what may take more than a second; nothing where nobody looks. */

import { SingleBar } from "cli-progress";
import type { Io } from "./io.ts";

export interface Progress {
  /** So much more is done. */
  step(by: number): void;
  stop(): void;
}

/** The same items; progress is told of each. */
export async function* counted<T>(items: AsyncIterable<T>, progress: Progress): AsyncIterable<T> {
  try {
    for await (const item of items) {
      progress.step(1);
      yield item;
    }
  } finally {
    progress.stop();
  }
}

/** Small work ends before a bar would show. */
const SHOW_AFTER_MS = 1000;

/** `total` in what time goes with, or the estimate is none: bytes of recordings, frames of a store. */
export function progressOf(io: Io, what: string, total: number): Progress {
  if (!io.color || !process.stderr.isTTY) return { step: () => {}, stop: () => {} };
  const bar = new SingleBar({
    format: `${what} {bar} {percentage} %, {eta_formatted} left`,
    // Over a longer while: pieces of a file do not all take the same time.
    etaBuffer: 200,
    stream: process.stderr,
    clearOnComplete: true,
    hideCursor: true,
  });
  let done = 0;
  const timer = setTimeout(() => bar.start(total, done), SHOW_AFTER_MS);
  return {
    step: (by) => {
      done = Math.min(done + by, total);
      if (bar.isActive) bar.update(done);
    },
    stop: () => {
      clearTimeout(timer);
      if (bar.isActive) bar.stop();
    },
  };
}
