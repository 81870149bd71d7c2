/**
 * How a module says why it stopped, without importing anything: the words are left in its memory and the
 * call traps. The host reads four little-endian u32 at `fault`: message, file, line, column. The first two
 * are addresses of strings, 0 for none.
 */

export const fault: usize = memory.data(16);

/** What the compiler calls for a failed assertion, a `throw` and a runtime error. */
export function abort(message: string | null, file: string | null, line: u32, column: u32): void {
  store<u32>(fault, changetype<usize>(message));
  store<u32>(fault, changetype<usize>(file), 4);
  store<u32>(fault, line, 8);
  store<u32>(fault, column, 12);
  unreachable();
}
