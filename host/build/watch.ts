/**
 * Builds worlds again whenever a file of theirs changes, in this process: the compiler stays loaded and warm,
 * which is most of what a build costs.
 *
 * W1 One build at a time; what changes meanwhile is built next. W2 A build that fails is told and ends
 * nothing. W3 Files the build itself writes lead to no further news, since they change nothing.
 */

import { dirname, resolve, sep } from "node:path";
import { watch } from "chokidar";
import { AirloomError } from "../values/errors.ts";
import { type BuildOptions, type BuiltWorld, buildWorld } from "./build.ts";
import { compileModule } from "./compile.ts";
import { loadWorldFolder } from "./directory.ts";
import { PACKAGE_ROOT } from "./layout.ts";

/** What one build of one world came to. */
export interface BuildNews {
  readonly folder: string;
  /** The files that changed, as absolute paths; none at the start. */
  readonly changed: readonly string[];
  /** Null when it failed. */
  readonly built: BuiltWorld | null;
  readonly error: AirloomError | null;
  /** Milliseconds from the change to the end of the build. */
  readonly tookMs: number;
}

export interface Watching {
  /** Ends once a build that runs is over. */
  close(): Promise<void>;
}

/** Sources, definitions and settings; anything else in these folders decides nothing. */
const INPUT = /\.(?:ts|json)$/;

/** Editors write a file in several steps. */
const SETTLE_MS = 20;

/**
 * Builds the worlds, then watches them; resolves once it does. `tell` hears of each first build, and later of
 * those that compiled or generated something, failed, or no longer fail.
 */
export async function watchWorlds(
  folders: readonly string[],
  options: BuildOptions,
  tell: (news: BuildNews) => void,
): Promise<Watching> {
  const worlds = folders.map((folder) => new WatchedWorld(resolve(folder), options, tell));
  for (const world of worlds) await world.build([], performance.now());
  const places = (): string[] => worlds.flatMap((world) => [...world.places()]);
  const watcher = watch(places(), { ignored: isIgnored, ignoreInitial: true });
  const loop = new BuildLoop(async (changed, since) => {
    for (const world of worlds) await world.build(changed, since);
    watcher.add(places());
  });
  watcher.on("all", (_event, path) => {
    if (INPUT.test(path)) loop.changed(path);
  });
  await new Promise<void>((done) => watcher.once("ready", done));
  loop.run(async () => {
    for (const world of worlds) await world.warm();
  });
  return {
    close: async () => {
      // A build that runs adds places when it ends, and adding opens a closed watcher again.
      await loop.close();
      await watcher.close();
    },
  };
}

/** Runs one thing at a time; changes are collected until there is nothing running. */
class BuildLoop {
  readonly #build: (changed: readonly string[], since: number) => Promise<void>;
  #changed = new Set<string>();
  #since = 0;
  #timer: NodeJS.Timeout | null = null;
  #running: Promise<void> = Promise.resolve();
  #closed = false;

  constructor(build: (changed: readonly string[], since: number) => Promise<void>) {
    this.#build = build;
  }

  changed(path: string): void {
    if (this.#closed) return;
    if (this.#changed.size === 0) this.#since = performance.now();
    this.#changed.add(path);
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.run(() => this.#next()), SETTLE_MS);
  }

  run(work: () => Promise<void>): void {
    this.#running = this.#running.then(() => (this.#closed ? undefined : work()));
  }

  async close(): Promise<void> {
    this.#closed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    await this.#running;
  }

  async #next(): Promise<void> {
    const [changed, since] = [[...this.#changed], this.#since];
    this.#changed = new Set();
    if (changed.length > 0) await this.#build(changed, since);
  }
}

class WatchedWorld {
  readonly #folder: string;
  readonly #options: BuildOptions;
  readonly #tell: (news: BuildNews) => void;
  #sources: readonly string[] = [];
  #first = true;
  #failed = false;
  #compiled = false;

  constructor(folder: string, options: BuildOptions, tell: (news: BuildNews) => void) {
    this.#folder = folder;
    this.#options = options;
    this.#tell = tell;
  }

  /** What to watch: the world, the folders of its sources, and the SDK where it is not an installed one. */
  places(): ReadonlySet<string> {
    return new Set([
      this.#folder,
      ...this.#sources.map((path) => dirname(path)),
      resolve(PACKAGE_ROOT, "assembly"),
    ]);
  }

  async build(changed: readonly string[], since: number): Promise<void> {
    let built: BuiltWorld | null = null;
    let error: AirloomError | null = null;
    try {
      this.#sources = sourcesOf(this.#folder) ?? this.#sources;
      built = await buildWorld(this.#folder, this.#options);
    } catch (thrown) {
      if (!(thrown instanceof AirloomError) || thrown.kind === "bug") throw thrown;
      error = thrown;
    }
    const compiled = built?.modules.some((module) => module.compiled) ?? false;
    const wrote = (built?.generated.length ?? 0) > 0;
    const news = this.#first || compiled || wrote || error !== null || this.#failed;
    [this.#first, this.#failed] = [false, error !== null];
    this.#compiled ||= compiled;
    const tookMs = performance.now() - since;
    if (news) this.#tell({ folder: this.#folder, changed, built, error, tookMs });
  }

  /** Compiles once for nothing where all was built already, so that the first edit does not pay for it. */
  async warm(): Promise<void> {
    const [source] = this.#sources;
    if (this.#compiled || source === undefined) return;
    this.#compiled = true;
    await compileModule({ source }).catch(() => undefined);
  }
}

/** Null where the definitions cannot be read at this moment. */
function sourcesOf(folder: string): readonly string[] | null {
  try {
    const { settings } = loadWorldFolder(folder);
    return [...settings.modules.values()].flatMap(({ source }) =>
      source === null ? [] : [resolve(folder, source)],
    );
  } catch (error) {
    if (error instanceof AirloomError) return null;
    throw error;
  }
}

/** What the build writes, what a package manager does, and what editors leave beside a file. */
function isIgnored(path: string): boolean {
  const parts = path.split(sep);
  return parts.some(
    (part) => part === "node_modules" || part === ".airloom" || part === ".git" || part.endsWith("~"),
  );
}
