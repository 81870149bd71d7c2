/** One command line with the streams of this process, or with others. */

import { type Io, processIo } from "./io.ts";
import { main } from "./main.ts";

export function start(argv: readonly string[], io: Io = processIo()): Promise<number> {
  return main(argv, io);
}
