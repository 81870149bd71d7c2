/** The retry world for tests of `airloom/testing`, with its types as codegen writes them. */

import { fileURLToPath } from "node:url";
import { worldFolder } from "../../host/testing/index.ts";

export interface StartWork {
  readonly req_id: string;
  readonly payload: string;
  readonly max_attempts: bigint;
  readonly base_delay_ms: bigint;
  readonly now_ns: bigint;
}

export interface WorkErr {
  readonly req_id: string;
  readonly transient: boolean;
  readonly message: string;
}

export interface RetryState {
  readonly pc: string;
  readonly attempt: bigint;
  readonly max_attempts: bigint;
  readonly base_delay_ms: bigint;
  readonly anchor_ns: bigint;
  readonly payload: string;
  readonly req_id: string;
}

export type RetryEvent =
  | { readonly $tag: "Start"; readonly $value: StartWork }
  | { readonly $tag: "Ok"; readonly $value: { readonly req_id: string } }
  | { readonly $tag: "Err"; readonly $value: WorkErr }
  | { readonly $tag: "Timer"; readonly $value: unknown };

export interface World {
  schemas: {
    "demo/StartWork@1": StartWork;
    "demo/WorkRequested@1": { readonly req_id: string; readonly payload: string };
    "demo/WorkOk@1": { readonly req_id: string };
    "demo/WorkErr@1": WorkErr;
    "demo/RetryState@1": RetryState;
  };
  reducers: { "demo/RetrySM@1": { state: RetryState; event: RetryEvent; key: null } };
}

const folder = (name: string): string => fileURLToPath(new URL(`../../air/worlds/${name}/`, import.meta.url));

export const retryWorld = worldFolder<World>(folder("retry-backoff"));
/** The same reducer where the service answers at the third try. */
export const recovers = worldFolder<World>(folder("retry-backoff-recovers"));

export const RETRY = "demo/RetrySM@1";
export const T = 1_700_000_000_000_000_000n;
export const MS = 1_000_000n;

export const start: StartWork = {
  req_id: "req-1",
  payload: "resize photo 7",
  max_attempts: 3n,
  base_delay_ms: 500n,
  now_ns: T,
};

/** What the state is after `start`. */
export const waiting: RetryState = {
  pc: "Waiting",
  attempt: 1n,
  max_attempts: 3n,
  base_delay_ms: 500n,
  anchor_ns: T,
  payload: "resize photo 7",
  req_id: "req-1",
};

/** What the check of `action` prints when it fails; fails itself when it does not. */
export function failureOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof Error && error.name === "TestFailure") return error.message;
    throw error;
  }
  throw new Error("nothing failed");
}

/** The code of the error that a promise rejects with; null when it does not. */
export async function codeOf(work: Promise<unknown>): Promise<string | null> {
  try {
    await work;
    return null;
  } catch (error) {
    return (error as { readonly code?: string }).code ?? String(error);
  }
}
