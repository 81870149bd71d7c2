/** Where a call stopped, in the bytes of the module as it was admitted. */

import { DEFAULT_MODULE_LIMITS } from "../air/settings.ts";
import type { TraceFrame } from "../kernel/ports.ts";
import type { AdmittedModule } from "./admission.ts";
import { examine } from "./examine.ts";
import { piecesOf, type Subject } from "./rewrite.ts";

/** Calls shown at most. */
const FRAMES_MAX = 32;

/**
 * The calls that were under way when the engine threw, innermost first; injected functions are left out. The
 * rewriting is worked out anew for the functions met: nothing is kept for the sake of traps.
 */
export function traceOf(error: Error, admitted: AdmittedModule): readonly TraceFrame[] {
  const frames = stackOf(error).filter(({ functionIndex }) => functionIndex < admitted.functions);
  if (frames.length === 0) return [];
  const { structure, scans, graph } = examine(admitted.original, {
    ...DEFAULT_MODULE_LIMITS,
    ...admitted.limits,
  });
  if (structure === null || graph === null) return [];
  const subject: Subject = { structure, scans, graph, limits: admitted.limits };
  return frames.slice(0, FRAMES_MAX).map(({ functionIndex, offset }) => {
    const at = offset - admitted.bodies[functionIndex]!;
    return { functionIndex, offset: originalOffset(subject, functionIndex, at) };
  });
}

/** `at`: relative to the first byte of the rewritten body. */
function originalOffset(subject: Subject, functionIndex: number, at: number): number {
  const pieces = piecesOf(subject, functionIndex);
  const piece = pieces.findLast((each) => each.at <= at) ?? pieces[0]!;
  return piece.copied ? piece.from + at - piece.at : piece.from;
}

/** V8 writes a place in wasm as `wasm-function[index]:0xoffset`, the offset in the rewritten module. */
const PLACE = /wasm-function\[(\d+)\]:0x([0-9a-f]+)/;

function stackOf(error: Error): readonly TraceFrame[] {
  return wordsOf(error).flatMap((line) => {
    const found = PLACE.exec(line);
    return found === null
      ? []
      : [{ functionIndex: Number(found[1]), offset: Number.parseInt(found[2]!, 16) }];
  });
}

/** One text a call. What tools have put in place to write stacks their own way is set aside meanwhile. */
function wordsOf(error: Error): readonly string[] {
  const errors = Error as unknown as { prepareStackTrace?: unknown };
  const others = errors.prepareStackTrace;
  errors.prepareStackTrace = undefined;
  try {
    return (error.stack ?? "").split("\n");
  } finally {
    errors.prepareStackTrace = others;
  }
}
