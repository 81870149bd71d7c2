/**
 * A world: one ingress in, one frame out.
 *
 * | stage     | where          | record it leaves                                             |
 * |-----------|----------------|--------------------------------------------------------------|
 * | ingress   | enter below    | the frame's first record                                     |
 * | normalize | normalize.ts   |                                                              |
 * | route     | route.ts       | `domain_event`, `plan_started`                               |
 * | deliver   | deliver.ts     | `delivery`, `cap_decision`, `policy_decision`, `effect_intent` |
 * | plan      | advance.ts     | `plan_turn`, `plan_ended`, `plan_result`                     |
 * | receipt   | settle.ts      | `effect_receipt`, then the event it becomes                  |
 * | fault     | redeliver.ts   | `redeliver`, then the delivery; `dismiss`                    |
 *
 * K1 A frame is a function of the state before it, the ingress and its stamp. K2 What is refused or fails on
 * this machine leaves no trace. K3 Logical time never goes back. K4 A frame is merged before it is durable:
 * whoever cannot make it durable must drop the world.
 */

import type { Manifest } from "../air/manifest.ts";
import type { Entry, Frame } from "../journal/frame.ts";
import { EMPTY_HEAD } from "../journal/frame.ts";
import type { Cell } from "../journal/record.ts";
import type { Hash, LogicalTimeNs } from "../values/brand.ts";
import { AirloomError, bug, invariant } from "../values/errors.ts";
import { hashOf } from "../values/hash.ts";
import { FUEL_SCHEDULE, LIMITS, LIMITS_PROFILE } from "../values/limits.ts";
import { advance } from "./advance.ts";
import { deliver } from "./deliver.ts";
import { Draft, MissingCells, type Sealed } from "./draft.ts";
import type { Ingress } from "./ingress.ts";
import { CellLedger } from "./ledger.ts";
import { prepareEvent } from "./normalize.ts";
import type { CellCache, ModuleHost } from "./ports.ts";
import { dismiss, redeliver } from "./redeliver.ts";
import { startByHand } from "./route.ts";
import { settle } from "./settle.ts";
import { encodeSnapshot, type SnapshotContent } from "./snapshot.ts";
import {
  type Definitions,
  type DeliveryTask,
  type Genesis,
  NOTHING_PENDING,
  pendingCount,
  type Task,
  type WorldState,
} from "./state.ts";
import { Waiters } from "./waiters.ts";

export interface WorldPorts {
  readonly modules: ModuleHost;
  readonly cells: CellCache;
}

export type Outcome =
  | ({ readonly kind: "frame" } & Sealed)
  /**
   * These cells, and the lists of these reducers' cells, must be loaded; then the same ingress again with the
   * same entry. Nothing has happened. Where both are the same objects, a frame that waits for the cell of a
   * delivery goes on there; any other is made again. It comes to the same.
   */
  | { readonly kind: "missing"; readonly cells: readonly Cell[]; readonly lists: readonly string[] }
  /** A receipt for an intent that is not open: late, doubled or unknown. Nothing has happened. */
  | { readonly kind: "ignored" };

/** A frame at work. */
interface Begun {
  readonly ingress: Ingress;
  readonly draft: Draft;
  /** What is to be done next: where it waits for a cell, the delivery to that. */
  readonly task: Task | undefined;
}

export class World {
  readonly #ports: WorldPorts;
  readonly #ledger: CellLedger;
  readonly #state: WorldState;
  /** The frame that stopped for a cell. */
  #waiting: Begun | null = null;

  private constructor(ports: WorldPorts, state: WorldState, ledger: CellLedger) {
    this.#ports = ports;
    this.#state = state;
    this.#ledger = ledger;
  }

  /** A new world and its first frame. */
  static create(
    ports: WorldPorts,
    genesis: Genesis,
    definitions: Definitions,
    entry: Entry,
  ): { readonly world: World; readonly outcome: Outcome } {
    if (genesis.limitsProfile !== BigInt(LIMITS_PROFILE)) {
      throw new AirloomError(
        "missing",
        "genesis.unknown_profile",
        `no limits profile ${genesis.limitsProfile}`,
      );
    }
    if (genesis.fuelSchedule !== BigInt(FUEL_SCHEDULE) || genesis.behaviourFlags.length > 0) {
      throw new AirloomError(
        "missing",
        "genesis.unknown_behaviour",
        "this engine does not know how that world behaves",
      );
    }
    const world = new World(
      ports,
      {
        head: EMPTY_HEAD,
        lastLogicalNs: 0n as LogicalTimeNs,
        genesis,
        definitions,
        lastSnapshot: null,
        nextInstance: 0n,
        instances: new Map(),
        waiters: new Waiters(),
        intents: new Map(),
        pending: NOTHING_PENDING,
      },
      new CellLedger(),
    );
    return { world, outcome: world.step({ kind: "genesis", genesis, definitions }, entry) };
  }

