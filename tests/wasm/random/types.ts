/** Value types of the binary format, and what random modules are made of. */

export const I32 = 0x7f;
export const I64 = 0x7e;
export const F32 = 0x7d;
export const F64 = 0x7c;
export const FUNCREF = 0x70;
export const EXTERNREF = 0x6f;

export interface FunctionType {
  readonly parameters: readonly number[];
  readonly results: readonly number[];
}

/** What a generated module may have beside integers, blocks, calls, one memory and a table for calls. */
export interface Features {
  readonly floats: boolean;
  /** Gives every NaN that is computed the same bits, by code of its own. */
  readonly canonical: boolean;
  /** References as values, instructions that change tables, and drops of segments. */
  readonly references: boolean;
  /** `memory.grow`. */
  readonly grows: boolean;
  /** Loops and recursions without an end. */
  readonly endless: boolean;
}

export interface GlobalPlan {
  readonly type: number;
  readonly mutable: boolean;
}

/** What a body may refer to. */
export interface Surroundings {
  readonly features: Features;
  readonly types: readonly FunctionType[];
  /** Type index of each function. */
  readonly functions: readonly number[];
  readonly globals: readonly GlobalPlan[];
  /** Element type of each table; the first holds functions. */
  readonly tables: readonly number[];
  readonly tableSize: number;
  /** Functions in the first slots of the first table. */
  readonly slots: readonly number[];
  readonly dataSegments: number;
  readonly elementSegments: number;
  readonly pages: number;
  /** The global that bounds how many loops and calls a run makes. */
  readonly budget: number;
}
