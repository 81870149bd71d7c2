/** The HTTP adapter by itself: a grant, a clock that moves when told, blobs in memory. */

import { httpAdapter } from "../../host/adapters/http/http.ts";
import type { Blobs, Dispatch } from "../../host/adapters/port.ts";
import type { ReadSecret } from "../../host/adapters/secrets.ts";
import { TaskAdapter } from "../../host/adapters/tasks.ts";
import { DEFAULT_ADAPTER_SETTINGS, type HttpSettings } from "../../host/air/adapter-settings.ts";
import { NO_IDEMPOTENCY_KEY, type OpenIntent } from "../../host/effects/intent.ts";
import { outgoingKey } from "../../host/effects/key.ts";
import type { Receipt } from "../../host/effects/receipt.ts";
import type { Stamp } from "../../host/journal/frame.ts";
import { VirtualClock } from "../../host/testing/clock.ts";
import type { FrameSeq, Hash, IntentId, LogicalTimeNs, WorldId } from "../../host/values/brand.ts";
import { hashOf, ZERO_HASH } from "../../host/values/hash.ts";
import { toNative } from "../../host/values/native.ts";
import { effectOf, grantOf, PLAN, params } from "../gate/gates.ts";
import { T } from "../support/world.ts";

export const WORLD = "00112233445566778899aabbccddeeff" as WorldId;
const HTTP = effectOf("http.request");
const NOTHING = { hosts: null, schemes: null, methods: null, ports: null, path_prefixes: null };

export interface HttpReceipt {
  readonly status: bigint;
  readonly headers: ReadonlyMap<string, string>;
  readonly body_ref: Hash | null;
  readonly timings: { readonly start_ns: bigint; readonly end_ns: bigint };
  readonly adapter_id: string;
}

export interface Received {
  readonly receipt: Receipt;
  readonly http: HttpReceipt;
  /** As text; null without a body. */
  readonly body: string | null;
}

export interface Outside {
  readonly clock: VirtualClock;
  readonly blobs: Map<Hash, Uint8Array>;
  /** Does a request; with the same ordinal it is the same intent again. */
  request(request: Ask): Promise<Received>;
  stop(): void;
  /** Waits before another try, in ms, so far. */
  readonly waits: readonly number[];
  readonly errors: readonly unknown[];
}

export interface Ask {
  readonly url: string;
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
  readonly bodyRef?: Hash;
  readonly grant?: object | null;
  readonly idempotencyKey?: Uint8Array;
  readonly ordinal?: number;
}

export interface OutsideOptions {
  readonly settings?: Partial<HttpSettings>;
  readonly secrets?: Readonly<Record<string, string>>;
  readonly resolve?: (host: string) => readonly string[];
  readonly draw?: bigint;
  readonly readSecret?: ReadSecret;
}

export function outside(options: OutsideOptions = {}): Outside {
  const clock = new VirtualClock(T);
  const blobs = new Map<Hash, Uint8Array>();
  const store: Blobs = {
    get: async (hash) => blobs.get(hash) ?? null,
    put: async (bytes) => {
      blobs.set(hashOf(bytes), bytes.slice());
      return hashOf(bytes);
    },
  };
  const errors: unknown[] = [];
  const waits: number[] = [];
  const settings = { ...DEFAULT_ADAPTER_SETTINGS.http, ...options.settings };
  const waiting = new Map<IntentId, (receipt: Receipt) => void>();
  const secrets = new Map(Object.entries(options.secrets ?? {}));
  const kind = httpAdapter({
    settings,
    clock: {
      now: () => clock.wallNs() as LogicalTimeNs,
      schedule: (delayMs, callback) => {
        if (delayMs !== settings.timeoutMs) waits.push(delayMs);
        return clock.schedule(delayMs, callback);
      },
    },
    blobs: store,
    readSecret: options.readSecret ?? (async (binding) => new TextEncoder().encode(secrets.get(binding)!)),
    resolve: async (host) => options.resolve?.(host) ?? ["127.0.0.1"],
    draw: () => options.draw ?? 0n,
  });
  const settle = (id: IntentId, make: (stamp: Stamp) => Receipt): void =>
    waiting.get(id)?.(make({ logicalNs: T } as unknown as Stamp));
  const adapter = new TaskAdapter(kind, settle, (_, error) => errors.push(error));
  let ordinals = 0;
  return {
    clock,
    blobs,
    errors,
    waits,
    stop: () => adapter.stop(),
    async request(ask) {
      const intent = await intentOf(ask, ask.ordinal ?? ordinals++, store);
      const { grant: given = { hosts: ["127.0.0.1", "localhost"] } } = ask;
      const grant = given === null ? null : grantOf("web", "sys/http.out@1", { ...NOTHING, ...given });
      const dispatch: Dispatch = {
        effect: HTTP,
        grant,
        secrets: new Map(),
        key: () => outgoingKey(WORLD, intent),
      };
      const receipt = await new Promise<Receipt>((resolve) => {
        waiting.set(intent.id, resolve);
        adapter.start(intent, dispatch);
      });
      const http = toNative(HTTP.receipt, HTTP.receipt.decode(receipt.payload)) as HttpReceipt;
      const body = http.body_ref === null ? null : new TextDecoder().decode(blobs.get(http.body_ref)!);
      return { receipt, http, body };
    },
  };
}

async function intentOf(ask: Ask, ordinal: number, blobs: Blobs): Promise<OpenIntent> {
  const { url, method = "GET", headers = {}, body, bodyRef } = ask;
  const ref = body === undefined ? (bodyRef ?? null) : await blobs.put(new TextEncoder().encode(body));
  return {
    id: `3.${ordinal}` as IntentId,
    frame: 3n as FrameSeq,
    ordinal,
    kind: "http.request",
    capName: "web",
    params: params(HTTP, { method, url, headers: new Map(Object.entries(headers)), body_ref: ref }),
    idempotencyKey: ask.idempotencyKey ?? NO_IDEMPOTENCY_KEY,
    origin: PLAN,
    cell: null,
    step: { instance: 0n, id: "call" },
    hash: ZERO_HASH,
  };
}
