/**
 * Limits profile 1: every number that decides whether a world accepts something, each with its unit and
 * its reason. Genesis records the profile, so these are frozen once released; a change is a new profile.
 */

/** Depth of nested values, types and JSON. Keeps every recursive reader far from the host's stack end. */
export const NESTING_MAX = 128;

/** The profile's number, as genesis records it. */
export const LIMITS_PROFILE = 1;

const KIB = 1024;

export const LIMITS = {
  /** One external event or receipt payload, canonical bytes. Larger things are blobs. */
  ingressBytesMax: 256 * KIB,
  /** Output envelope of one delivery. */
  outputBytesMax: 256 * KIB,
  /** Events in one delivery's output. */
  deliveryEventsMax: 1024,
  /** Effects in one delivery of a `reducer`: AIR's plan era allows one. */
  reducerEffectsMax: 1,
  /** Effects in one delivery of a `workflow`. */
  workflowEffectsMax: 64,
  /** Tasks (deliveries and plan turns) in one frame; the rest becomes pending work of the next frame. */
  frameTasksMax: 1024,
  /** Bytes of one frame at which no further task is started: a store's message stays below 1 MiB. */
  frameBytesMax: 768 * KIB,
  /** Pending tasks above which external events are told `world.busy`. */
  pendingMax: 65_536,
  /** A state up to this size stands in its `delivery` record, a larger one is a blob. */
  inlineStateBytesMax: 1 * KIB,
  /** State of one cell. */
  stateBytesMax: 16 * KIB * KIB,
  /** Text of a module, an event or a server in a fault record, in UTF-16 units. */
  faultTextMax: 512,
  /** Original bytes of a wasm module. */
  moduleBytesMax: 4 * KIB * KIB,
  /** Ingress id, in UTF-16 units. */
  ingressIdMax: 256,
} as const;
