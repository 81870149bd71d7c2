declare const brand: unique symbol;

/** A primitive that does not mix with its equals: swapped arguments do not compile. */
export type Brand<Base, Name extends string> = Base & { readonly [brand]: Name };

/** `sha256:` and 64 lower-case hex digits: how AIR writes a hash in text. */
export type Hash = Brand<string, "Hash">;

/** Position of a frame in its world's journal, from 0 (genesis). */
export type FrameSeq = Brand<bigint, "FrameSeq">;

/** Position of a record among all records of a world's journal, from 0. */
export type RecordSeq = Brand<bigint, "RecordSeq">;

/** Nanoseconds since the Unix epoch on a world's logical clock; unsigned 64 bits. */
export type LogicalTimeNs = Brand<bigint, "LogicalTimeNs">;

/** Nanoseconds since the Unix epoch as the wall clock told them; unsigned 64 bits. */
export type WallTimeNs = Brand<bigint, "WallTimeNs">;

/** Identity of a world: 32 lower-case hex digits of 16 random bytes. */
export type WorldId = Brand<string, "WorldId">;

/** Which opening of a world may write; grows with every claim. */
export type Epoch = Brand<bigint, "Epoch">;

/** Identity of one emission of an effect: `<frame sequence>.<ordinal in the frame>`. */
export type IntentId = Brand<string, "IntentId">;
