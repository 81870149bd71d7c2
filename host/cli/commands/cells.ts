import { type Command, InvalidArgumentError } from "commander";
import type { Reducer } from "../../air/manifest.ts";
import type { LiveCell } from "../../journal/port.ts";
import type { FrameSeq } from "../../values/brand.ts";
import { hashOf } from "../../values/hash.ts";
import { type Json, jsonInteger, stringifyJson } from "../../values/json.ts";
import { EXIT } from "../exit.ts";
import type { Io } from "../io.ts";
import { keyOf, listCells } from "../keys.ts";
import { keyJson } from "../render/state.ts";
import { clean, instant, paletteOf, plural } from "../render/text.ts";
import type { Run } from "../run.ts";
import { definitionsInForce, placeOf, type Reading, reading, reducerNamed } from "../world.ts";

interface Options {
  readonly prefix?: string;
  readonly limit: number;
  readonly after?: string;
  readonly store?: string;
  readonly json?: boolean;
}

const LIMIT = 100;

const HELP = `
Cells are listed by the bytes of their keys: shorter texts before longer ones. Where there are more, the last line
says how to go on.

Examples:
  airloom cells air/worlds/keyed-orders
  airloom cells air/worlds/keyed-orders demo/Orders@1 --prefix A- --limit 20`;

export function cellsCommand(program: Command, io: Io, run: Run): void {
  program
    .command("cells")
    .description("count a world's cells, or list those of a reducer; all as they are durable")
    .argument("<world>", "world folder")
    .argument("[reducer]", "name of a reducer; counts those of each without it")
    .option("--prefix <text>", "only cells whose key is a text that begins so")
    .option("--limit <n>", "how many to list", readLimit, LIMIT)
    .option("--after <key>", "only cells behind this key")
    .option("--store <folder>", "where the world's store is (default: .airloom in the folder)")
    .option("--json", "one JSON object for each reducer, or for each cell and the page")
    .addHelpText("after", HELP)
    .action((world: string, reducer: string | undefined, options: Options) =>
      run(options, () => cells(io, world, reducer, options)),
    );
}

function readLimit(text: string): number {
  const limit = Number(text);
  if (Number.isSafeInteger(limit) && limit > 0) return limit;
  throw new InvalidArgumentError("It is a number from 1 on.");
}

async function cells(io: Io, world: string, name: string | undefined, options: Options): Promise<number> {
  const place = placeOf(io, world, options.store);
  return reading(place, async (open) => {
    if (name === undefined) return count(io, open, options);
    const { manifest } = await definitionsInForce(open, null);
    return list(io, open, reducerNamed(manifest, name), options);
  });
}

async function count(io: Io, { store, worldId }: Reading, options: Options): Promise<number> {
  const head = await store.head(worldId);
  const { sums } = await store.sumCells(worldId, (head!.nextFrame - 1n) as FrameSeq);
  for (const [reducer, { count }] of sums) {
    const json = new Map<string, Json>([
      ["type", "reducer"],
      ["reducer", reducer],
      ["cells", jsonInteger(count)],
    ]);
    io.stdout(options.json ? `${stringifyJson(json)}\n` : `${clean(reducer)}  ${plural(count, "cell")}\n`);
  }
  if (sums.size === 0 && !options.json) io.stdout("no cell holds a state\n");
  return EXIT.fine;
}

async function list(io: Io, open: Reading, reducer: Reducer, options: Options): Promise<number> {
  const { limit } = options;
  const found = await listCells(open.store, open.worldId, reducer, {
    after: options.after === undefined ? null : keyOf(reducer, options.after),
    prefix: options.prefix ?? null,
    limit: limit + 1,
  });
  const page = found.slice(0, limit);
  const next = found.length > limit ? keyJson(page.at(-1)!.key) : null;
  const p = paletteOf(io);
  for (const cell of page) {
    io.stdout(options.json ? `${stringifyJson(cellJson(cell))}\n` : `${cellLine(cell, p.dim)}\n`);
  }
  if (options.json) {
    io.stdout(
      `${stringifyJson(
        new Map<string, Json>([
          ["type", "page"],
          ["next", next],
        ]),
      )}\n`,
    );
  } else if (next !== null) {
    io.stdout(`${p.dim(`there are more: --after ${clean(keyText(next))}`)}\n`);
  } else if (page.length === 0) {
    io.stdout("no such cell holds a state\n");
  }
  return EXIT.fine;
}

function cellJson({ reducer, key, frame, activeNs, state }: LiveCell): Json {
  return new Map<string, Json>([
    ["type", "cell"],
    ["reducer", reducer],
    ["key", key.length === 0 ? null : keyJson(key)],
    ["frame", jsonInteger(frame)],
    ["last_active_ns", jsonInteger(activeNs)],
    ["size_bytes", jsonInteger(BigInt(state.length))],
    ["state_hash", hashOf(state)],
  ]);
}

function cellLine({ key, frame, activeNs, state }: LiveCell, dim: (text: string) => string): string {
  const name = key.length === 0 ? "the only cell" : clean(keyText(keyJson(key)));
  return `${name}  ${dim(`frame ${frame}  ${instant(activeNs)}  ${plural(state.length, "byte")}`)}`;
}

function keyText(key: Json): string {
  return typeof key === "string" ? key : stringifyJson(key);
}
