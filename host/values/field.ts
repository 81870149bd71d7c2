/** Finds a part of a value in its canonical bytes, without reading the rest into objects. */

import { CborReader, encodeCbor, hasSelfDescribe } from "./cbor.ts";
import { type Schema, shapeOfSchema } from "./schema.ts";
import { type MapShape, type RecordShape, type Shape, shapeOf, type VariantShape } from "./shape.ts";
import { holds, TAG_KEY, VALUE_KEY } from "./walker.ts";

/**
 * A view of the bytes of the part a path names, without a tag. A segment is a record's field, `$tag` or
 * `$value` of a variant, or a key of a map whose keys are text. Undefined when there is no such part: an
 * option that is null on the way, a key the map lacks, a path the type does not have, or bytes the schema
 * refuses up to there. The bytes may start with the self-describe tag.
 */
export function fieldBytes(
  schema: Schema,
  bytes: Uint8Array,
  path: readonly string[],
): Uint8Array | undefined {
  let part: Part | undefined = { shape: shapeOfSchema(schema), pos: hasSelfDescribe(bytes) ? 3 : 0 };
  for (const segment of path) {
    part = partOf(part.shape, bytes, part.pos, segment);
    if (part === undefined) return undefined;
  }
  const stop = part.shape.check(bytes, part.pos, bytes.length);
  return stop < 0 || stop > bytes.length ? undefined : bytes.subarray(part.pos, stop);
}

/** A value's place and what it is. */
interface Part {
  readonly shape: Shape;
  readonly pos: number;
}

const TEXT = shapeOf({ kind: "text" }, new Map());

function partOf(shape: Shape, bytes: Uint8Array, pos: number, segment: string): Part | undefined {
  switch (shape.kind) {
    case "option":
      return partOf(shape.item, bytes, pos, segment);
    case "record":
      return fieldOf(shape, bytes, pos, segment);
    case "variant":
      return sideOf(shape, bytes, pos, segment);
    case "map":
      return shape.key.kind === "text" ? entryOf(shape, bytes, pos, segment) : undefined;
    default:
      return undefined;
  }
}

function fieldOf(shape: RecordShape, bytes: Uint8Array, start: number, name: string): Part | undefined {
  if (!shape.byName.has(name) || !holds(bytes, start, shape.head)) return undefined;
  let pos = start + shape.head.length;
  for (let i = 0; i < shape.fields.length; i++) {
    const field = shape.fields[i]!;
    if (i > 0) {
      if (!holds(bytes, pos, field.key)) return undefined;
      pos += field.key.length;
    }
    if (field.name === name) return { shape: field.shape, pos };
    pos = field.shape.check(bytes, pos, bytes.length);
    if (pos < 0) return undefined;
  }
  return undefined;
}

function sideOf(shape: VariantShape, bytes: Uint8Array, start: number, side: string): Part | undefined {
  const head = bytes[start];
  if ((head !== 0xa1 && head !== 0xa2) || !holds(bytes, start + 1, TAG_KEY)) return undefined;
  const tagPos = start + 1 + TAG_KEY.length;
  if (side === "$tag") return { shape: TEXT, pos: tagPos };
  const arm = shape.list[shape.find(bytes, tagPos)];
  if (side !== "$value" || arm === undefined || head !== 0xa2) return undefined;
  const valuePos = tagPos + arm.tagBytes;
  if (!holds(bytes, valuePos, VALUE_KEY)) return undefined;
  return { shape: arm.shape, pos: valuePos + VALUE_KEY.length };
}

function entryOf(shape: MapShape, bytes: Uint8Array, start: number, name: string): Part | undefined {
  const end = shape.check(bytes, start, bytes.length);
  if (end < 0 || end > bytes.length) return undefined;
  const reader = new CborReader(bytes, "canonical", start);
  reader.advance();
  const wanted = encodeCbor(name);
  let pos = reader.pos;
  while (pos < end) {
    const valuePos = shape.key.check(bytes, pos, end);
    if (holds(bytes, pos, wanted)) return { shape: shape.value, pos: valuePos };
    pos = shape.value.check(bytes, valuePos, end);
  }
  return undefined;
}
