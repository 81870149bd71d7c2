import type { Command } from "commander";
import { cellText } from "../../replay/core/diff.ts";
import { stringifyJson } from "../../values/json.ts";
import { EXIT } from "../exit.ts";
import type { Io } from "../io.ts";
import { frameJson, recordJson, recordText } from "../render/record.ts";
import { clean, instant, paletteOf } from "../render/text.ts";
import type { Run } from "../run.ts";
import { authoredDefinitions, framesOf, placeOf, reading } from "../world.ts";
import { verifyCommand } from "./verify.ts";

interface Options {
  readonly store?: string;
  readonly json?: boolean;
}

const HELP = `
Example:
  airloom journal show air/worlds/retry-backoff`;

export function journalCommand(program: Command, io: Io, run: Run): void {
  const journal = program.command("journal").description("read and prove a world's journal");
  verifyCommand(journal, io, run);
  journal
    .command("show")
    .description("print every record with its fields")
    .argument("<world>", "world folder")
    .option("--store <folder>", "where the world's store is (default: .airloom in the folder)")
    .option("--json", "one JSON object a frame and a record")
    .addHelpText("after", HELP)
    .action((world: string, options: Options) => run(options, () => show(io, world, options)));
}

async function show(io: Io, world: string, options: Options): Promise<number> {
  const p = paletteOf(io);
  const place = placeOf(io, world, options.store);
  await reading(place, async (open) => {
    for await (const { frame, definitions } of framesOf(open, authoredDefinitions(place.folder))) {
      const { manifest } = definitions;
      const { head } = frame;
      io.stdout(
        options.json
          ? `${stringifyJson(frameJson(frame))}\n`
          : `${p.bold(`frame ${head.frame}`)}  ${instant(head.logicalNs)}  ${p.dim(`${frame.bytes.length} bytes`)}\n`,
      );
      for (const [index, record] of frame.records.entries()) {
        if (options.json) {
          io.stdout(`${stringifyJson(recordJson(frame, index, manifest))}\n`);
          continue;
        }
        const cell = cellText(record.cell);
        const cause = record.cause === null ? "" : p.dim(` ←${record.cause}`);
        const about = cell === null ? "" : ` ${p.green(clean(cell))}`;
        io.stdout(
          `  ${index}${cause} ${p.cyan(record.kind)}${about} ${clean(recordText(record, manifest), 4000)}\n`,
        );
      }
    }
  });
  return EXIT.fine;
}
