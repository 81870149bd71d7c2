/** Recorded journals as one test, called as a user's test calls it: from the folder of the world. */

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { expectReplays } from "../../host/testing/vitest.ts";
import { airloomHere, copyWorld } from "../support/cli.ts";
import { recordingPath } from "../support/keep-recording.ts";

const NAME = "retry-backoff";
const home = process.cwd();
let world: Awaited<ReturnType<typeof copyWorld>>;

beforeAll(async () => {
  world = await copyWorld(NAME);
  const journals = join(world.folder, "tests", "journals");
  mkdirSync(journals, { recursive: true });
  for (const name of ["one.airj", "two.airj"])
    writeFileSync(join(journals, name), readFileSync(recordingPath(NAME)));
  process.chdir(world.folder);
});
afterAll(async () => {
  process.chdir(home);
  await world.remove();
});

/** What it said when it failed. */
async function failure(check: Promise<void>): Promise<string> {
  return check.then(
    () => "nothing failed",
    (error: Error) => error.message,
  );
}

test("recorded journals do what they did", () => expectReplays("tests/journals/**"));

test("what each recording carries is enough", () => expectReplays(["tests/journals"], { against: null }));

test("a world that was changed fails with the first difference of each", async () => {
  const other = await copyWorld(NAME);
  const plans = join(other.folder, "plans.air.json");
  writeFileSync(plans, readFileSync(plans, "utf8").replace("the service is down", "gone"));
  const said = await failure(expectReplays("tests/journals/*.airj", { against: other.folder }));
  expect(said).toContain("2 recordings: 2 effects changed");
  for (const name of ["one", "two"]) expect(said).toContain(`tests/journals/${name}.airj: effects changed`);
  expect(said).toContain("value.message differs");
  expect(said).toContain("the service is down");
  await other.remove();
});

test("a recording that the index lists and nobody finds fails, whichever way the folder is named", async () => {
  expect((await airloomHere(["replay", "tests/journals", "--write-index"], world.folder)).exitCode).toBe(0);
  const index = join(world.folder, "tests/journals/index.json");
  await expectReplays("tests/journals/**");
  writeFileSync(index, readFileSync(index, "utf8").replace("one.airj", "zero.airj"));
  for (const target of ["tests/journals", "tests/journals/**", "tests/journals/**/*.airj"]) {
    const said = await failure(expectReplays(target));
    expect(said, target).toContain("zero.airj: missing");
  }
  // One recording alone is not held to what the others are.
  await expectReplays("tests/journals/two.airj");
});

test("no recording at all, and no world, are refused", async () => {
  await expect(expectReplays("tests/none/**")).rejects.toMatchObject({ code: "corpus.empty" });
  await expect(expectReplays("tests/journals", { against: "gone" })).rejects.toMatchObject({
    code: "world.missing",
  });
});
