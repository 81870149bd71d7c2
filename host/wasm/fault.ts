/** Why a call stopped: a limit, or the words an aborting guest left behind and where in its source it stopped. */

import type { ASUtil } from "@assemblyscript/loader";
import type { GuestFault } from "../kernel/ports.ts";
import { LIMITS } from "../values/limits.ts";
import { plain } from "../values/quote.ts";
import type { InvalidOutput } from "./envelope.ts";
import { type Guest, memoryOf } from "./guest.ts";
import { WHY } from "./inject.ts";
import { traceOf } from "./trace.ts";

/** Longest string that is read at all, in bytes; a longer one is taken for garbage. */
const READ_BYTES_MAX = 64 * 1024;
/** In front of a string: its runtime id at -8, its length in bytes at -4 (AssemblyScript's object header). */
const HEADER_BYTES = 8;
const STRING_ID = 2;

/** The fault of a call that trapped. `why` is what the injected code says (inject.ts). */
export function faultOf(guest: Guest, trap: Error, why: number): GuestFault {
  const { admitted } = guest;
  const seen = { live: plain(trap.message, LIMITS.faultTextMax), trace: traceOf(trap, admitted) };
  const nowhere = { file: null, line: null, column: null };
  if (why === WHY.fuel) {
    return { code: "module.out_of_fuel", message: "the call used all its fuel", ...nowhere, ...seen };
  }
  if (why === WHY.stack) {
    const message = `the calls took more than ${admitted.limits.stackBytesMax} bytes of stack`;
    return { code: "module.stack_exceeded", message, ...nowhere, ...seen };
  }
  const recorded = readRecord(guest);
  if (recorded !== null) return { code: "module.abort", ...recorded, ...seen };
  if (why === WHY.memoryMax) {
    const message = `the memory would have more than ${admitted.pagesMax} pages of 64 KiB`;
    return { code: "module.memory_exceeded", message, ...nowhere, ...seen };
  }
  return { code: "module.trap", message: "", ...nowhere, ...seen };
}

/** The fault of a call that answered with something else than an output. */
export function invalidOutput({ message }: InvalidOutput): GuestFault {
  const said = plain(message, LIMITS.faultTextMax);
  return { code: "module.output_invalid", message: said, file: null, line: null, column: null };
}

type Recorded = Pick<GuestFault, "message" | "file" | "line" | "column">;

/**
 * The record is four little-endian u32: message, file, line, column; the first two are addresses of strings.
 * All of it is the guest's word: whatever does not fit into its memory counts as absent.
 */
function readRecord(guest: Guest): Recorded | null {
  const { exports, loader } = guest;
  const memory = memoryOf(guest);
  const address: unknown = exports.fault instanceof WebAssembly.Global ? exports.fault.value : undefined;
  if (typeof address !== "number") return null;
  const at = address >>> 0;
  if (at + 16 > memory.byteLength) return null;
  const view = new DataView(memory, at, 16);
  const [message, file, line, column] = [0, 4, 8, 12].map((offset) => view.getUint32(offset, true));
  if (!message && !file && !line && !column) return null;
  return {
    message: readText(memory, loader, message!) ?? "",
    file: readText(memory, loader, file!),
    line: line || null,
    column: column || null,
  };
}

function readText(memory: ArrayBuffer, loader: ASUtil, at: number): string | null {
  if (at < HEADER_BYTES || at % 4 !== 0 || at > memory.byteLength) return null;
  const header = new DataView(memory, at - HEADER_BYTES, HEADER_BYTES);
  const length = header.getUint32(4, true);
  if (header.getUint32(0, true) !== STRING_ID) return null;
  if (length % 2 !== 0 || length > READ_BYTES_MAX || length > memory.byteLength - at) return null;
  return plain(loader.__getString(at), LIMITS.faultTextMax - 1);
}
