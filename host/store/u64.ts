/** Unsigned 64-bit values as SQLite sorts them: its own integers are signed, so they are 8-byte big-endian blobs. */

export function toU64(value: bigint): Uint8Array {
  const out = new Uint8Array(8);
  new DataView(out.buffer).setBigUint64(0, value);
  return out;
}

/** Null for what is no 8-byte blob. */
export function fromU64(column: unknown): bigint | null {
  if (!(column instanceof Uint8Array) || column.length !== 8) return null;
  return new DataView(column.buffer, column.byteOffset, 8).getBigUint64(0);
}
