import type { ModuleHost } from "../kernel/ports.ts";
import type { Hash } from "../values/brand.ts";
import { AirloomError } from "../values/errors.ts";
import { hashOf } from "../values/hash.ts";
import { type AdmittedModule, admitModule } from "./admission.ts";
import { callStep } from "./call.ts";
import { encodeStepInput } from "./envelope.ts";

/**
 * Runs modules found by the hash of their bytes, each call in an instance of its own. A module is admitted
 * and compiled on its first call. Beside what `ModuleHost.step` throws: `module.missing` when `find` does
 * not have it, `module.hash_mismatch` when the bytes are not those of the hash, and admission's refusals.
 */
export function createModuleHost(find: (hash: Hash) => Uint8Array | undefined): ModuleHost {
  const admitted = new Map<Hash, AdmittedModule>();

  const load = (hash: Hash): AdmittedModule => {
    const known = admitted.get(hash);
    if (known !== undefined) return known;
    const module = admitModule(verified(hash, find(hash)));
    admitted.set(hash, module);
    return module;
  };

  return { step: (hash, input) => callStep(load(hash), encodeStepInput(input)) };
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
