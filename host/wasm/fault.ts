/** Reads what an aborting guest left behind: its words and where in its source it stopped. */

import type { ASUtil } from "@assemblyscript/loader";
import type { GuestFault } from "../kernel/ports.ts";
import { LIMITS } from "../values/limits.ts";
import { plain } from "../values/quote.ts";

/** Longest string that is read at all, in bytes; a longer one is taken for garbage. */
const READ_BYTES_MAX = 64 * 1024;
/** In front of a string: its runtime id at -8, its length in bytes at -4 (AssemblyScript's object header). */
const HEADER_BYTES = 8;
const STRING_ID = 2;

/** The fault of a call that trapped: an abort when the guest recorded one. */
export function faultOf(exports: WebAssembly.Exports, loader: ASUtil, trap: Error): GuestFault {
  const live = plain(trap.message, LIMITS.faultTextMax);
  const recorded = readRecord(exports, loader);
  if (recorded !== null) return { code: "module.abort", ...recorded, live };
  return { code: "module.trap", message: "", file: null, line: null, column: null, live };
}

type Recorded = Pick<GuestFault, "message" | "file" | "line" | "column">;

/**
 * The record is four little-endian u32: message, file, line, column; the first two are addresses of strings.
 * All of it is the guest's word: whatever does not fit into its memory counts as absent.
 */
function readRecord(exports: WebAssembly.Exports, loader: ASUtil): Recorded | null {
  const memory = (exports.memory as WebAssembly.Memory).buffer;
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
