/** Modules with inputs for the tests of tiers, and what a run of them gives as one hash. */

import { createHash } from "node:crypto";
import type { ModuleHost, StepInput } from "../../../host/kernel/ports.ts";
import { canon } from "../../../host/values/cbor.ts";
import { hashOf } from "../../../host/values/hash.ts";
import { createModuleHost } from "../../../host/wasm/host.ts";
import { driftingModule } from "../../../scripts/lib/drift.mjs";
import { compiledReducer } from "../../support/modules.ts";
import { randomModule } from "../random/module.ts";

export interface Subject {
  readonly name: string;
  readonly wasm: Uint8Array;
  readonly floats: "refuse" | "canonicalize";
  readonly inputs: readonly StepInput[];
}

export const FUEL_MAX = 1_000_000n;

function input(value: Uint8Array, state: Uint8Array | null = null): StepInput {
  return { state, schema: "demo/RetryEvent@1", value, key: null, context: null };
}

function arm(tag: string, fields: Readonly<Record<string, string | bigint | boolean>>): Uint8Array {
  return canon(
    new Map<string, string | Map<string, string | bigint | boolean>>([
      ["$tag", tag],
      ["$value", new Map(Object.entries(fields))],
    ]),
  );
}

/** A start, and the failures that follow from its state. */
export async function retrySubject(): Promise<Subject> {
  const { wasm, hash } = await compiledReducer("retry-backoff");
  const start = arm("Start", { now_ns: 5n, req_id: "r", payload: "p", max_attempts: 9n, base_delay_ms: 10n });
  const inputs = [input(start)];
  const host = createModuleHost(() => wasm);
  for (let i = 0; i < 3; i++) {
    const before = host.step(hash, inputs.at(-1)!);
    if (!before.ok) throw new Error(`the retry reducer faults: ${before.fault.message}`);
    inputs.push(input(arm("Err", { req_id: "r", message: "no", transient: true }), before.output.state));
  }
  return { name: "the retry reducer", wasm, floats: "refuse", inputs };
}

/** Adds two NaNs of different bits, and stores what comes of it. */
export function floatSubject(): Subject {
  return {
    name: "a sum of NaNs",
    wasm: driftingModule(),
    floats: "canonicalize",
    inputs: [input(new Uint8Array(1))],
  };
}

/** Recurses until its stack budget is used up. */
export function recursiveSubject(): Subject {
  return {
    name: "an endless recursion",
    wasm: driftingModule(),
    floats: "canonicalize",
    inputs: [input(new Uint8Array(2000))],
  };
}

/** Random modules full of floats whose NaN bits nobody chooses but admission. */
export function randomSubjects(seed: number, count: number): readonly Subject[] {
  return Array.from({ length: count }, (_, i) => ({
    name: `random module ${i} of ${seed}`,
    wasm: randomModule(seed, i, { floats: true, canonical: false, references: false }).bytes,
    floats: "canonicalize" as const,
    inputs: [input(Uint8Array.of(i)), input(new Uint8Array(40).fill(i))],
  }));
}

export function hostOf({ wasm, floats }: Subject): ModuleHost {
  return createModuleHost(
    () => wasm,
    () => ({ floats, fuelMax: FUEL_MAX }),
  );
}

/** Everything a call says that is journaled, as text. */
export function wordsOf(host: ModuleHost, subject: Subject, given: StepInput): string {
  const result = host.step(hashOf(subject.wasm), given);
  if (!result.ok) return `${result.fault.code} ${result.fault.message} ${result.fuel}`;
  const { state, events, effects } = result.output;
  return `${hex(state)} ${events.map(({ value }) => hex(value))} ${effects.map(({ params }) => hex(params))} ${result.fuel}`;
}

function hex(bytes: Uint8Array | null): string {
  return bytes === null ? "null" : createHash("sha256").update(bytes).digest("hex");
}
