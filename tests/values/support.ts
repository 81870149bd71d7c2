import { AirloomError, type Diagnostic } from "../../host/values/errors.ts";
import { jsonFrom } from "../../host/values/json.ts";
import { compileSchema, type Schema } from "../../host/values/schema.ts";
import type { Type, TypeLookup } from "../../host/values/type.ts";
import { parseType, type TypeFault } from "../../host/values/type-json.ts";

/** A type as a definition writes it. */
export function typeOf(json: unknown): Type {
  const faults: TypeFault[] = [];
  const type = parseType(jsonFrom(json), "", (fault) => faults.push(fault));
  if (type === undefined) throw new Error(`a test's type is invalid: ${JSON.stringify(faults)}`);
  return type;
}

export function schemaOf(json: unknown, lookup: TypeLookup = () => undefined): Schema {
  return compileSchema("demo/Subject@1", typeOf(json), lookup);
}

/** What was thrown; fails when nothing was, or something that is no AirloomError. */
export function thrownBy(action: () => unknown): AirloomError {
  try {
    action();
  } catch (error) {
    if (error instanceof AirloomError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}

/** The faults of a refused value as `code pointer`, in the order they were found. */
export function faultsOf(action: () => unknown): string[] {
  const error = thrownBy(action);
  if (error.code !== "value.invalid" || error.kind !== "request") throw error;
  return error.diagnostics.map(brief);
}

function brief({ code, pointer }: Diagnostic): string {
  return `${code} ${pointer}`;
}

/** The seed of this run: `AIRLOOM_SEED=123 npx vitest run tests/values` repeats it. */
export function seedOf(suite: string): number {
  const given = process.env.AIRLOOM_SEED ?? process.env.SEED;
  const seed = given === undefined ? (Date.now() ^ (process.pid << 16)) | 0 : Number(given);
  console.log(`${suite}: AIRLOOM_SEED=${seed}`);
  return seed;
}

/** Whether this is CI, which tries more than somebody who waits for the answer. */
export const IN_CI = !["", "false", "0"].includes(process.env.CI ?? "");

/** How many cases each property is tried with: `AIRLOOM_RUNS`; else `whole`, or `short` where it is not CI. */
export function runsOf(whole = 10_000, short = whole): number {
  const given = process.env.AIRLOOM_RUNS;
  return given === undefined ? (IN_CI ? whole : short) : Number(given);
}
