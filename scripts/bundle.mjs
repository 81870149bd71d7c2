/**
 * Two scripts of what the compiler wrote: the program (host/cli/bin.ts), and the modules that the commands about
 * definitions need (host/cli/quick.ts says what for).
 */

import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "rolldown";
import { ROOT } from "./lib/run.mjs";

const DIST = join(ROOT, "dist");

const { QUICK_COMMANDS, QUICK_SCRIPT } = await import(pathToFileURL(join(DIST, "cli/quick.js")).href);

await program();
await commands();

/** Writes `dist/cli/bin.cjs`. The other modules stay modules, and are loaded when they are called for. */
async function program() {
  const file = join(DIST, "cli/bin.cjs");
  await build({
    input: join(DIST, "cli/bin.js"),
    platform: "node",
    external: ["./start.js"],
    output: { file: `${file}.tmp`, format: "cjs" },
    logLevel: "warn",
  });
  renameSync(`${file}.tmp`, file);
}

/** Writes the commands' script. Throws when it would need more than Node. */
async function commands() {
  const file = join(ROOT, QUICK_SCRIPT);
  rmSync(dirname(file), { recursive: true, force: true });
  const { output } = await build({
    input: join(DIST, "cli/start.js"),
    platform: "node",
    plugins: [withoutOtherCommands(), withoutPrograms()],
    output: { file, format: "cjs", codeSplitting: false },
    write: false,
    logLevel: "warn",
  });
  const [{ fileName, imports, dynamicImports, code, moduleIds }] = output;
  const foreign = [...imports, ...dynamicImports].filter((name) => !isNode(name) && name !== fileName);
  if (foreign.length > 0) throw new Error(`the commands about definitions load ${foreign.join(", ")}`);
  mkdirSync(dirname(file));
  writeFileSync(join(dirname(file), "LICENSES.txt"), licenses(moduleIds));
  writeFileSync(`${file}.tmp`, `(function (exports, require, __filename) {${ascii(code)}})`);
  renameSync(`${file}.tmp`, file);
}

/** They are never called here: the command line asks for the list of all of them elsewhere. */
function withoutOtherCommands() {
  const kept = new Set(QUICK_COMMANDS.map((name) => `./commands/${name}.js`));
  return {
    name: "without-other-commands",
    resolveId: (id) => (id.startsWith("./commands/") && !kept.has(id) ? `\0${id}` : null),
    load: (id) => (id.startsWith("\0./commands/") ? "export {};" : null),
  };
}

/** Commander runs programs only for commands that are files of their own; loading what does costs more than it. */
function withoutPrograms() {
  return {
    name: "without-programs",
    resolveId: (id, importer) =>
      id === "node:child_process" && /[\\/]commander[\\/]/.test(importer ?? "") ? "\0no-programs" : null,
    load: (id) => (id === "\0no-programs" ? "module.exports = {};" : null),
  };
}

function isNode(name) {
  return name.startsWith("node:") || builtinModules.includes(name);
}

/** The same code: text beyond ASCII stands only in strings, templates and comments. */
function ascii(code) {
  return code.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** The licences of the packages that code was taken from; where a package has no text of its own, its name. */
function licenses(moduleIds) {
  const folders = new Set(moduleIds.map(packageFolder).filter((folder) => folder !== null));
  const each = [...folders].sort().map((folder) => {
    const { name, version, license, author } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    const file = readdirSync(folder).find((entry) => /^licen[sc]e/i.test(entry));
    const text = file === undefined ? "" : `\n${readFileSync(join(folder, file), "utf8").trim()}\n`;
    return `${name} ${version}, ${license}, ${author?.name ?? author ?? "see its package"}\n${text}`;
  });
  return each.join(`\n${"-".repeat(80)}\n\n`);
}

function packageFolder(moduleId) {
  const [folder] =
    /^.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+/.exec(moduleId.replace(/^\0/, "")) ?? [];
  return folder !== undefined && existsSync(join(folder, "package.json")) ? folder : null;
}
