/**
 * A type with its references followed and everything a reader or writer needs made ready once: canonical
 * field order, encoded names, walkers. A named schema's shape is shared by all who refer to it, so that the
 * work and the memory grow with what was written and not with what it unfolds to.
 */

import { armFinder, type FindArm } from "./arms.ts";
import { compareBytes } from "./bytes.ts";
import { CborWriter, encodeCbor, MAJOR } from "./cbor.ts";
import { invariant } from "./errors.ts";
import type { PrimitiveKind, Type } from "./type.ts";
import {
  type Check,
  listCheck,
  mapCheck,
  optionCheck,
  recordCheck,
  scalarCheck,
  setCheck,
  variantCheck,
} from "./walker.ts";

interface Common {
  /** Without any `ref`. */
  readonly type: Type;
  readonly check: Check;
  /** How many items of a value are nested in one another below the outermost. */
  readonly depth: number;
}

export interface ScalarShape extends Common {
  readonly kind: PrimitiveKind;
}

export interface ItemShape extends Common {
  readonly kind: "list" | "set" | "option";
  readonly item: Shape;
}

export interface MapShape extends Common {
  readonly kind: "map";
  readonly key: Shape;
  readonly value: Shape;
}

export interface RecordShape extends Common {
  readonly kind: "record";
  /** In canonical order. */
  readonly fields: readonly FieldShape[];
  /** In the order they were written. */
  readonly byName: ReadonlyMap<string, FieldShape>;
  /** The map's head and the first field's key. */
  readonly head: Uint8Array;
}

export interface FieldShape {
  readonly name: string;
  /** The name as a canonical map key. */
  readonly key: Uint8Array;
  readonly shape: Shape;
}

export interface VariantShape extends Common {
  readonly kind: "variant";
  readonly arms: ReadonlyMap<string, Shape>;
  /** The arms in the order of `arms`. */
  readonly list: readonly ArmShape[];
  /** Gives an index into `list`. */
  readonly find: FindArm;
}

export interface ArmShape {
  readonly tag: string;
  /** Length of the tag as canonical text. */
  readonly tagBytes: number;
  readonly shape: Shape;
}

export type Shape = ScalarShape | ItemShape | MapShape | RecordShape | VariantShape;

/** `named` holds the shape of every schema the type refers to. */
export function shapeOf(type: Type, named: ReadonlyMap<string, Shape>): Shape {
  switch (type.kind) {
    case "ref": {
      const shape = named.get(type.name);
      invariant(shape !== undefined, `${type.name} is compiled after a schema that refers to it`);
      return shape;
    }
    case "list":
    case "set":
    case "option":
      return itemShape(type.kind, shapeOf(type.item, named));
    case "map":
      return mapShape(shapeOf(type.key, named), shapeOf(type.value, named));
    case "record":
      return recordShape(membersOf(type.fields, named));
    case "variant":
      return variantShape(membersOf(type.arms, named));
    default:
      return { kind: type.kind, type, check: scalarCheck(type.kind), depth: 0 };
  }
}

function membersOf(types: ReadonlyMap<string, Type>, named: ReadonlyMap<string, Shape>): Map<string, Shape> {
  return new Map([...types].map(([name, type]) => [name, shapeOf(type, named)]));
}

function itemShape(kind: "list" | "set" | "option", item: Shape): ItemShape {
  // An option of an option has the bytes of one option.
  const same = kind === "option" && item.kind === "option";
  const check = same ? item.check : ITEM_CHECKS[kind](item.check);
  const depth = kind === "option" ? item.depth : item.depth + 1;
  return { kind, item, type: { kind, item: item.type }, check, depth };
}

const ITEM_CHECKS = { list: listCheck, set: setCheck, option: optionCheck };

function mapShape(key: Shape, value: Shape): MapShape {
  const type: Type = { kind: "map", key: key.type, value: value.type };
  return { kind: "map", key, value, type, check: mapCheck(key.check, value.check), depth: value.depth + 1 };
}

function recordShape(members: ReadonlyMap<string, Shape>): RecordShape {
  const byName = new Map(
    [...members].map(([name, shape]): [string, FieldShape] => [name, { name, key: encodeCbor(name), shape }]),
  );
  const fields = [...byName.values()].sort((a, b) => compareBytes(a.key, b.key));
  const head = new CborWriter(64);
  head.head(MAJOR.map, fields.length);
  if (fields.length > 0) head.raw(fields[0]!.key);
  const headBytes = head.finish();
  return {
    kind: "record",
    fields,
    byName,
    head: headBytes,
    type: { kind: "record", fields: typesOf(members) },
    check: recordCheck(
      headBytes,
      fields.map((field) => field.key),
      fields.map((field) => field.shape.check),
    ),
    depth: deepest(members) + 1,
  };
}

function variantShape(arms: ReadonlyMap<string, Shape>): VariantShape {
  const tags = [...arms.keys()].map((tag) => encodeCbor(tag));
  const list = [...arms].map(([tag, shape], i): ArmShape => ({ tag, tagBytes: tags[i]!.length, shape }));
  const find = armFinder(tags);
  return {
    kind: "variant",
    arms,
    list,
    find,
    type: { kind: "variant", arms: typesOf(arms) },
    check: variantCheck(
      find,
      list.map(({ tagBytes, shape }) => ({ tagBytes, check: shape.check, unit: shape.kind === "unit" })),
    ),
    depth: deepest(arms) + 1,
  };
}

function typesOf(members: ReadonlyMap<string, Shape>): Map<string, Type> {
  return new Map([...members].map(([name, shape]) => [name, shape.type]));
}

/** Names and tags are items too, of depth 0. */
function deepest(members: ReadonlyMap<string, Shape>): number {
  let depth = members.size === 0 ? -1 : 0;
  for (const shape of members.values()) depth = Math.max(depth, shape.depth);
  return depth;
}
