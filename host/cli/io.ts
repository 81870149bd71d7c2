/** What a command line touches of its process; tests pass memory streams. */

export interface Io {
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
  /** Relative paths are resolved against it. */
  readonly cwd: string;
  /** Whether stdout is a terminal that shows colours. */
  readonly color: boolean;
}

export function processIo(): Io {
  const color = process.stdout.isTTY === true && process.env.NO_COLOR === undefined;
  return {
    stdout: (text) => process.stdout.write(text),
    stderr: (text) => process.stderr.write(text),
    cwd: process.cwd(),
    color,
  };
}
