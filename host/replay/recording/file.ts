/** Recordings on disk: the form is in the first byte, the reader and the writer are the same for both. */

import { createReadStream } from "node:fs";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { StringDecoder } from "node:string_decoder";
import { concat } from "../../values/bytes.ts";
import { AirloomError } from "../../values/errors.ts";
import { BinaryReader, BinaryWriter, MAGIC } from "./binary.ts";
import type { Entry } from "./entry.ts";
import { corruptRecording } from "./parse.ts";
import { TextReader, TextWriter } from "./text.ts";

export type RecordingForm = "text" | "binary";

/**
 * Writes a recording whole or not at all: to a file beside `path`, synced, then renamed. Its folder is made. Throws
 * `recording.unwritable` (kind `host`), and what `entries` throws.
 */
export async function writeRecording(
  path: string,
  form: RecordingForm,
  entries: AsyncIterable<Entry> | Iterable<Entry>,
): Promise<void> {
  const writer = form === "text" ? new TextWriter() : new BinaryWriter();
  const partial = `${path}.${process.pid}.partial`;
  try {
    await mkdir(dirname(path), { recursive: true });
    const file = await open(partial, "w");
    try {
      for await (const piece of inPieces(entries, writer)) await file.writeFile(piece);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(partial, path);
  } catch (error) {
    // What went wrong with the file goes on up, not what goes wrong because of it.
    await rm(partial, { force: true }).catch(() => {});
    throw error instanceof AirloomError ? error : fileError(error, path, "written");
  }
}

/** A system call for each frame would cost more than making it. */
const PIECE_BYTES = 256 * 1024;

async function* inPieces(
  entries: AsyncIterable<Entry> | Iterable<Entry>,
  writer: TextWriter | BinaryWriter,
): AsyncIterable<Uint8Array> {
  let held: Uint8Array[] = [];
  let bytes = 0;
  for await (const entry of entries) {
    const written = writer.write(entry);
    const piece = typeof written === "string" ? Buffer.from(written) : written;
    held.push(piece);
    bytes += piece.length;
    if (bytes < PIECE_BYTES) continue;
    yield concat(held);
    held = [];
    bytes = 0;
  }
  if (bytes > 0) yield concat(held);
}

/**
 * A recording's entries in order, in constant memory. `onBytes` is told of every piece that was read. Throws `recording.missing`, `recording.unreadable`,
 * `recording.corrupt` with line or offset, `journal.corrupt` for a frame, `recording.format`.
 */
export async function* readRecording(
  path: string,
  onBytes: (bytes: number) => void = () => {},
): AsyncIterable<Entry> {
  let reader: PieceReader | null = null;
  const order = new Order();
  try {
    for await (const piece of createReadStream(path, { highWaterMark: PIECE_BYTES })) {
      const bytes = new Uint8Array(piece as Buffer);
      onBytes(bytes.length);
      reader ??= bytes[0] === MAGIC[0] ? new BinaryReader() : new LineReader();
      for (const entry of reader.read(bytes)) yield order.checked(entry);
    }
    if (reader === null) throw corruptRecording("an empty file");
    for (const entry of reader.end()) yield order.checked(entry);
    order.end();
  } catch (error) {
    if (!(error instanceof AirloomError)) throw fileError(error, path, "read");
    const fields = { ...error.fields, path };
    throw new AirloomError(error.kind, error.code, `${path}: ${error.message}`, { fields, cause: error });
  }
}

interface PieceReader {
  read(piece: Uint8Array): readonly Entry[];
  end(): readonly Entry[];
}

/** A line of the text form is longer only where a module or a large state is in it. */
const LINE_MAX = 64 * 1024 * 1024;

class LineReader implements PieceReader {
  readonly #decoder = new StringDecoder("utf8");
  readonly #reader = new TextReader();
  /** The line that has not ended, in the pieces it came in: a long one is put together once. */
  #held: string[] = [];
  #heldLength = 0;

  read(piece: Uint8Array): readonly Entry[] {
    const lines = this.#decoder.write(Buffer.from(piece)).split("\n");
    const rest = lines.pop()!;
    if (lines.length > 0) {
      lines[0] = this.#held.join("") + lines[0]!;
      this.#held = [];
      this.#heldLength = 0;
    }
    this.#held.push(rest);
    this.#heldLength += rest.length;
    if (this.#heldLength > LINE_MAX) throw corruptRecording("a line without end");
    return lines.flatMap((line) => this.#reader.read(line.replace(/\r$/, "")));
  }

  end(): readonly Entry[] {
    const rest = this.#held.join("") + this.#decoder.end();
    return [...(rest === "" ? [] : this.#reader.read(rest)), ...this.#reader.end()];
  }
}

/** One header, then blobs and frames, then one footer. */
class Order {
  #at: "begin" | "middle" | "end" = "begin";

  checked(entry: Entry): Entry {
    const isFirst = entry.kind === "header";
    if (isFirst !== (this.#at === "begin")) throw corruptRecording(`a ${entry.kind} where none should be`);
    if (this.#at === "end") throw corruptRecording(`a ${entry.kind} behind the footer`);
    this.#at = entry.kind === "footer" ? "end" : "middle";
    return entry;
  }

  end(): void {
    if (this.#at !== "end") throw corruptRecording("it has no footer: it is cut off");
  }
}

function fileError(error: unknown, path: string, done: "read" | "written"): AirloomError {
  const code = (error as NodeJS.ErrnoException).code ?? "";
  if (done === "read" && (code === "ENOENT" || code === "ENOTDIR")) {
    return new AirloomError("missing", "recording.missing", `there is no recording ${path}`, {
      fields: { path },
    });
  }
  const name = done === "read" ? "recording.unreadable" : "recording.unwritable";
  return new AirloomError("host", name, `${path} cannot be ${done} (${code})`, {
    fields: { path },
    cause: error,
  });
}
