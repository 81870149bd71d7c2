import { AirloomError, type ErrorKind } from "../values/errors.ts";

/** What an exit code says; the same for every command. */
export const EXIT = {
  fine: 0,
  /** It found what it looks for: a divergence, a fault, an invalid manifest, a refused event. */
  found: 1,
  usage: 2,
  corrupt: 3,
  missing: 4,
  busy: 5,
  /** A bug of ours, or a failure of this machine. */
  failure: 70,
} as const;

const BY_KIND: Readonly<Record<ErrorKind, number>> = {
  manifest: EXIT.found,
  module: EXIT.found,
  request: EXIT.found,
  denied: EXIT.found,
  missing: EXIT.missing,
  retry: EXIT.busy,
  corrupt: EXIT.corrupt,
  host: EXIT.failure,
  bug: EXIT.failure,
};

export function exitCodeOf(error: unknown): number {
  return error instanceof AirloomError ? BY_KIND[error.kind] : EXIT.failure;
}
