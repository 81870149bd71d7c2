/** Runs `airloom` as a user does: built, in another process; or its `main` in this one, which is cheaper. */

import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { modulePath } from "../../host/build/modules.ts";
import { stampHash } from "../../host/build/stamp.ts";
import { main } from "../../host/cli/main.ts";
import { openStore } from "../../host/store/sqlite.ts";
import type { FrameSeq } from "../../host/values/brand.ts";
import { toHex } from "../../host/values/bytes.ts";
import type { Compiled } from "./modules.ts";

export const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const BIN = join(ROOT, "dist", "cli", "bin.cjs");

export interface Finished {
  /** Null when a signal ended it. */
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface SpawnOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly nodeOptions?: readonly string[];
  /** Told how to kill it, with SIGKILL. */
  readonly onSpawn?: (kill: () => void) => void;
}

export function airloom(args: readonly string[], options: SpawnOptions = {}): Promise<Finished> {
  if (!existsSync(BIN)) throw new Error("airloom is not built: run `npm test`, which builds it first");
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...(options.nodeOptions ?? []), BIN, ...args], {
      cwd: options.cwd ?? ROOT,
      env: { ...process.env, NO_COLOR: "1", ...options.env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    options.onSpawn?.(() => child.kill("SIGKILL"));
    let [stdout, stderr] = ["", ""];
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    child.on("error", reject);
    child.on("close", (exitCode, signal) => resolve({ exitCode, signal, stdout, stderr }));
  });
}

/** Runs a command line in this process, on the sources. Paths are relative to `cwd`. */
export async function airloomHere(args: readonly string[], cwd = ROOT): Promise<Finished> {
  const written = { stdout: "", stderr: "" };
  const exitCode = await main(args, {
    stdout: (text) => {
      written.stdout += text;
    },
    stderr: (text) => {
      written.stderr += text;
    },
    cwd,
    color: false,
  });
  return { exitCode, signal: null, ...written };
}

/** A copy of an example world with its built modules but no store, in a temporary folder. */
export async function copyWorld(
  name: string,
  scenario?: string,
): Promise<{ folder: string; remove(): Promise<void> }> {
  const parent = await mkdtemp(join(tmpdir(), "airloom-"));
  const folder = join(parent, name);
  const from = join(ROOT, "air", "worlds", name);
  await cp(from, folder, {
    recursive: true,
    filter: (path) => !/[\\/]\.airloom[\\/](?!modules)/.test(path),
  });
  if (scenario !== undefined) await writeFile(join(folder, "scenario.jsonl"), scenario);
  return { folder, remove: () => rm(parent, { recursive: true, force: true }) };
}

/** The frames that the store of a world folder holds, as hex of the bytes that were appended. */
export async function storedFrames(folder: string): Promise<string[]> {
  const store = await openStore(join(folder, ".airloom"), { mode: "read" });
  try {
    const [world] = await store.worlds();
    const frames: string[] = [];
    for await (const bytes of store.read(world!, 0n as FrameSeq)) frames.push(toHex(bytes));
    return frames;
  } finally {
    await store.close();
  }
}

/** Puts a module into a world folder: its bytes under their hash, the hash into the definition. */
export async function installModule(
  folder: string,
  { wasm, hash }: Compiled,
  name = "demo/RetrySM@1",
): Promise<void> {
  await mkdir(dirname(modulePath(folder, hash)), { recursive: true });
  await writeFile(modulePath(folder, hash), wasm);
  const path = join(folder, "module.air.json");
  await writeFile(path, stampHash(await readFile(path, "utf8"), name, hash));
}

/** The lines of a command's `--json` output. */
export function jsonLines(text: string): Record<string, unknown>[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** A line that starts work. */
export function startWork(options: { maxAttempts: number; baseDelayMs: number; reqId?: string }): string {
  const value = {
    req_id: options.reqId ?? "req-1",
    payload: "hello",
    max_attempts: options.maxAttempts,
    base_delay_ms: options.baseDelayMs,
    now_ns: { $now: true },
  };
  return `${JSON.stringify({ schema: "demo/StartWork@1", value })}\n`;
}
