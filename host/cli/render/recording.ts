import type { RecordingHeader } from "../../replay/recording/entry.ts";
import type { VerifiedRecording } from "../../replay/recording/verify.ts";
import { toHex } from "../../values/bytes.ts";
import { type Json, jsonInteger } from "../../values/json.ts";
import type { Io } from "../io.ts";
import { clean, paletteOf, plural } from "./text.ts";

/** A recording that was written or proven: what it holds and the hash that stands for all of it. */
export function renderVerified(io: Io, done: string, name: string, verified: VerifiedRecording): string {
  const p = paletteOf(io);
  const { header, frames, records, root, signature } = verified;
  const modules = `${plural(header.modules.length, "module")} ${header.embedded ? "embedded" : "by hash"}`;
  return [
    `${p.green(done)} ${clean(name)}: ${plural(frames, "frame")}, ${plural(records, "record")}, ${modules}`,
    `  root ${root}`,
    `  ${signature === "valid" ? "signed by the world's key" : "not signed"}, ${p.dim(`world ${clean(header.worldId)}, ${clean(header.engine)}`)}`,
    ...madeFrom(header).map((line) => `  ${line}`),
    "",
  ].join("\n");
}

/** What a recording was made from that no world did as it stands. */
function madeFrom({ redaction, fork }: RecordingHeader): readonly string[] {
  return [
    ...(redaction === null
      ? []
      : [`redacted in ${plural(redaction.paths.length, "place")}, from root ${toHex(redaction.root)}`]),
    ...(fork === null ? [] : [`forked at frame ${fork.frame}, from root ${toHex(fork.root)}`]),
  ];
}

export function verifiedJson(name: string, verified: VerifiedRecording): Json {
  const { header, frames, records, root, signature } = verified;
  return new Map<string, Json>([
    ["type", "recording"],
    ["name", name],
    ["root", root],
    ["frames", jsonInteger(frames)],
    ["records", jsonInteger(records)],
    ["signature", signature],
    ["engine", header.engine],
    ["world_id", header.worldId],
    ["manifest_hash", header.manifestHash],
    ["modules", header.modules.map(({ name: module, hash }) => [module, hash])],
    ["embedded", header.embedded],
    ["redacted_from", header.redaction === null ? null : toHex(header.redaction.root)],
    ["redacted_paths", header.redaction?.paths ?? []],
    ["forked_from", header.fork === null ? null : toHex(header.fork.root)],
    ["forked_at", header.fork === null ? null : jsonInteger(header.fork.frame)],
  ]);
}
