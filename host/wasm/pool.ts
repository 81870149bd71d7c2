/**
 * Instances of one admitted module. There is at most one idle instance: a module imports nothing, so that no
 * call begins while another is under way.
 *
 * P1 An instance is set back before it is used again. P2 One that grew its memory, or trapped, is not used
 * again. P3 A module that `reset` cannot restore gets a new instance for each call.
 */

import type { ModuleLimits } from "../air/settings.ts";
import type { Hash } from "../values/brand.ts";
import { type AdmittedModule, admitModule } from "./admission.ts";
import { createGuest, type Guest, mayHaveGrown } from "./guest.ts";

/** Outputs up to here share a chunk: allocating one for each costs three times the copy. */
const SHARED_BYTES_MAX = 1024;
/** What one small output that is kept may hold on to. */
const CHUNK_BYTES = 4096;

export class Pool {
  readonly admitted: AdmittedModule;
  #idle: Guest | null = null;
  #chunk = new Uint8Array(0);
  #used = 0;

  constructor(admitted: AdmittedModule) {
    this.admitted = admitted;
  }

  /** An instance nobody else uses. Throws `host.instantiation_failed`. */
  take(): Guest {
    const idle = this.#idle;
    if (idle === null) return createGuest(this.admitted);
    this.#idle = null;
    return idle;
  }

  /** Gives back an instance whose call ended without a trap. */
  give(guest: Guest): void {
    if (!this.admitted.restorable || mayHaveGrown(guest)) return;
    guest.reset();
    this.#idle = guest;
  }

  /** A copy of a part of the guest's memory, for the caller to keep. */
  copy(memory: Uint8Array, from: number, to: number): Uint8Array {
    const length = to - from;
    if (length > SHARED_BYTES_MAX) return memory.slice(from, to);
    if (length > this.#chunk.length - this.#used) {
      this.#chunk = new Uint8Array(CHUNK_BYTES);
      this.#used = 0;
    }
    const at = this.#used;
    this.#used = at + length;
    this.#chunk.set(memory.subarray(from, to), at);
    return this.#chunk.subarray(at, at + length);
  }
}

/** Modules kept admitted in this process; beyond, the one used longest ago is dropped. */
const POOLS_MAX = 64;
const pools = new Map<string, Pool>();

/** The pool of a module under these limits; `load` gives its bytes when it was not admitted before. */
export function poolOf(hash: Hash, limits: ModuleLimits, load: () => Uint8Array): Pool {
  const key = `${hash} ${limits.floats} ${limits.memoryPagesMax} ${limits.stackBytesMax}`;
  const known = pools.get(key);
  const pool = known ?? new Pool(admitModule(load(), limits));
  if (known !== undefined) pools.delete(key);
  pools.set(key, pool);
  if (pools.size > POOLS_MAX) for (const [oldest] of pools) return drop(oldest, pool);
  return pool;
}

function drop(oldest: string, kept: Pool): Pool {
  pools.delete(oldest);
  return kept;
}
