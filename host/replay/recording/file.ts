/** Recordings on disk: the form is in the first byte, the reader and the writer are the same for both. */

import { createReadStream } from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import { StringDecoder } from "node:string_decoder";
import { AirloomError } from "../../values/errors.ts";
import { BinaryReader, BinaryWriter, MAGIC } from "./binary.ts";
import type { Entry } from "./entry.ts";
import { corruptRecording } from "./parse.ts";
import { TextReader, TextWriter } from "./text.ts";

export type RecordingForm = "text" | "binary";

/**
 * Writes a recording whole or not at all: to a file beside `path`, synced, then renamed. Throws
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
    const file = await open(partial, "w");
    try {
      for await (const entry of entries) await file.writeFile(writer.write(entry));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(partial, path);
  } catch (error) {
    await rm(partial, { force: true });
    throw error instanceof AirloomError ? error : fileError(error, path, "written");
  }
}

/**
 * A recording's entries in order, in constant memory. Throws `recording.missing`, `recording.unreadable`,
 * `recording.corrupt` with line or offset, `journal.corrupt` for a frame, `recording.format`.
 */
export async function* readRecording(path: string): AsyncIterable<Entry> {
  let reader: PieceReader | null = null;
  const order = new Order();
  try {
    for await (const piece of createReadStream(path, { highWaterMark: 256 * 1024 })) {
      const bytes = new Uint8Array(piece as Buffer);
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
  #held = "";

  read(piece: Uint8Array): readonly Entry[] {
    const text = this.#held + this.#decoder.write(Buffer.from(piece));
    const lines = text.split("\n");
    this.#held = lines.pop()!;
    if (this.#held.length > LINE_MAX) throw corruptRecording("a line without end");
    return lines.flatMap((line) => this.#reader.read(line.replace(/\r$/, "")));
  }

  end(): readonly Entry[] {
    const rest = this.#held + this.#decoder.end();
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
