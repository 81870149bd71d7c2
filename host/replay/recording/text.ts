/**
 * The text form: one JSON object a line, made to be read in a review. A frame is a line with its stamp and
 * one line for each record. Nothing in a line depends on what stands before the frame, so that two runs
 * which differ in one event differ in few lines; digests are in the last line only.
 */

import { EMPTY_HEAD, type Frame, FrameBuilder, headAfter } from "../../journal/frame.ts";
import type { Head } from "../../journal/port.ts";
import type { JournalRecord } from "../../journal/record.ts";
import type { LogicalTimeNs, WallTimeNs } from "../../values/brand.ts";
import { equalBytes, fromBase64, toBase64, toHex } from "../../values/bytes.ts";
import {
  decodeCbor,
  encodeCbor,
  hasSelfDescribe,
  withoutSelfDescribe,
  withSelfDescribe,
} from "../../values/cbor.ts";
import { AirloomError } from "../../values/errors.ts";
import { hashOf, isHash } from "../../values/hash.ts";
import { isJsonObject, type Json, jsonFrom, stringifyJson } from "../../values/json.ts";
import { bytesFrom, cborFromJson, cborToJson, member } from "./cbor-json.ts";
import { Checks } from "./checks.ts";
import {
  BLOB_ROLES,
  type BlobRole,
  type Entry,
  footerToCbor,
  headerToCbor,
  type RecordedBlob,
  type RecordingFooter,
} from "./entry.ts";
import { recordFromJson, recordToJson, valueFromJson, valueToJson } from "./fields.ts";
import { instantOf, instantText } from "./instant.ts";
import { corruptRecording, footerFromCbor, headerFromCbor } from "./parse.ts";
import { RecordedDefinitions } from "./typing.ts";

/** Writes entries as lines, each with its line end. Entries must come in their order. */
export class TextWriter {
  readonly #typing = new RecordedDefinitions();
  #head: Head = EMPTY_HEAD;

  write(entry: Entry): string {
    switch (entry.kind) {
      case "header":
        return line([["airloom_recording", cborToJson(headerToCbor(entry.header))]]);
      case "footer":
        return footerLine(entry.footer);
      case "blob":
        this.#typing.add(entry.blob);
        return this.#blob(entry.blob);
      case "frame":
        return this.#frame(entry.frame);
    }
  }

  #blob(blob: RecordedBlob): string {
    const words: [string, Json][] = [[blob.role, blob.hash]];
    if (blob.reducer !== null) words.push(["reducer", blob.reducer]);
    return line([...words, blobContent(blob, this.#typing)]);
  }

  #frame(frame: Frame): string {
    const first = frame.records[0];
    if (first !== undefined) this.#typing.note(first);
    const { head } = frame;
    const stamp = new Map<string, Json>([
      ["logical", instantText(head.logicalNs)],
      ["wall", instantText(head.wallNs)],
      ["entropy", toHex(head.entropy)],
      ["by", head.by],
      ["ingress_id", head.ingressId],
      ["request_digest", head.requestDigest === null ? null : toHex(head.requestDigest)],
    ]);
    const lines = frame.records.map((record) =>
      recordToJson(record, positionOf(this.#head), this.#typing.manifest),
    );
    const text = [new Map<string, Json>([["frame", stamp]]), ...lines].map(
      (json) => `${stringifyJson(json)}\n`,
    );
    this.#head = headAfter(frame);
    return text.join("");
  }
}

/** The checksums of a million records are not made a tree of before they are text. */
function footerLine(footer: RecordingFooter): string {
  const { checks } = footer;
  const words = Array.from(
    { length: checks.length },
    (_, frame) => `{"$hex":"${toHex(checks.bytesOf(frame))}"}`,
  );
  const rest = line([["footer", cborToJson(footerToCbor({ ...footer, checks: new Checks() }))]]);
  return rest.replace('"checks":[]', () => `"checks":[${words.join(",")}]`);
}

/** The same when a footer is read: takes the checksums out of its parsed text; null where they have another form. */
function takeChecks(text: unknown): Checks | null {
  const footer = (text as { footer?: { checks?: unknown } } | null)?.footer;
  if (typeof footer !== "object" || footer === null || !Array.isArray(footer.checks)) return null;
  const checks = new Checks();
  for (const item of footer.checks as readonly { $hex?: unknown }[]) {
    const { $hex: hex } = item ?? {};
    if (typeof hex !== "string") return null;
    checks.addBytes(bytesFrom(hex));
  }
  footer.checks = [];
  return checks;
}

function positionOf({ nextFrame, nextRecord }: Head) {
  return { frame: nextFrame as bigint, firstRecord: nextRecord as bigint };
}

function line(members: readonly (readonly [string, Json])[]): string {
  return `${stringifyJson(new Map(members))}\n`;
}

/** Definitions and settings as data, states by their schema, modules as base64. */
function blobContent(
  { role, bytes, reducer }: RecordedBlob,
  typing: RecordedDefinitions,
): readonly [string, Json] {
  if (role === "module") return ["base64", toBase64(bytes)];
  if (role === "state") {
    return ["value", valueToJson(bytes, typing.manifest?.reducers.get(reducer ?? "")?.state, "untagged")];
  }
  const json = cborToJson(decodeCbor(withoutSelfDescribe(bytes)));
  const again = encodeCbor(cborFromJson(json));
  if (hasSelfDescribe(bytes) && equalBytes(withSelfDescribe(again), bytes)) return ["data", json];
  return ["hex", toHex(bytes)];
}

/** Reads lines back to entries; a frame is complete with the line that does not belong to it. */
export class TextReader {
  readonly #typing = new RecordedDefinitions();
  #head: Head = EMPTY_HEAD;
  #stamp: Json | null = null;
  #records: JournalRecord[] = [];
  #line = 0;

  /** The entries that this line completes. Throws `recording.corrupt` with the number of the line. */
  read(text: string): readonly Entry[] {
    this.#line += 1;
    return this.#placed(() => {
      const plain = parsed(text);
      const checks = takeChecks(plain);
      const json = jsonFrom(plain);
      const word = isJsonObject(json) ? [...json.keys()][0] : undefined;
      if (word === undefined) throw corruptRecording("a line that is no JSON object");
      if (this.#stamp !== null && !isStart(word)) {
        this.#add(json);
        return [];
      }
      const done = this.#finishFrame();
      const entry = withChecks(this.#start(word, json), checks);
      return entry === null ? done : [...done, entry];
    });
  }

  /** The entries that the end of the text completes. */
  end(): readonly Entry[] {
    return this.#placed(() => this.#finishFrame());
  }

  #placed<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof AirloomError) || error.kind !== "corrupt") throw error;
      const message = `line ${this.#line}: ${error.message}`;
      throw new AirloomError("corrupt", error.code, message, {
        fields: { ...error.fields, line: this.#line },
        cause: error,
      });
    }
  }

  #start(word: string, json: Json): Entry | null {
    if (word === "airloom_recording")
      return { kind: "header", header: headerFromCbor(cborFromJson(member(json, word))) };
    if (word === "footer")
      return { kind: "footer", footer: footerFromCbor(cborFromJson(member(json, word))) };
    if (word === "frame") {
      this.#stamp = member(json, word);
      this.#records = [];
      return null;
    }
    if (!(BLOB_ROLES as readonly string[]).includes(word)) throw corruptRecording("a record outside a frame");
    const blob = this.#blob(word as BlobRole, json);
    this.#typing.add(blob);
    return { kind: "blob", blob };
  }

