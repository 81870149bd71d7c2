/** Watching builds again after each change, tells what failed, and goes on. */

import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { loadWorldFolder } from "../../host/build/directory.ts";
import { type BuildNews, type Watching, watchWorlds } from "../../host/build/watch.ts";
import { copyWorld } from "../support/cli.ts";
import { reducerSource } from "../support/modules.ts";

const SOUND = readFileSync(reducerSource("retry-backoff"), "utf8");

let world: { folder: string; remove(): Promise<void> };
let watching: Watching;
const news: BuildNews[] = [];
let heard = (): void => {};

/** The next news after what `change` does. */
async function afterEdit(text: string): Promise<BuildNews> {
  const before = news.length;
  writeFileSync(join(world.folder, "code/reducer.ts"), text);
  while (news.length === before) await new Promise<void>((done) => (heard = done));
  return news[before]!;
}

const stamped = () => loadWorldFolder(world.folder).manifest.modules.get("demo/RetrySM@1")!.wasmHash;

beforeAll(async () => {
  world = await copyWorld("retry-backoff", "");
  cpSync(dirname(reducerSource("retry-backoff")), join(world.folder, "code"), { recursive: true });
  const path = join(world.folder, "world.json");
  writeFileSync(path, readFileSync(path, "utf8").replace(/"source": "[^"]*"/, '"source": "code/reducer.ts"'));
  watching = await watchWorlds([world.folder], { check: false }, (each) => {
    news.push(each);
    heard();
  });
});
afterAll(async () => {
  await watching.close();
  await world.remove();
});

test("the first build is told, then what each edit led to, faults among it, until it is closed", async () => {
  expect(news).toMatchObject([{ folder: world.folder, changed: [], error: null }]);
  const first = stamped();

  const edited = await afterEdit(SOUND.replace('"Done"', '"Over"'));
  expect(edited).toMatchObject({ error: null, changed: [join(world.folder, "code/reducer.ts")] });
  expect(edited.built?.modules[0]).toMatchObject({ compiled: true, stampedBefore: first });
  expect(stamped()).toBe(edited.built?.modules[0]?.hash);
  expect(stamped()).not.toBe(first);

  const broken = await afterEdit(SOUND.replace('"Done"', "missing"));
  expect(broken).toMatchObject({ built: null, error: { code: "build.compile" } });
  expect(stamped()).toBe(edited.built?.modules[0]?.hash);

  // Built before: nothing is compiled, and that it no longer fails is news all the same.
  const mended = await afterEdit(SOUND);
  expect(mended.built?.modules[0]).toMatchObject({ compiled: false, hash: first });
  expect(stamped()).toBe(first);

  await watching.close();
  const before = news.length;
  writeFileSync(join(world.folder, "code/reducer.ts"), SOUND.replace('"Done"', '"Over"'));
  await new Promise((done) => setTimeout(done, 100));
  expect(news).toHaveLength(before);
});
