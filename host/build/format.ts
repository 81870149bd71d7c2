/** Formats files on disk, or shows that it would change what they mean and refuses. */

import { statSync } from "node:fs";
import { basename, join } from "node:path";
import { type FileContent, formatFile } from "../air/format/format.ts";
import { inLens, type Lens } from "../air/format/lens.ts";
import { type LoadedWorld, loadWorldDefinitions, type SourceFile } from "../air/load.ts";
import { settingsToNode } from "../air/settings.ts";
import { AirloomError } from "../values/errors.ts";
import { hashOf } from "../values/hash.ts";
import type { Json } from "../values/json.ts";
import { quote } from "../values/quote.ts";
import { readSourceText, readWorldFolder, type WorldFolder } from "./directory.ts";
import { ownerOf } from "./owner.ts";

export interface FormattedFile {
  /** Absolute path. */
  readonly path: string;
  readonly before: string;
  readonly after: string;
}

/** A file to format: part of a world, or by itself. */
interface Job {
  readonly path: string;
  readonly world: WorldFolder | null;
  /** Named as in its world. */
  readonly file: SourceFile;
}

/**
 * The formatted texts of these files and of all definition files and settings of these world folders
 * (absolute paths), each once, in the order given. `lens` other than `keep` rewrites the values in plans and
 * grants, and needs a world that loads. Writes nothing.
 *
 * Throws `manifest.invalid` for texts that are not JSON, `format.needs_world` where a lens is asked of a file
 * without a world, `format.meaning_changed` (kind `bug`) should a hash differ, `world.missing`,
 * `world.unreadable`.
 */
export function formatPaths(paths: readonly string[], lens: Lens | "keep"): readonly FormattedFile[] {
  const jobs = new Map<string, Job>();
  for (const path of paths) for (const job of jobsOf(path)) jobs.set(job.path, job);
  const worlds = new Map<string, Job[]>();
  const texts = new Map<string, string>();
  for (const job of jobs.values()) {
    if (job.world !== null) worlds.set(job.world.root, [...(worlds.get(job.world.root) ?? []), job]);
    else texts.set(job.path, formatAlone(job, lens));
  }
  for (const group of worlds.values()) {
    for (const [path, text] of formatWorld(group[0]!.world!, group, lens)) texts.set(path, text);
  }
  return [...jobs.values()].map(({ path, file }) => ({ path, before: file.text, after: texts.get(path)! }));
}

function jobsOf(path: string): readonly Job[] {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) {
    throw new AirloomError("missing", "world.missing", `there is no file or folder ${quote(path, 200)}`, {
      fields: { path },
    });
  }
  if (stat.isDirectory()) {
    const world = readWorldFolder(path);
    return sourcesOf(world).map((file) => ({ path: join(world.root, file.path), world, file }));
  }
  const owned = ownerOf(path);
  if (owned === null) return [{ path, world: null, file: { path, text: readSourceText(path) } }];
  const file = sourcesOf(owned.world).find((each) => each.path === owned.path)!;
  return [{ path, world: owned.world, file }];
}

function sourcesOf({ files, settingsFile }: WorldFolder): readonly SourceFile[] {
  return settingsFile === null ? files : [...files, settingsFile];
}

function contentOf({ path }: SourceFile): FileContent {
  return basename(path) === "world.json" ? "settings" : "definitions";
}

function formatAlone({ path, file }: Job, lens: Lens | "keep"): string {
  if (lens === "keep") return formatFile(file, contentOf(file));
  throw new AirloomError(
    "request",
    "format.needs_world",
    `${quote(path, 200)} is in no world folder, and only a world says of which type its values are`,
    { fields: { path } },
  );
}

function formatWorld(
  world: WorldFolder,
  jobs: readonly Job[],
  lens: Lens | "keep",
): ReadonlyMap<string, string> {
  const before = load(world, new Map(), lens === "keep");
  const change = (json: Json): Json =>
    lens === "keep" || before === null ? json : inLens(json, lens, before.manifest);
  const byName = new Map(jobs.map(({ file }) => [file.path, formatFile(file, contentOf(file), change)]));
  if (before !== null) assertSame(before, load(world, byName, false)!, world);
  return new Map(jobs.map(({ path, file }) => [path, byName.get(file.path)!]));
}

/** `tolerant`: null for a world with faults, which can be formatted all the same. */
function load(
  { files, settingsFile }: WorldFolder,
  texts: ReadonlyMap<string, string>,
  tolerant: boolean,
): LoadedWorld | null {
  const current = (file: SourceFile): SourceFile => ({ ...file, text: texts.get(file.path) ?? file.text });
  const settings = settingsFile === null ? null : current(settingsFile);
  try {
    return loadWorldDefinitions(files.map(current), settings);
  } catch (error) {
    if (tolerant && error instanceof AirloomError && error.code === "manifest.invalid") return null;
    throw error;
  }
}

function assertSame(before: LoadedWorld, after: LoadedWorld, { root }: WorldFolder): void {
  const hashes = ({ manifest, settings }: LoadedWorld): readonly string[] => [
    manifest.hash,
    ...manifest.nodes.keys(),
    hashOf(settingsToNode(settings)),
  ];
  if (hashes(before).join() === hashes(after).join()) return;
  throw new AirloomError(
    "bug",
    "format.meaning_changed",
    `formatting ${quote(root, 200)} would change its hashes; nothing was written`,
    { fields: { before: before.manifest.hash, after: after.manifest.hash } },
  );
}
