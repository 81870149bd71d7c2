/** How much memory a long recording takes: told by heaps that are too small to hold it. */

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ROOT } from "../support/cli.ts";

const RECORDS = 45_000;
/** Read whole, the recording takes some 45 MiB of heap. */
const HEAP_MIB = 28;
const WORLD = "air/worlds/retry-backoff";

const folder = mkdtempSync(join(tmpdir(), "airloom-memory-"));
const recording = join(folder, "long.airj");

afterAll(() => rmSync(folder, { recursive: true, force: true }));

beforeAll(() => {
  const made = node(["bench/lib/measure.mjs", "write", recording, "binary", String(RECORDS), WORLD]);
  expect(made).toMatchObject({ status: 0 });
});

function node(args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: ROOT, encoding: "utf8" });
  return { status, stdout, stderr };
}

function inSmallHeap(...args: readonly string[]) {
  return node([`--max-old-space-size=${HEAP_MIB}`, "--max-semi-space-size=1", ...args]);
}

const READ_WHOLE = `
  import { readWhole } from "./dist/replay/recording/assemble.js";
  import { readRecording } from "./dist/replay/recording/file.js";
  await readWhole(readRecording(process.argv[1]));
`;

describe("a heap that cannot hold a recording", { timeout: 120_000 }, () => {
  it("is not enough to read it whole", () => {
    const { status } = inSmallHeap("--input-type=module", "-e", READ_WHOLE, recording);
    expect(status).not.toBe(0);
    expect(node(["--input-type=module", "-e", READ_WHOLE, recording])).toMatchObject({ status: 0 });
  });

  it("is enough to verify it", () => {
    const { status, stdout } = inSmallHeap("dist/cli/bin.cjs", "journal", "verify", recording);
    expect({ status, stdout }).toMatchObject({ status: 0, stdout: expect.stringContaining("root ") });
  });

  it("is enough to compare what an upgrade would change, where it changes nothing", () => {
    const { status, stdout } = inSmallHeap(
      ...["dist/cli/bin.cjs", "replay", recording, "--against", WORLD, "--compare", WORLD, "--json"],
    );
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ recordings: [{ verdict: "identical" }] });
  });

  it("is enough to replay it", () => {
    const { status, stdout } = inSmallHeap(
      "dist/cli/bin.cjs",
      "replay",
      recording,
      "--modules",
      WORLD,
      "--json",
    );
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ recordings: [{ verdict: "identical" }] });
  });
});
