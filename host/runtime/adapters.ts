/** The adapters of a world: those of the host, and what whoever opens it brings along. */

import { blobAdapter } from "../adapters/blob/blob.ts";
import { httpAdapter, randomDraw } from "../adapters/http/http.ts";
import { systemResolve } from "../adapters/http/resolve.ts";
import { type EffectFunction, ownAdapter } from "../adapters/own/own.ts";
import type { Adapter, Blobs, Settle } from "../adapters/port.ts";
import { readSecret } from "../adapters/secrets.ts";
import { TaskAdapter, type TaskKind } from "../adapters/tasks.ts";
import { TimerAdapter } from "../adapters/timer/timer.ts";
import type { WorldId } from "../values/brand.ts";
import type { LogicalClock } from "./clock.ts";
import type { OpenOptions } from "./open.ts";

/** A function by effect kind; or, for what needs to see intents and receipts itself, a maker of adapters. */
export type Adapters =
  | Readonly<Record<string, EffectFunction>>
  | ReadonlyMap<string, EffectFunction>
  | ((settle: Settle) => readonly Adapter[]);

interface AdapterParts {
  readonly worldId: WorldId;
  readonly clock: LogicalClock;
  readonly settle: Settle;
}

/** In order: a later adapter of a kind takes the place of an earlier one. */
export function makeAdapters(
  options: OpenOptions,
  { worldId, clock, settle }: AdapterParts,
): readonly Adapter[] {
  const { journal, definitions, adapters = {}, onAdapterError = () => {} } = options;
  const read = options.readSecret ?? readSecret;
  const blobs: Blobs = {
    get: (hash) => journal.getBlob(worldId, hash),
    put: (bytes) => journal.putBlob(worldId, bytes),
  };
  const http = httpAdapter({
    settings: definitions.settings.adapters.http,
    clock,
    blobs,
    readSecret: read,
    resolve: options.resolveHost ?? systemResolve,
    draw: randomDraw,
  });
  const task = (kind: TaskKind): Adapter => new TaskAdapter(kind, settle, onAdapterError);
  const own =
    typeof adapters === "function"
      ? adapters(settle)
      : entriesOf(adapters).map(([kind, perform]) => task(ownAdapter(kind, perform, blobs, read)));
  return [new TimerAdapter(clock, settle), task(blobAdapter(blobs)), task(http), ...own];
}

function entriesOf(
  adapters: Exclude<Adapters, (settle: Settle) => readonly Adapter[]>,
): readonly (readonly [string, EffectFunction])[] {
  return adapters instanceof Map ? [...adapters] : Object.entries(adapters);
}
