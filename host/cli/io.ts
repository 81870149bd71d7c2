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
    stderr: errorWriter(),
    cwd: process.cwd(),
    color,
  };
}

/** Nobody may be listening to what goes wrong: the exit code says it all the same. */
function errorWriter(): (text: string) => void {
  let listening = false;
  return (text) => {
    // Only now: most commands never write here, and making the stream takes time.
    if (!listening) {
      process.stderr.on("error", (error: NodeJS.ErrnoException) => {
        if (error.code !== "EPIPE") throw error;
      });
      listening = true;
    }
    process.stderr.write(text);
  };
}

/** DEL, C1, separators of lines, and what turns the direction of writing: JSON leaves them as they are. */
const STEERING = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/**
 * The same with everything escaped that steers a terminal and is never ours to write: as `\u009b`, which JSON
 * reads back. Control codes below a space are for whoever renders text; colours are made of them.
 */
export function guarded(io: Io): Io {
  const escaped = (character: string): string =>
    `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  const guard = (text: string): string => text.replace(STEERING, escaped);
  return { ...io, stdout: (text) => io.stdout(guard(text)), stderr: (text) => io.stderr(guard(text)) };
}
