import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { loadWorldFolder } from "../../host/build/directory.ts";
import { createMemoryJournal } from "../../host/journal/memory.ts";
import { unsupportedFeatures } from "../../host/kernel/supported.ts";
import { openVirtual, testWorld } from "../support/world.ts";

const WORLDS = fileURLToPath(new URL("../../air/worlds/", import.meta.url));

describe("what the engine does not run", () => {
  test("is in none of the example worlds", () => {
    for (const name of readdirSync(WORLDS)) {
      expect(unsupportedFeatures(loadWorldFolder(`${WORLDS}${name}`).manifest), name).toEqual([]);
    }
  });

  const withInbox = (path: string, text: string): string =>
    path === "manifest.air.json"
      ? text.replace(
          '"routing": {',
          '"routing": { "inboxes": [{ "source": "mail:in", "reducer": "demo/RetrySM@1" }],',
        )
      : text;

  test("keeps a world from being made, before anything is written", async () => {
    const journal = createMemoryJournal();
    const world = await testWorld({ edit: withInbox });
    await expect(openVirtual(world, { journal })).rejects.toMatchObject({
      code: "world.unsupported",
      kind: "manifest",
      diagnostics: [{ code: "unsupported.inbox", severity: "warning" }],
    });
    expect(await journal.worlds()).toEqual([]);
    const { engine } = await openVirtual(await testWorld(), { journal });
    expect(await journal.worlds()).toEqual([engine.worldId]);
  });

  test("keeps a world from being upgraded to it", async () => {
    const journal = createMemoryJournal();
    const { engine } = await openVirtual(await testWorld(), { journal });
    await engine.close();
    const before = await journal.head(engine.worldId);
    const world = await testWorld({ edit: withInbox });
    await expect(openVirtual(world, { journal, upgrade: true })).rejects.toMatchObject({
      code: "world.unsupported",
    });
    expect(await journal.head(engine.worldId)).toEqual(before);
  });
});
