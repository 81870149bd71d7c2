/**
 * Limits profile 1: every number that decides whether a world accepts something, each with its unit and
 * its reason. Genesis records the profile, so these are frozen once released; a change is a new profile.
 */

/** Depth of nested values, types and JSON. Keeps every recursive reader far from the host's stack end. */
export const NESTING_MAX = 128;

/** The profile's number, as genesis records it. */
export const LIMITS_PROFILE = 1;

/** The number of the fuel schedule (host/wasm/instrument.ts), as genesis records it. */
export const FUEL_SCHEDULE = 1;

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
  /** Fuel of one frame at which no further task is started: two deliveries that spend all they may. */
  frameFuelMax: 2_000_000_000,
  /** Pending tasks above which external events are told `world.busy`. */
  pendingMax: 65_536,
  /** One value in a plan: what a step gives, a text that is joined. Whatever enters as one event fits. */
  planValueBytesMax: 256 * KIB,
  /** A state up to this size stands in its `delivery` record, a larger one is a blob. */
  inlineStateBytesMax: 1 * KIB,
  /** State of one cell. */
  stateBytesMax: 16 * KIB * KIB,
  /** Text of a module, an event or a server in a fault record, in UTF-16 units. */
  faultTextMax: 512,
  /** Original bytes of a wasm module. */
  moduleBytesMax: 4 * KIB * KIB,
  /** Functions of a module. Rewriting is linear in them, and a tenth of this is a large program. */
  moduleFunctionsMax: 10_000,
  /** Globals of a module; every mutable one is set back after each call. */
  moduleGlobalsMax: 1_000,
  /** Tables of a module; compilers make one. */
  moduleTablesMax: 16,
  /** Entries of all tables of a module together at the start, and of each after growing. */
  moduleTableEntriesMax: 65_536,
  /** Bytes of one function's body: rewritten (at most 21 times as long) it stays within the engine's 7.6 MB. */
  functionBytesMax: 320 * KIB,
  /** Parameters and locals of one function: 16 KB of stack, a sixteenth of the budget. */
  functionLocalsMax: 2_000,
  /** Values one function holds at once beside its locals. */
  operandHeightMax: 2_000,
  /**
   * Places where ways part or meet in one function, times its locals and operands: the engine's first compiler
   * writes all of them down at each. 2 million cost it 0.1 to 0.5 s and 70 MB, and 100 million (2,000 locals in
   * 50,000 blocks) 10 s and gigabytes. What compilers make of real programs stays below 50,000.
   */
  functionJoinValuesMax: 2_000_000,
  /** The same of all functions together: a call may be the first of every one. A large program has 140,000. */
  moduleJoinValuesMax: 16_000_000,
  /** Stack of the longest chain of calls that never comes back to a function it holds. */
  callChainBytesMax: 256 * KIB,
  /** Stack of recursive calls. With the longest chain it takes half of the 984 KiB the engine has. */
  stackBytesDefault: 256 * KIB,
  /** Pages of 64 KiB a module's memory may have: four copies of the largest state. */
  memoryPagesDefault: 1024,
  /** Pages the settings may allow: 1 GiB. */
  memoryPagesMax: 16_384,
  /** Fuel of one delivery. 100 million take 24 ms in a spinning loop, so this is a quarter of a second. */
  fuelDefault: 1_000_000_000,
  /** Fuel the settings may allow: what an i32 holds. */
  fuelMax: 2_147_483_647,
  /** Fuel of a start function, which every new instance runs and no delivery counts. */
  startFuelMax: 10_000_000,
  /** Ingress id, in UTF-16 units. */
  ingressIdMax: 256,
  /** A URL that the gate reads, in UTF-16 units. Servers refuse longer ones sooner or later. */
  urlLengthMax: 8 * KIB,
} as const;
