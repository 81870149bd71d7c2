/**
 * A new world folder, made from the package's own example (examples/starter): its name takes the place of
 * `starter` everywhere, and the result is built. It is made beside its place and moved there when it is whole.
 */

import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join, relative, sep } from "node:path";
import { buildWorld } from "../build/build.ts";
import { compareText } from "../values/bytes.ts";
import { AirloomError } from "../values/errors.ts";
import { plain, quote } from "../values/quote.ts";
import { PACKAGE } from "./package.ts";

const TEMPLATE = join(PACKAGE, "examples", "starter");
const TEMPLATE_NAME = /\bstarter\b/g;
/** What running and installing leave in the example itself. */
const NOT_COPIED: ReadonlySet<string> = new Set([".airloom", "node_modules", "package-lock.json"]);
/** Files whose real name would mean something to npm while they are in a package. */
const RENAMED: ReadonlyMap<string, string> = new Map([["gitignore", ".gitignore"]]);

const NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
const NAME_MAX = 64;
/** AIR's own namespace, and packages that the new one needs: npm installs none that is called like its own root. */
const RESERVED: ReadonlySet<string> = new Set(["sys", "airloom", "assemblyscript", "typescript", "vitest"]);
const LISTED_MAX = 10;

export interface Scaffolded {
  readonly name: string;
  /** Paths in the folder, with forward slashes, sorted; without what is built. */
  readonly files: readonly string[];
}

/**
 * Makes the folder (an absolute path), which must not exist or be empty but for `.git`. Throws `init.bad_name`,
 * `init.not_empty`, `init.unwritable` (kind `host`); nothing is left behind then.
 */
export async function scaffold(folder: string, wanted: string | null): Promise<Scaffolded> {
  const name = worldName(wanted ?? basename(folder), wanted === null);
  const kept = await refuseFull(folder);
  return writing(folder, async () => {
    await mkdir(dirname(folder), { recursive: true });
    const draft = await mkdtemp(join(dirname(folder), `.${basename(folder)}-`));
    try {
      const files = await copyTemplate(draft, name, await dependencyOn(folder));
      await buildWorld(draft, { check: false });
      await place(draft, folder, kept);
      return { name, files };
    } finally {
      await rm(draft, { recursive: true, force: true });
    }
  });
}

/** `guessed`: the name of the folder, so that another can be given. */
function worldName(name: string, guessed: boolean): string {
  const reserved = RESERVED.has(name);
  if (NAME.test(name) && name.length <= NAME_MAX && !reserved) return name;
  const message = reserved
    ? `a world cannot be called ${quote(name)}, which is taken`
    : `${quote(name)} is no name for a world`;
  throw new AirloomError("request", "init.bad_name", message, {
    fields: { name },
    diagnostics: [
      {
        code: "init.bad_name",
        severity: "error",
        message,
        expected: `lower-case letters, digits and single hyphens between them, a letter first, at most ${NAME_MAX}`,
        found: quote(name),
        ...(guessed ? { hint: "the folder may be called so: name the world with --name" } : {}),
      },
    ],
  });
}

/** What the folder holds that stays: `.git` at most; null when there is no folder. Throws `init.not_empty`. */
async function refuseFull(folder: string): Promise<readonly string[] | null> {
  const found = await stat(folder).catch(() => null);
  if (found === null) return null;
  const entries = found.isDirectory() ? await readdir(folder) : null;
  const others = entries?.filter((entry) => entry !== ".git").sort(compareText);
  if (others?.length === 0) return entries;
  const shown = others?.slice(0, LISTED_MAX).map((entry) => plain(entry)) ?? ["a file"];
  const more = (others?.length ?? 0) - LISTED_MAX;
  const message = `${quote(folder, 200)} ${others === undefined ? "is a file" : "is not empty"}`;
  throw new AirloomError("request", "init.not_empty", message, {
    fields: { folder, entries: others ?? [] },
    diagnostics: [
      {
        code: "init.not_empty",
        severity: "error",
        message,
        expected: "a folder that does not exist, or an empty one",
        found: shown.join(", ") + (more > 0 ? ` and ${more} more` : ""),
      },
    ],
  });
}

async function copyTemplate(to: string, name: string, airloom: string): Promise<readonly string[]> {
  const written: string[] = [];
  for (const path of await templateFiles()) {
    const text = (await readFile(join(TEMPLATE, path), "utf8")).replace(TEMPLATE_NAME, name);
    const target = join(dirname(path), RENAMED.get(basename(path)) ?? basename(path));
    await mkdir(join(to, dirname(target)), { recursive: true });
    await writeFile(join(to, target), target === "package.json" ? dependingOn(text, airloom) : text);
    written.push(target.split(sep).join("/"));
  }
  return written.sort(compareText);
}

async function templateFiles(): Promise<readonly string[]> {
  const entries = await readdir(TEMPLATE, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(TEMPLATE, join(entry.parentPath, entry.name)))
    .filter((path) => !path.split(sep).some((part) => NOT_COPIED.has(part)));
}

function dependingOn(text: string, airloom: string): string {
  const json = JSON.parse(text) as { devDependencies: Record<string, string> };
  json.devDependencies.airloom = airloom;
  return `${JSON.stringify(json, null, 2)}\n`;
}

/**
 * How the new folder's package.json names this package: by its version, or, where it did not come from a registry,
 * by the file or folder it did come from.
 */
async function dependencyOn(folder: string): Promise<string> {
  const { version } = (await readJson(join(PACKAGE, "package.json"))) as { version: string };
  const modules = dirname(PACKAGE);
  if (basename(modules) !== "node_modules") return fileSpec(folder, PACKAGE);
  const lock = (await readJson(join(modules, ".package-lock.json")).catch(() => null)) as {
    readonly packages?: Readonly<Record<string, { readonly resolved?: string }>>;
  } | null;
  const resolved = lock?.packages?.["node_modules/airloom"]?.resolved ?? "";
  if (!resolved.startsWith("file:")) return version;
  return fileSpec(folder, join(dirname(modules), resolved.slice("file:".length)));
}

function fileSpec(folder: string, path: string): string {
  const steps = relative(folder, path).split(sep).join("/");
  return `file:${steps.replace(/\/$/, "")}`;
}

async function readJson(path: string): Promise<unknown> {
  return JSON.parse(await readFile(path, "utf8"));
}

/** Into an existing folder go the entries one by one; should one fail, the others leave again. */
async function place(draft: string, folder: string, kept: readonly string[] | null): Promise<void> {
  if (kept === null) return rename(draft, folder);
  const moved: string[] = [];
  try {
    for (const entry of await readdir(draft)) {
      await rename(join(draft, entry), join(folder, entry));
      moved.push(entry);
    }
  } catch (error) {
    for (const entry of moved) await rm(join(folder, entry), { recursive: true, force: true });
    throw error;
  }
}

async function writing<T>(folder: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (cause instanceof AirloomError || code === undefined) throw cause;
    const message = `${quote(folder, 200)} cannot be written (${code})`;
    throw new AirloomError("host", "init.unwritable", message, { fields: { folder, reason: code }, cause });
  }
}
