/** Cells and snapshots on the command line. */

import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openStore } from "../../host/store/sqlite.ts";
import { canon } from "../../host/values/cbor.ts";
import { hashOf } from "../../host/values/hash.ts";
import { sql } from "../store/folders.ts";
import { airloomHere, copyWorld, installModule, jsonLines } from "../support/cli.ts";
import { compiledReducer } from "../support/modules.ts";

const ORDERS = "demo/Orders@1";
const IDS = ["a", "b", "c", "d-1", "d-2", "e-1"];
const create = (order_id: string) =>
  JSON.stringify({
    schema: "demo/CreateOrder@1",
    value: { order_id, item: "tea", cents: 450, pay_within_ms: 0 },
  });

const folders: { remove(): Promise<void> }[] = [];
afterAll(async () => {
  for (const folder of folders) await folder.remove();
});

async function newWorld(name: string, scenario = ""): Promise<string> {
  const copy = await copyWorld(name, scenario);
  folders.push(copy);
  await installModule(copy.folder, await compiledReducer(name), ORDERS);
  return copy.folder;
}

const jsonOf = async (...args: string[]) => {
  const { exitCode, stdout, stderr } = await airloomHere([...args, "--json"]);
  expect(stderr).toBe("");
  return { exitCode, lines: jsonLines(stdout) as Record<string, unknown>[] };
};

/** Six orders, all expired. */
let world: string;
beforeAll(async () => {
  world = await newWorld("keyed-orders", `${IDS.map(create).join("\n")}\n`);
  expect(await airloomHere(["run", world])).toMatchObject({ exitCode: 0, stderr: "" });
});

describe("airloom cells", () => {
  it("counts the cells of each reducer", async () => {
    expect(await jsonOf("cells", world)).toEqual({
      exitCode: 0,
      lines: [{ type: "reducer", reducer: ORDERS, cells: 6 }],
    });
    expect((await airloomHere(["cells", world])).stdout).toBe(`${ORDERS}  6 cells\n`);
  });

  it("lists those of one by key bytes, page by page", async () => {
    const keys: unknown[] = [];
    let after: unknown = null;
    let pages = 0;
    do {
      const from = after === null ? [] : ["--after", String(after)];
      const { lines } = await jsonOf("cells", world, ORDERS, "--limit", "4", ...from);
      keys.push(...lines.filter(({ type }) => type === "cell").map(({ key }) => key));
      after = lines.at(-1)!.next;
      pages += 1;
    } while (after !== null);
    expect([keys, pages]).toEqual([IDS, 2]);
    const { stdout } = await airloomHere(["cells", world, ORDERS, "--limit", "1"]);
    expect(stdout).toContain("--after a");
  });

  it("says when each was written, and of which size and hash its state is", async () => {
    const [cell] = (await jsonOf("cells", world, ORDERS, "--limit", "1")).lines;
    const store = await openStore(join(world, ".airloom"), { mode: "read" });
    const [id] = await store.worlds();
    const [stored] = await store.findCells(id!, [{ reducer: ORDERS, key: canon("a") }], 99n as never);
    await store.close();
    expect(cell).toMatchObject({
      frame: Number(stored!.frame),
      last_active_ns: String(stored!.activeNs),
      size_bytes: stored!.state!.length,
      state_hash: hashOf(stored!.state!),
    });
  });

  it("picks by prefix", async () => {
    const keys = async (...args: string[]) => {
      const { lines } = await jsonOf("cells", world, ORDERS, ...args);
      return lines.filter(({ type }) => type === "cell").map(({ key }) => key);
    };
    expect(await keys("--prefix", "d-")).toEqual(["d-1", "d-2"]);
    expect(await keys("--prefix", "d-", "--limit", "1")).toEqual(["d-1"]);
    expect(await keys("--prefix", "d-", "--after", "d-1")).toEqual(["d-2"]);
    expect(await keys("--prefix", "x")).toEqual([]);
  });

  it("reads beside a writer, and only what is durable", async () => {
    const writer = await openStore(join(world, ".airloom"), { mode: "write" });
    expect((await jsonOf("cells", world)).lines).toMatchObject([{ cells: 6 }]);
    expect((await jsonOf("state", world, ORDERS, "--key", "a")).lines).toHaveLength(1);
    await writer.close();
  });

  it.each([
    ["a reducer that is not there", [ORDERS.replace("Orders", "Order")], 4, "reducer.missing"],
    ["a limit of none", [ORDERS, "--limit", "0"], 2, null],
  ])("exits for %s", async (_what, args, exitCode, code) => {
    const found = await airloomHere(["cells", world, ...args, "--json"]);
    expect(found.exitCode).toBe(exitCode);
    if (code !== null) expect(jsonLines(found.stdout)).toMatchObject([{ code }]);
  });
});