  #blob(role: BlobRole, json: Json): RecordedBlob {
    const hash = member(json, role);
    const reducer = role === "state" ? member(json, "reducer") : null;
    if (typeof hash !== "string" || !isHash(hash)) throw corruptRecording("a blob without its hash");
    if (reducer !== null && typeof reducer !== "string")
      throw corruptRecording("a state without its reducer");
    const bytes = this.#content(role, json, reducer);
    if (hashOf(bytes) !== hash) throw corruptRecording(`the bytes of ${hash} are not its own`, { hash });
    return { role, hash, reducer, bytes };
  }

  #content(role: BlobRole, json: Json, reducer: string | null): Uint8Array {
    if (role === "module") {
      const base64 = member(json, "base64");
      const bytes = typeof base64 === "string" ? fromBase64(base64) : undefined;
      if (bytes === undefined) throw corruptRecording("a module that is no base64");
      return bytes;
    }
    if (role === "state") {
      const schema = this.#typing.manifest?.reducers.get(reducer ?? "")?.state;
      return valueFromJson(member(json, "value"), schema, "untagged") ?? new Uint8Array(0);
    }
    if (isJsonObject(json) && json.has("hex")) {
      const hex = member(json, "hex");
      if (typeof hex !== "string") throw corruptRecording("hex that is no text");
      return bytesFrom(hex);
    }
    return withSelfDescribe(encodeCbor(cborFromJson(member(json, "data"))));
  }

  #add(json: Json): void {
    if (this.#records.length === 0 && isJsonObject(json)) this.#noteDefinitions(json);
    this.#records.push(recordFromJson(json, positionOf(this.#head), this.#typing.manifest));
  }

  /** Genesis and changes need no types themselves, and give the following records theirs. */
  #noteDefinitions(json: ReadonlyMap<string, Json>): void {
    const kind = [...json.keys()][0];
    if (kind === "genesis" || kind === "manifest") {
      this.#typing.note(recordFromJson(json, positionOf(this.#head), null));
    }
  }

  #finishFrame(): readonly Entry[] {
    const stamp = this.#stamp;
    if (stamp === null) return [];
    this.#stamp = null;
    if (this.#records.length === 0) throw corruptRecording("a frame without records");
    const builder = new FrameBuilder();
    for (const record of this.#records) builder.add(record);
    const ingressId = member(stamp, "ingress_id");
    const by = member(stamp, "by");
    const digest = member(stamp, "request_digest");
    const frame = builder.seal(this.#head, {
      logicalNs: instantOf(member(stamp, "logical")) as LogicalTimeNs,
      wallNs: instantOf(member(stamp, "wall")) as WallTimeNs,
      entropy: exactly32(member(stamp, "entropy")),
      by: textOrNull(by),
      ingressId: textOrNull(ingressId),
      requestDigest: digest === null ? null : exactly32(digest),
    });
    this.#head = headAfter(frame);
    return [{ kind: "frame", frame }];
  }
}

function withChecks(entry: Entry | null, checks: Checks | null): Entry | null {
  if (entry?.kind !== "footer" || checks === null) return entry;
  return { kind: "footer", footer: { ...entry.footer, checks } };
}

function isStart(word: string): boolean {
  return (
    word === "frame" ||
    word === "footer" ||
    word === "airloom_recording" ||
    (BLOB_ROLES as readonly string[]).includes(word)
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw corruptRecording("a line that is no JSON");
  }
}

function exactly32(json: Json): Uint8Array {
  const bytes = typeof json === "string" ? bytesFrom(json) : undefined;
  if (bytes?.length !== 32) throw corruptRecording("32 bytes that are not there");
  return bytes;
}

function textOrNull(json: Json): string | null {
  if (json === null || typeof json === "string") return json;
  throw corruptRecording("a sender or an id that is no text");
}
