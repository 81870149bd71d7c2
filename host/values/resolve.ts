/** Follows references between schemas: finds the ones that lead nowhere or back, and an order to compile in. */

import { AirloomError, type Diagnostic } from "./errors.ts";
import { NESTING_MAX } from "./limits.ts";
import { nearest } from "./nearest.ts";
import { child } from "./pointer.ts";
import { type Shape, shapeOf } from "./shape.ts";
import type { Type, TypeLookup } from "./type.ts";

/** One reference that cannot be followed, or a schema that nests too deep. */
export interface SchemaFault {
  readonly code: "schema.cycle" | "schema.unknown_ref" | "schema.too_deep";
  /** Name of the schema it was found in. */
  readonly schema: string;
  /** Into that schema's type. */
  readonly pointer: string;
  /** The schema referred to; the schema itself when it is too deep. */
  readonly ref: string;
  readonly message: string;
  readonly hint: string;
}

interface Reference {
  readonly name: string;
  readonly pointer: string;
}

interface Visit {
  readonly name: string;
  readonly type: Type;
  readonly references: readonly Reference[];
  next: number;
}

/**
 * Compiles the roots and all they refer to into `shapes`, referred ones first, and reports what is wrong.
 * With a fault the shapes are incomplete. Schemas already in `shapes` are taken as they are. Keeps its own
 * stack: a chain of references may be as long as the manifest.
 */
export function compileInto(
  shapes: Map<string, Shape>,
  roots: Iterable<readonly [string, Type]>,
  lookup: TypeLookup,
  candidates: readonly string[] = [],
): SchemaFault[] {
  const faults: SchemaFault[] = [];
  const broken = new Set<string>();
  const finish = (visit: Visit): void => {
    if (visit.references.some(({ name }) => broken.has(name) || !shapes.has(name))) {
      broken.add(visit.name);
      return;
    }
    const shape = shapeOf(visit.type, shapes);
    if (shape.depth > NESTING_MAX) {
      faults.push(tooDeep(visit.name, shape.depth));
      broken.add(visit.name);
    } else shapes.set(visit.name, shape);
  };
  for (const [root, type] of roots) {
    if (shapes.has(root) || broken.has(root)) continue;
    const path: Visit[] = [visitOf(root, type)];
    const open = new Set([root]);
    while (path.length > 0) {
      const visit = path[path.length - 1]!;
      const reference = visit.references[visit.next];
      if (reference === undefined) {
        finish(visit);
        open.delete(visit.name);
        path.pop();
        continue;
      }
      visit.next += 1;
      const { name } = reference;
      if (shapes.has(name) || broken.has(name)) continue;
      const target = lookup(name);
      if (open.has(name)) faults.push(cycle(visit.name, reference, path));
      else if (target === undefined) faults.push(unknown(visit.name, reference, candidates));
      else {
        path.push(visitOf(name, target));
        open.add(name);
      }
    }
  }
  return faults;
}

/** Throws with the first fault's code and all of them as diagnostics. */
export function throwSchemaFaults(faults: readonly SchemaFault[]): void {
  const [first] = faults;
  if (first === undefined) return;
  const more = faults.length === 1 ? "" : ` (and ${faults.length - 1} more)`;
  throw new AirloomError("manifest", first.code, `${first.message}${more}`, {
    diagnostics: faults.map(asDiagnostic),
    fields: { schema: first.schema, ref: first.ref },
  });
}

function asDiagnostic({ code, pointer, message, hint }: SchemaFault): Diagnostic {
  return { code, severity: "error", pointer, message, hint };
}

function visitOf(name: string, type: Type): Visit {
  const references: Reference[] = [];
  collect(type, "", references);
  return { name, type, references, next: 0 };
}

function collect(type: Type, pointer: string, into: Reference[]): void {
  const at = child(pointer, type.kind);
  switch (type.kind) {
    case "ref":
      into.push({ name: type.name, pointer: at });
      return;
    case "list":
    case "set":
    case "option":
      collect(type.item, at, into);
      return;
    case "map":
      collect(type.key, child(at, "key"), into);
      collect(type.value, child(at, "value"), into);
      return;
    case "record":
      for (const [name, field] of type.fields) collect(field, child(at, name), into);
      return;
    case "variant":
      for (const [name, arm] of type.arms) collect(arm, child(at, name), into);
  }
}

function cycle(schema: string, { name, pointer }: Reference, path: readonly Visit[]): SchemaFault {
  const names = path.map((visit) => visit.name);
  const round = [...names.slice(names.indexOf(name)), name];
  const shown = round.length > 6 ? [...round.slice(0, 4), "…", name] : round;
  return {
    code: "schema.cycle",
    schema,
    pointer,
    ref: name,
    message: `${schema} contains itself: ${shown.join(" -> ")}`,
    hint: "break the circle: keep a key or a hash of the inner value instead",
  };
}

function unknown(schema: string, { name, pointer }: Reference, candidates: readonly string[]): SchemaFault {
  const near = nearest(name, candidates);
  return {
    code: "schema.unknown_ref",
    schema,
    pointer,
    ref: name,
    message: `${schema} refers to ${name}, which is no schema here`,
    hint: near === undefined ? `define ${name} and list it in the manifest` : `did you mean ${near}?`,
  };
}

function tooDeep(schema: string, depth: number): SchemaFault {
  return {
    code: "schema.too_deep",
    schema,
    pointer: "",
    ref: schema,
    message: `values of ${schema} nest ${depth} deep, more than ${NESTING_MAX}`,
    hint: "keep inner values as values of their own, referred to by key or hash",
  };
}
