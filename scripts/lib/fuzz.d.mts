/** What tests use of the fuzzer. */

export type FuzzModules = Pick<typeof import("../../host/values/bytes.ts"), "equalBytes"> &
  Pick<
    typeof import("../../host/values/cbor.ts"),
    "CborReader" | "CborWriter" | "canon" | "decodeCbor" | "encodeCbor" | "withoutSelfDescribe"
  > &
  Pick<typeof import("../../host/values/errors.ts"), "AirloomError"> &
  Pick<typeof import("../../host/values/hash.ts"), "crc32"> &
  Pick<typeof import("../../host/values/json.ts"), "jsonFrom"> &
  Pick<typeof import("../../host/values/schema.ts"), "compileSchema"> &
  Pick<typeof import("../../host/values/type-json.ts"), "parseType"> &
  Pick<typeof import("../../host/values/zero.ts"), "zeroValue"> &
  Pick<
    typeof import("../../host/journal/frame.ts"),
    "EMPTY_HEAD" | "FrameBuilder" | "openFrame" | "recordBytes"
  > &
  Pick<typeof import("../../host/journal/record.ts"), "LAYOUT" | "writeRecord"> &
  Pick<typeof import("../../host/air/load.ts"), "loadWorldDefinitions"> & {
    /** Worlds whose files are changed. */
    readonly worlds: readonly import("../../host/build/directory.ts").WorldFolder[];
  };

export interface FuzzOptions {
  readonly modules: FuzzModules;
  readonly targets: readonly string[];
  /** Of each target. */
  readonly cases: number;
  readonly seed: number;
  /** Number of the first case. */
  readonly from?: number;
}

export interface FuzzReport {
  readonly target: string;
  readonly cases: number;
  readonly accepted: number;
  /** Of all inputs together. */
  readonly bytes: number;
  /** The most of any input: heads read by one reader, or bytes looked at by one walker. */
  readonly operationsPerByte: number;
  readonly slowestMs: number;
  /** Null without `--expose-gc`. */
  readonly heapGrowth: number | null;
  readonly peakGrowth: number;
  readonly perSecond: number;
}

export class FuzzFailure extends Error {
  readonly target: string;
  readonly seed: number;
  readonly caseNumber: number;
  readonly hex: string;
}

export const TARGET_NAMES: readonly string[];

/** Throws `FuzzFailure` at the first case that fails. */
export function fuzz(options: FuzzOptions): readonly FuzzReport[];