describe("airloom state", () => {
  it("reads one cell by its key, whatever else there is", async () => {
    const one = { type: "state", reducer: ORDERS, key: "d-1", state: { status: { $tag: "Expired" } } };
    expect((await jsonOf("state", world, ORDERS, "--key", "d-1")).lines).toMatchObject([one]);
    expect((await jsonOf("state", world, ORDERS, "--key", '"d-1"')).lines).toMatchObject([one]);
    expect((await jsonOf("state", world, ORDERS, "--key", "gone")).lines).toEqual([]);
    expect((await jsonOf("state", world, ORDERS)).lines.map(({ key }) => key)).toEqual(IDS);
  });

  it("refuses a key without its reducer", async () => {
    const { exitCode, stdout } = await airloomHere(["state", world, "--key", "a", "--json"]);
    expect([exitCode, jsonLines(stdout)]).toMatchObject([1, [{ code: "key.refused" }]]);
  });
});

describe("airloom snapshot", () => {
  it("records one, drops older versions when told to, and the world goes on from it", async () => {
    const folder = await newWorld("keyed-orders", `${IDS.map(create).join("\n")}\n`);
    expect((await airloomHere(["run", folder])).exitCode).toBe(0);
    const { lines } = await jsonOf("snapshot", folder, "--prune");
    expect(lines).toMatchObject([{ type: "snapshot", frame: 13, pruned: 6 }]);
    expect((await jsonOf("send", folder, create("late"))).lines).toMatchObject([{ frame: 14 }]);
    const whole = await airloomHere(["run", folder, "--from", "genesis", "--verify"]);
    expect(whole).toMatchObject({ exitCode: 0, stderr: "" });
    expect(whole.stdout).toContain("replay: identical");
    expect((await airloomHere(["journal", "verify", folder])).exitCode).toBe(0);
    expect((await jsonOf("cells", folder)).lines).toMatchObject([{ cells: 7 }]);
  });

  it.each(["snapshot", "genesis"])("a lost cell is named and exits 3, from %s", async (from) => {
    const folder = await newWorld("keyed-orders", `${IDS.map(create).join("\n")}\n`);
    await airloomHere(["run", folder]);
    await airloomHere(["snapshot", folder]);
    sql(
      join(folder, ".airloom"),
      `DELETE FROM cell WHERE key = x'${Buffer.from(canon("c")).toString("hex")}'`,
    );
    for (const args of [
      ["send", folder, create("late"), "--from", from],
      ["journal", "verify", folder],
    ]) {
      const { exitCode, stdout } = await airloomHere([...args, "--json"]);
      expect(exitCode).toBe(3);
      expect(jsonLines(stdout)).toMatchObject([{ code: "world.cells_differ" }]);
      expect(stdout).toContain(Buffer.from(canon("c")).toString("hex"));
    }
  });

  it("exits 2 for a start that is none", async () => {
    expect((await airloomHere(["snapshot", world, "--from", "yesterday"])).exitCode).toBe(2);
  });
});
