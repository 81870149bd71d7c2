/**
 * Installs the package into an empty folder as users get it, without a network: npm packs it and npm installs the
 * tarball. What it depends on is what `npm ci` put into this repository's own `node_modules`, linked file by file
 * and listed in lock files, so that npm finds all of it there and has only the tarball to add.
 */

import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, relative } from "node:path";
import { ROOT } from "../support/cli.ts";

type Names = Readonly<Record<string, string>>;

/** What a lock file says of one package. */
interface Locked {
  readonly dependencies?: Names;
  readonly optionalDependencies?: Names;
  readonly peerDependencies?: Names;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
  readonly bin?: Names;
}

type Packages = Readonly<Record<string, Locked>>;

/** Packs the repository; gives the tarball's path. */
export function pack(into: string): string {
  if (!existsSync(join(ROOT, "dist/cli/bin.cjs"))) {
    throw new Error("airloom is not built: run `npm test`, which builds it first");
  }
  mkdirSync(into, { recursive: true });
  const packed = npm(ROOT, "pack", "--json", "--ignore-scripts", "--pack-destination", into);
  const [{ filename }] = JSON.parse(packed.stdout) as [{ filename: string }];
  return join(into, filename);
}

/** Installs the tarball into `folder`, which is made. */
export function install(tarball: string, folder: string): void {
  const { version, dependencies, peerDependencies, bin, engines } = readJson("package.json") as Locked & {
    readonly version: string;
    readonly engines: Names;
  };
  const locked = (readJson("package-lock.json") as { packages: Packages }).packages;
  const present = (readJson("node_modules/.package-lock.json") as { packages: Packages }).packages;
  const needed = closure(locked, { ...dependencies, ...peerDependencies });
  const here = needed.filter((path) => present[path] !== undefined);
  for (const path of here) linkTree(join(ROOT, path), join(folder, path));
  linkBins(new Set(here.flatMap((path) => Object.keys(locked[path]?.bin ?? {}))), folder);

  const airloom = `file:${relative(folder, tarball).replaceAll("\\", "/")}`;
  const entries = (paths: readonly string[]) =>
    Object.fromEntries(paths.map((path) => [path, { ...locked[path], dev: undefined }]));
  const own = { version, resolved: airloom, dependencies, peerDependencies, bin, engines };
  const root = { private: true, dependencies: { airloom } };
  writeJson(join(folder, "package.json"), root);
  writeJson(
    join(folder, "package-lock.json"),
    lockFile({ "": root, "node_modules/airloom": own, ...entries(needed) }),
  );
  // Last of all: npm believes it only when nothing in the folder is younger.
  writeJson(join(folder, "node_modules/.package-lock.json"), lockFile(entries(here)));
  npm(folder, "install", "--offline", "--ignore-scripts", "--no-audit", "--no-fund");
}

/** Runs a program in a folder as a user's shell would; throws with what it printed when it fails. */
export function npm(cwd: string, ...args: readonly string[]): SpawnSyncReturns<string> {
  return shell(cwd, "npm", args);
}

export function npx(cwd: string, ...args: readonly string[]): SpawnSyncReturns<string> {
  return shell(cwd, "npx", ["--no", "--", ...args]);
}

/** The same as `npx airloom`, without what npx takes to find it. */
export function airloomIn(cwd: string, folder: string, ...args: readonly string[]): SpawnSyncReturns<string> {
  const bin = join(folder, "node_modules/airloom/dist/cli/bin.cjs");
  return shell(cwd, process.execPath, [bin, ...args]);
}

function shell(cwd: string, program: string, args: readonly string[]): SpawnSyncReturns<string> {
  // What an outer `npm test` tells its scripts, and vitest its own, is not for these.
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(npm_|vitest|vite_|node_env$)/i.test(name),
  );
  const result = spawnSync(program, [...args], {
    cwd,
    encoding: "utf8",
    env: { ...Object.fromEntries(inherited), NO_COLOR: "1", npm_config_update_notifier: "false" },
    shell: process.platform === "win32",
  });
  if (result.error !== undefined) throw result.error;
  if (result.status === 0) return result;
  const command = [program, ...args].join(" ");
  throw new Error(`${command} ended with ${result.status}\n${result.stdout}\n${result.stderr}`);
}

/** Paths in the lock file of all that these need, wherever npm would look for it. */
function closure(locked: Packages, names: Names): readonly string[] {
  const found = new Set<string>();
  const add = (name: string, from: string): void => {
    const path = lookUp(locked, name, from);
    if (path === null || found.has(path)) return;
    found.add(path);
    const { dependencies, optionalDependencies, peerDependencies, peerDependenciesMeta } = locked[path]!;
    for (const inner of Object.keys({ ...dependencies, ...optionalDependencies })) add(inner, path);
    for (const peer of Object.keys(peerDependencies ?? {})) {
      if (peerDependenciesMeta?.[peer]?.optional !== true) add(peer, path);
    }
  };
  for (const name of Object.keys(names)) add(name, "");
  return [...found].sort();
}

function lookUp(locked: Packages, name: string, from: string): string | null {
  for (let base = from; ; base = base.slice(0, Math.max(0, base.lastIndexOf("/node_modules/")))) {
    const path = base === "" ? `node_modules/${name}` : `${base}/node_modules/${name}`;
    if (locked[path] !== undefined) return path;
    if (base === "") return null;
  }
}

function linkTree(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.name === "node_modules") continue; // packages of their own, in the lock file as well
    if (entry.isDirectory()) linkTree(source, target);
    else link(source, target);
  }
}

/** A hard link, or a copy where the temporary folder is on another disk. */
function link(source: string, target: string): void {
  try {
    linkSync(source, target);
  } catch {
    copyFileSync(source, target);
  }
}

/** The programs of packages: npm takes one whose programs are not there for a broken one. */
function linkBins(names: ReadonlySet<string>, folder: string): void {
  const [from, to] = [join(ROOT, "node_modules/.bin"), join(folder, "node_modules/.bin")];
  mkdirSync(to, { recursive: true });
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    if (!names.has(entry.name.replace(/\.(cmd|ps1)$/, ""))) continue;
    const [source, target] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isSymbolicLink()) symlinkSync(readlinkSync(source), target);
    else copyFileSync(source, target);
  }
}

function lockFile(packages: object) {
  return { name: "outside", lockfileVersion: 3, requires: true, packages };
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(join(ROOT, path), "utf8"));
}

function writeJson(path: string, json: unknown): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, JSON.stringify(json));
}
