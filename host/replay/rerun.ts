/** A world that is told again what once entered another: what redaction, forks and shrinking run. */

import type { Manifest } from "../air/manifest.ts";
import type { Entry } from "../journal/frame.ts";
import { MemoryCells } from "../kernel/cells.ts";
import type { Sealed } from "../kernel/draft.ts";
import type { Ingress } from "../kernel/ingress.ts";
import type { ModuleHost } from "../kernel/ports.ts";
import type { WorldState } from "../kernel/state.ts";
import { type Outcome, World } from "../kernel/world.ts";
import type { Hash } from "../values/brand.ts";
import { bug } from "../values/errors.ts";
import { hashOf } from "../values/hash.ts";
import type { RecordedBlob } from "./recording/entry.ts";

export class RerunWorld {
  readonly #ports: { readonly modules: ModuleHost; readonly cells: MemoryCells };
  #world: World | null = null;

  constructor(modules: ModuleHost) {
    this.#ports = { modules, cells: new MemoryCells() };
  }

  /** Null before genesis. */
  get state(): Readonly<WorldState> | null {
    return this.#world?.state ?? null;
  }

  /** In force now; null before genesis. */
  get manifest(): Manifest | null {
    return this.#world?.state.definitions.manifest ?? null;
  }

  get isBusy(): boolean {
    return this.#world?.isBusy ?? false;
  }

  /**
   * Null for a receipt that nothing waits for, and for a `continue` without work. Throws what the kernel throws:
   * kinds `request` and `retry` for what the world refuses.
   */
  step(ingress: Ingress, entry: Entry): Sealed | null {
    if (ingress.kind === "continue" && !this.isBusy) return null;
    const outcome = this.#enter(ingress, entry);
    if (outcome.kind === "missing") throw bug("all cells are in memory");
    return outcome.kind === "frame" ? outcome : null;
  }

  #enter(ingress: Ingress, entry: Entry): Outcome {
    if (ingress.kind !== "genesis") {
      if (this.#world === null) throw bug("a run that does not begin with genesis");
      return this.#world.step(ingress, entry);
    }
    const { world, outcome } = World.create(this.#ports, ingress.genesis, ingress.definitions, entry);
    this.#world = world;
    return outcome;
  }
}

/** The states that a frame's deliveries name by hash, as a recording holds them. */
export function statesOf({ frame, blobs }: Sealed): readonly RecordedBlob[] {
  const byHash = new Map<Hash, Uint8Array>(blobs.map((bytes) => [hashOf(bytes), bytes]));
  return frame.records.flatMap((record) => {
    if (record.kind !== "delivery" || record.stateBlob === null) return [];
    const bytes = byHash.get(record.stateBlob);
    if (bytes === undefined) throw bug("a frame names a state that nobody has");
    return [{ role: "state", hash: record.stateBlob, bytes, reducer: record.cell?.reducer ?? null } as const];
  });
}
