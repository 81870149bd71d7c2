/** World folders in which something is open: waiting, denied, faulted or answered outside. */

import { generateKeyPairSync } from "node:crypto";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { openForWriting, placeOf } from "../../host/cli/world.ts";
import type { Engine } from "../../host/runtime/engine.ts";
import { airloomHere, copyWorld, installModule, jsonLines, startWork } from "../support/cli.ts";
import { type Compiled, changedReducer } from "../support/modules.ts";

export interface Folder {
  readonly folder: string;
  remove(): Promise<void>;
}

/** Opens the folder's world, lets `work` use it, and closes it with whatever is open then. */
export async function live(folder: string, work: (engine: Engine) => Promise<void>): Promise<void> {
  const io = { stdout: () => {}, stderr: () => {}, cwd: "/", color: false };
  const { engine, close } = await openForWriting(placeOf(io, folder, undefined), { upgrade: false });
  try {
    await work(engine);
    await engine.settled();
  } finally {
    await close();
  }
}

/** Changes the text of a file of the folder. */
export async function edit(folder: string, file: string, change: (text: string) => string): Promise<void> {
  const path = join(folder, file);
  await writeFile(path, change(await readFile(path, "utf8")));
}

export const HOUR_MS = 3_600_000;

/** A retry world with a line that waits an hour before its next attempt. */
export const waitingLine = (reqId: string): string =>
  startWork({ maxAttempts: 2, baseDelayMs: HOUR_MS, reqId }).trimEnd();

/** The retry reducer, which throws at what is called `bad`. */
export function throwing(): Promise<Compiled> {
  return changedReducer("retry-backoff", (source) =>
    source.replace(
      /(onStart\(\w+: StartWork\): void \{)/,
      `$1\n    if (event.payload == "bad") throw new Error("cannot do this");`,
    ),
  );
}

export async function throwingWorld(): Promise<Folder> {
  const copy = await copyWorld("retry-backoff", "");
  await installModule(copy.folder, await throwing());
  return copy;
}

/** A key pair for receipts: the private half as PEM, the public half as hex. */
export function receiptKey(): { readonly pem: string; readonly hex: string } {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const der = publicKey.export({ type: "spki", format: "der" });
  return {
    pem: privateKey.export({ type: "pkcs8", format: "pem" }) as string,
    hex: der.subarray(der.length - 32).toString("hex"),
  };
}

const NAMED = (name: string): { name: string } => ({ name });
const TEXTS = (...names: string[]): object => ({
  record: Object.fromEntries(names.map((name) => [name, { text: {} }])),
});
const REF = (ref: string): object => ({ ref });

/** A world of one plan: it asks a desk outside, and ends with what the desk answers. `allows`: whether it may ask. */
export async function deskWorld(
  options: { readonly allows?: boolean; readonly key?: string } = {},
): Promise<Folder> {
  const { allows = true, key } = options;
  const parent = await mkdtemp(join(tmpdir(), "airloom-"));
  const folder = join(parent, "desk");
  await mkdir(folder);
  const schema = (name: string, type: object): object => ({ $kind: "defschema", name, type });
  const plan = {
    $kind: "defplan",
    name: "demo/AskPlan@1",
    input: "demo/Ask@1",
    output: "demo/Answer@1",
    steps: [
      {
        id: "ask",
        op: "emit_effect",
        kind: "desk.ask",
        params: { record: { question: REF("@plan.input.question") } },
        cap: "desk",
        bind: { effect_id_as: "asked" },
      },
      { id: "wait", op: "await_receipt", for: REF("@var:asked"), bind: { as: "answer" } },
      { id: "end", op: "end", result: REF("@var:answer") },
    ],
    edges: [
      { from: "ask", to: "wait" },
      { from: "wait", to: "end" },
    ],
  };
  const definitions = [
    schema("demo/Ask@1", TEXTS("id", "question")),
    schema("demo/Question@1", TEXTS("question")),
    schema("demo/Answer@1", TEXTS("by", "answer")),
    {
      $kind: "defeffect",
      name: "demo/desk.ask@1",
      kind: "desk.ask",
      params_schema: "demo/Question@1",
      receipt_schema: "demo/Answer@1",
      cap_type: "desk",
      origin_scope: "plan",
    },
    { $kind: "defcap", name: "demo/desk@1", cap_type: "desk", schema: { record: {} } },
    {
      $kind: "defpolicy",
      name: "demo/policy@1",
      rules: [{ when: {}, decision: allows ? "allow" : "deny" }],
    },
    plan,
  ];
  const manifest = {
    $kind: "manifest",
    air_version: "1",
    schemas: ["demo/Ask@1", "demo/Question@1", "demo/Answer@1"].map(NAMED),
    modules: [],
    plans: [NAMED(plan.name)],
    effects: [NAMED("demo/desk.ask@1")],
    caps: [NAMED("demo/desk@1")],
    policies: [NAMED("demo/policy@1")],
    defaults: {
      policy: "demo/policy@1",
      cap_grants: [{ name: "desk", cap: "demo/desk@1", params: { record: {} } }],
    },
    triggers: [{ event: "demo/Ask@1", plan: plan.name, correlate_by: "id" }],
  };
  const keys =
    key === undefined ? {} : { receipt_keys: { desk: { effect_kinds: ["desk.ask"], keys: [key] } } };
  const write = (file: string, value: object): Promise<void> =>
    writeFile(join(folder, file), JSON.stringify(value, null, 2));
  await write("definitions.air.json", definitions);
  await write("manifest.air.json", manifest);
  await write("world.json", { modules: {}, limits_profile: 1, fuel_schedule: 1, ...keys });
  return { folder, remove: () => rm(parent, { recursive: true, force: true }) };
}

const folders: Folder[] = [];
/** Removes every folder that was kept. */
export async function removeFolders(): Promise<void> {
  for (const { remove } of folders.splice(0)) await remove();
}

/** The folder, which goes when the tests are done. */
export function kept(folder: Folder): string {
  folders.push(folder);
  return folder.folder;
}

/** What a command prints that ends well. */
export async function ok(...args: string[]) {
  const found = await airloomHere(args);
  expect(found, `${args.join(" ")}\n${found.stderr}`).toMatchObject({ exitCode: 0, stderr: "" });
  return found.stdout;
}

/** What a command prints with `--json`, by its exit code. */
export const json = async (exitCode: number, ...args: string[]) => {
  const found = await airloomHere([...args, "--json"]);
  expect(found.exitCode, found.stdout + found.stderr).toBe(exitCode);
  return jsonLines(found.stdout);
};

export const kindsOf = (lines: readonly Record<string, unknown>[]) => lines.map(({ kind }) => kind);
export const recordOf = (line: Record<string, unknown>) => line.record as Record<string, unknown>;
