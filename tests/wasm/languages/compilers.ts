/** The counter through compilers that a machine may have or not. */

import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { withFolder } from "../../support/modules.ts";

/** A compiled module, or why there is none. */
export type Attempt = { readonly wasm: Uint8Array } | { readonly missing: string };

const HERE = fileURLToPath(new URL(".", import.meta.url));

const CLANG_FLAGS = [
  "--target=wasm32",
  "-std=c11",
  "-O2",
  "-ffreestanding",
  "-fno-builtin",
  "-nostdlib",
  "-Wl,--no-entry",
  "-Wl,--export=alloc",
  "-Wl,--export=step",
];

const RUSTC_FLAGS = [
  "--edition=2021",
  "--target=wasm32-unknown-unknown",
  "--crate-type=cdylib",
  "-Copt-level=s",
  "-Cpanic=abort",
];

/** Clang and its linker for wasm. */
export function compileC(): Promise<Attempt> {
  const targets = output("clang", ["--print-targets"]);
  if (targets === null) return missing("there is no clang");
  if (!targets.includes("wasm32")) return missing("clang has no target wasm32");
  if (output("wasm-ld", ["--version"]) === null) return missing("there is no wasm-ld");
  return compile("clang", CLANG_FLAGS, "counter.c");
}

/** Rustc with the target wasm32-unknown-unknown installed. */
export function compileRust(): Promise<Attempt> {
  if (output("rustc", ["--version"]) === null) return missing("there is no rustc");
  const probe = ["--target=wasm32-unknown-unknown", "--crate-type=lib", "--emit=metadata", "-o", "-", "-"];
  if (output("rustc", probe, "#![no_std]") === null) {
    return missing("rustc has no target wasm32-unknown-unknown");
  }
  return compile("rustc", RUSTC_FLAGS, "counter.rs");
}

async function missing(reason: string): Promise<Attempt> {
  return { missing: reason };
}

function output(command: string, args: readonly string[], input = ""): string | null {
  const { status, stdout } = spawnSync(command, args, { input, encoding: "utf8" });
  return status === 0 ? stdout : null;
}

function compile(command: string, flags: readonly string[], source: string): Promise<Attempt> {
  return withFolder({}, async (folder) => {
    const out = join(folder, "counter.wasm");
    const { status, stderr } = spawnSync(command, [...flags, "-o", out, join(HERE, source)], {
      encoding: "utf8",
    });
    if (status !== 0) throw new Error(`${command} does not compile ${source}:\n${stderr}`);
    return { wasm: new Uint8Array(readFileSync(out)) };
  });
}
