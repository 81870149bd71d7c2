import { statSync } from "node:fs";
import { resolve } from "node:path";
import type { Command } from "commander";
import { capture } from "../../replay/recording/capture.ts";
import { readRecording } from "../../replay/recording/file.ts";
import { type VerifiedRecording, verifyRecording } from "../../replay/recording/verify.ts";
import { requireCells } from "../../runtime/cell-faults.ts";
import { toHex } from "../../values/bytes.ts";
import { AirloomError } from "../../values/errors.ts";
import { stringifyJson } from "../../values/json.ts";
import { EXIT } from "../exit.ts";
import type { Io } from "../io.ts";
import { counted, progressOf } from "../progress.ts";
import { renderVerified, verifiedJson } from "../render/recording.ts";
import type { Run } from "../run.ts";
import { version } from "../version.ts";
import { placeOf, reading } from "../world.ts";

interface Options {
  readonly store?: string;
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  airloom journal verify tests/journals/retry.airj
  airloom journal verify air/worlds/retry-backoff`;

export function verifyCommand(journal: Command, io: Io, run: Run): void {
  journal
    .command("verify")
    .description(
      "prove structure, chain and signatures of recordings or worlds, and cells of worlds; print the root of each",
    )
    .argument("<targets...>", "recordings (.airj) or world folders")
    .option("--store <folder>", "where a world's store is (default: .airloom in the folder)")
    .option("--json", "one JSON object for each")
    .addHelpText("after", EXAMPLES)
    .action((targets: string[], options: Options) => run(options, () => verifyAll(io, targets, options)));
}

async function verifyAll(io: Io, targets: readonly string[], options: Options): Promise<number> {
  for (const target of targets) {
    const verified = await verifyTarget(io, target, options);
    io.stdout(
      options.json
        ? `${stringifyJson(verifiedJson(target, verified))}\n`
        : renderVerified(io, "verified", target, verified),
    );
  }
  return EXIT.fine;
}

async function verifyTarget(io: Io, target: string, options: Options): Promise<VerifiedRecording> {
  const path = resolve(io.cwd, target);
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat?.isDirectory()) {
    const progress = progressOf(io, "verifying", stat?.size ?? 0);
    try {
      return await verifyRecording(readRecording(path, progress.step));
    } finally {
      progress.stop();
    }
  }
  return reading(placeOf(io, target, options.store), async ({ store, worldId }) => {
    const engine = `airloom ${version}`;
    const head = await store.head(worldId);
    const journal = {
      read: (...from: Parameters<typeof store.read>) =>
        counted(store.read(...from), progressOf(io, "verifying", Number(head?.nextFrame ?? 0n))),
      getBlob: (...blob: Parameters<typeof store.getBlob>) => store.getBlob(...blob),
    };
    const verified = await verifyRecording(
      capture(journal, worldId, { embedModules: false, engine, sign: null }),
    );
    if (head !== null && head.nextFrame === verified.frames && toHex(head.digest) === verified.digest) {
      await requireCells(store, worldId);
      return verified;
    }
    const message = "the journal does not end where the store says";
    throw new AirloomError("corrupt", "journal.corrupt", message, {
      fields: { frame: verified.frames, expected: head?.nextFrame, reason: "the head" },
    });
  });
}