  /**
   * A world as a snapshot has it; `frame` is the one that recorded the snapshot, `older` the manifests of its
   * `planManifests` that are not the world's own.
   */
  static restore(
    ports: WorldPorts,
    snapshot: SnapshotContent,
    definitions: Definitions,
    frame: Frame,
    older: ReadonlyMap<Hash, Manifest> = new Map(),
  ): World {
    return new World(ports, snapshot.restore(definitions, frame, older), new CellLedger(snapshot.cells));
  }

  get state(): Readonly<WorldState> {
    return this.#state;
  }

  get isBusy(): boolean {
    return pendingCount(this.#state.pending) > 0;
  }

  /** Throws `AirloomError` for what is refused (nothing has happened) or what this machine failed at. */
  step(ingress: Ingress, entry: Entry): Outcome {
    invariant(entry.logicalNs >= this.#state.lastLogicalNs, "logical time went back");
    const waiting = this.#waiting;
    this.#waiting = null;
    const goesOn = waiting?.ingress === ingress && waiting.draft.entry === entry;
    try {
      const begun = goesOn ? waiting : this.#begin(ingress, entry);
      if (begun === "ignored") return { kind: "ignored" };
      const { draft } = begun;
      const lacking = this.#run(begun);
      if (lacking === null) return { kind: "frame", ...draft.seal() };
      this.#waiting = { ingress, draft, task: lacking };
      return { kind: "missing", cells: draft.missingWith(lacking.cell), lists: [] };
    } catch (error) {
      if (error instanceof MissingCells) return { kind: "missing", cells: error.cells, lists: error.lists };
      throw error;
    }
  }

  #begin(ingress: Ingress, entry: Entry): Begun | "ignored" {
    const draft = new Draft(this.#state, entry, this.#ports.cells, this.#ledger);
    const accepted = this.#enter(draft, ingress);
    if (accepted === "ignored") return accepted;
    return { ingress, draft, task: accepted === "run" ? draft.nextTask() : undefined };
  }

  /** Does all that is queued; gives the delivery whose cell is missing, before anything of it was done. */
  #run({ draft, task: next }: Begun): DeliveryTask | null {
    const { modules } = this.#ports;
    for (let task = next; task !== undefined; task = draft.nextTask()) {
      if (task.kind === "turn") {
        advance(draft, task, modules);
        continue;
      }
      const state = draft.findCell(task.cell);
      if (state === "missing") return task;
      deliver(draft, task, state, modules);
    }
    return null;
  }

  /** Records the ingress and queues its first work; `alone` frames run nothing else. */
  #enter(draft: Draft, ingress: Ingress): "run" | "alone" | "ignored" {
    switch (ingress.kind) {
      case "genesis":
        draft.add({
          kind: "genesis",
          cause: null,
          cell: null,
          ...ingress.genesis,
          ...hashes(ingress.definitions),
        });
        return "alone";
      case "manifest":
        this.#refuseWhilePending("manifest.world_busy", "definitions change only when nothing is pending");
        draft.definitions = ingress.definitions;
        draft.add({ kind: "manifest", cause: null, cell: null, ...hashes(ingress.definitions) });
        return "alone";
      case "event":
        this.#refuseWhileFull();
        draft.addEvent(prepareEvent(draft.manifest, ingress.schema, ingress.value, ingress.key), null);
        return "run";
      case "plan": {
        this.#refuseWhileFull();
        const { start, input } = startByHand(draft.manifest, ingress);
        const { plan, correlation } = ingress;
        draft.startPlan(
          start,
          draft.add({ kind: "plan_start", cause: null, cell: null, plan, input, correlation }),
        );
        return "run";
      }
      case "redeliver":
        this.#refuseWhileFull();
        redeliver(draft, ingress);
        return "run";
      case "dismiss":
        dismiss(draft, ingress);
        return "alone";
      case "receipt": {
        const intent = draft.intent(ingress.intent);
        if (intent === undefined) return "ignored";
        settle(draft, intent, ingress.receipt);
        return "run";
      }
      case "continue":
        if (!this.isBusy) throw bug("continue without pending work");
        draft.add({ kind: "continue", cause: null, cell: null });
        return "run";
      case "snapshot": {
        const blob = encodeSnapshot(this.#state, this.#ledger.settle());
        draft.blobs.push(blob);
        draft.lastSnapshot = hashOf(blob);
        draft.add({ kind: "snapshot", cause: null, cell: null, snapshotHash: draft.lastSnapshot });
        return "alone";
      }
    }
  }

  #refuseWhileFull(): void {
    if (pendingCount(this.#state.pending) < LIMITS.pendingMax) return;
    throw new AirloomError("retry", "world.busy", "too much work is pending; try again later");
  }

  #refuseWhilePending(code: string, message: string): void {
    if (this.isBusy) throw new AirloomError("retry", code, message);
  }
}

function hashes(definitions: Definitions) {
  return { manifestHash: definitions.manifest.hash, settingsHash: definitions.settingsHash };
}
