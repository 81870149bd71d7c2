import { DEFAULT_MODULE_LIMITS, type ModuleLimits } from "../air/settings.ts";
import type { ModuleHost } from "../kernel/ports.ts";
import type { Hash } from "../values/brand.ts";
import { AirloomError } from "../values/errors.ts";
import { hashOf } from "../values/hash.ts";
import { callModule } from "./call.ts";
import { decodePureOutput, decodeStepOutput } from "./envelope.ts";
import { PureEnvelope, StepEnvelope } from "./input.ts";
import { type Pool, poolOf } from "./pool.ts";

/** Settings of a module, for callers that give none with their input. */
export type LimitsOf = (hash: Hash) => Partial<ModuleLimits>;

/**
 * Runs modules found by the hash of their bytes, each call isolated from all others. A module is admitted and
 * compiled on its first call in this process. Beside what the port throws: `module.missing` when `find` does
 * not have it, `module.hash_mismatch` when the bytes are not those of the hash, and admission's refusals.
 */
export function createModuleHost(
  find: (hash: Hash) => Uint8Array | undefined,
  limitsOf: LimitsOf = () => DEFAULT_MODULE_LIMITS,
): ModuleHost {
  const admitted = new Map<Hash, Loaded>();

  const load = (hash: Hash, given: ModuleLimits | undefined): Loaded => {
    const known = admitted.get(hash);
    if (known !== undefined && (given === undefined || given === known.limits)) return known;
    const limits = given ?? { ...DEFAULT_MODULE_LIMITS, ...limitsOf(hash) };
    const pool = poolOf(hash, limits, () => verified(hash, find(hash)));
    const entry: Loaded = { limits, fuelMax: Number(limits.fuelMax), pool };
    admitted.set(hash, entry);
    return entry;
  };

  return {
    step: (hash, input) => {
      const { fuelMax, pool } = load(hash, input.limits);
      return callModule(pool, "step", fuelMax, new StepEnvelope(input), decodeStepOutput);
    },
    run: (hash, input) => {
      const { fuelMax, pool } = load(hash, input.limits);
      return callModule(pool, "run", fuelMax, new PureEnvelope(input), decodePureOutput);
    },
  };
}

interface Loaded {
  readonly limits: ModuleLimits;
  readonly fuelMax: number;
  readonly pool: Pool;
}

function verified(hash: Hash, bytes: Uint8Array | undefined): Uint8Array {
  if (bytes === undefined) {
    throw new AirloomError("missing", "module.missing", `there is no module ${hash}`, { fields: { hash } });
  }
  const found = hashOf(bytes);
  if (found === hash) return bytes;
  throw new AirloomError(
    "corrupt",
    "module.hash_mismatch",
    `the bytes kept for module ${hash} are not its own`,
    {
      fields: { hash, found },
    },
  );
}
