/** Every example world with the scenario that `airloom run` sends, where no server listens. */

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { lineIngressId, readEvent, scenarioLines } from "../../host/runtime/scenario.ts";
import { worldNames } from "../replay/recordings.ts";
import { ROOT } from "../support/cli.ts";
import { refusingPort } from "../support/http.ts";
import { type Example, openExample } from "./world.ts";

async function sendScenario({ engine, definitions }: Example, name: string): Promise<boolean[]> {
  const file = join(ROOT, "air/worlds", name, "scenario.jsonl");
  const duplicates: boolean[] = [];
  for (const line of scenarioLines(file, readFileSync(file, "utf8"))) {
    const event = readEvent(definitions.manifest, line);
    const ingressId = lineIngressId(engine.worldId, line);
    duplicates.push((await engine.send({ ...event, ingressId, text: line.text })).duplicate);
  }
  return duplicates;
}

it.each(worldNames())("%s has a page, and README.md leads to it", (name) => {
  const page = `air/worlds/${name}/README.md`;
  expect(existsSync(join(ROOT, page))).toBe(true);
  expect(readFileSync(join(ROOT, "README.md"), "utf8")).toContain(`](${page})`);
});

it.each(worldNames())("%s runs its scenario to an end, and sends it once", async (name) => {
  const port = await refusingPort();
  const edit = (_: string, text: string) => text.replace(/\b8\d{3}\b/g, String(port));
  const world = await openExample(name, { edit });
  const sent = await sendScenario(world, name);
  expect(sent.length).toBeGreaterThan(0);
  await world.idle();

  const deliveries = await world.recordsOfKind("delivery");
  expect(deliveries.filter(({ outcome }) => outcome !== "ok")).toEqual([]);
  const plans = await world.recordsOfKind("plan_ended");
  expect(plans.filter(({ status }) => status !== "ok")).toEqual([]);
  expect(world.errors).toEqual([]);

  const frames = world.engine.state.head.nextFrame;
  expect(await sendScenario(world, name)).toEqual(sent.map(() => true));
  expect(world.engine.state.head.nextFrame).toBe(frames);
  await world.replays();
});
