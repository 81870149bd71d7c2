/**
 * A module's sources compiled again without optimising. Optimising puts functions into one another and leaves
 * places behind; where the plain build fails in the same way, its trace names every call exactly.
 */

import { join } from "node:path";
import type { Hash } from "../values/brand.ts";
import { utf8 } from "../values/bytes.ts";
import { hashOf } from "../values/hash.ts";
import { type Json, jsonFrom } from "../values/json.ts";
import { compilerVersion, runCompiler } from "./asc.ts";
import { configText } from "./asconfig.ts";
import type { BuildInfo } from "./built.ts";
import { CONFIG, createLayout, ENTRY } from "./layout.ts";
import { withoutCustomSections } from "./sections.ts";
import { type Symbols, symbolsOf } from "./symbols.ts";

export interface PlainBuild {
  readonly wasm: Uint8Array;
  readonly symbols: Symbols;
}

/** Null where the texts it was built from, or its compiler, are no longer here. */
export async function plainBuild(folder: string, built: Symbols): Promise<PlainBuild | null> {
  const { info } = built;
  if (info.assemblyscript !== compilerVersion()) return null;
  const texts = await textsOf(folder, built);
  if (texts === null) return null;
  const { wasm, sourceMap } = await runCompiler(ENTRY, CONFIG, async (name) => texts.get(name) ?? null);
  if (wasm === null || sourceMap === null) return null;
  return { wasm: withoutCustomSections(wasm), symbols: symbolsOf(folder, info, sourceMap, wasm, false) };
}

/** Every text that was read, by its name in the layout: kept with the map, or still on disk as it was. */
async function textsOf(folder: string, built: Symbols): Promise<ReadonlyMap<string, string> | null> {
  const { info } = built;
  const entry = (await built.text(ENTRY)) ?? "";
  const layout = createLayout(join(folder, info.source), { entry, config: plainConfig(info) });
  const texts = new Map<string, string>();
  for (const [name, hash] of Object.entries(info.inputs)) {
    if (hash === null) continue;
    const kept = await built.text(name);
    const text =
      name === CONFIG ? plainConfig(info) : hashOfText(kept) === hash ? kept : await layout.read(name);
    if (text === null || (name !== CONFIG && hashOfText(text) !== hash)) return null;
    texts.set(name, text);
  }
  return texts;
}

function plainConfig({ asconfig }: BuildInfo): string {
  const options = Object.entries({ ...asconfig, optimizeLevel: 0, shrinkLevel: 0, converge: false });
  return configText(new Map<string, Json>(options.map(([name, value]) => [name, jsonFrom(value)])));
}

function hashOfText(text: string | null): Hash | null {
  return text === null ? null : hashOf(utf8(text));
}
