/**
 * What AIR's types become in AssemblyScript. A reference to a record or variant is its class; a reference to
 * anything else is looked through, so that a schema of one number is a number wherever it is a field.
 */

import { bug } from "../../values/errors.ts";
import type { Type } from "../../values/type.ts";
import { armNames, fieldNames, type Identifiers, pascal } from "./names.ts";
import type { SchemaTypes } from "./schemas.ts";

export type Form =
  | ScalarForm
  /** A record, or a variant with a payload somewhere: a class with `encode` and `decode`. */
  | { readonly kind: "class"; readonly name: string; readonly zero: string }
  /** A variant without any payload. */
  | { readonly kind: "enum"; readonly name: string; readonly zero: string }
  | { readonly kind: "list" | "set" | "option"; readonly item: Form }
  | { readonly kind: "map"; readonly key: Form; readonly value: Form };

export interface ScalarForm {
  readonly kind: "scalar";
  readonly name: string;
  /** Method of Reader and Writer. */
  readonly method: "bool" | "int" | "nat" | "text" | "bytes" | "unit";
  readonly zero: string;
}

/** A class or enum to be generated. */
export type Declared = {
  readonly name: string;
  /** What messages and comments call it: a schema's name, or a path inside one. */
  readonly label: string;
  /** Whether it is a schema of its own, and can be emitted. */
  readonly named: boolean;
} & (
  | { readonly kind: "record"; readonly fields: readonly Member[] }
  | { readonly kind: "variant"; readonly kindEnum: string; readonly arms: readonly Arm[] }
  | { readonly kind: "enum"; readonly arms: readonly Arm[] }
  /** A schema of anything else, as a class around its value. */
  | { readonly kind: "wrapper"; readonly form: Form }
);

export interface Member {
  /** As AIR has it. */
  readonly field: string;
  readonly name: string;
  readonly form: Form;
}

export interface Arm {
  readonly tag: string;
  readonly name: string;
  /** The arm's own class; of an enum, unused. */
  readonly className: string;
  /** Null for an arm of unit. */
  readonly form: Form | null;
}

const SCALARS: ReadonlyMap<string, ScalarForm> = new Map(
  (
    [
      ["bool", "bool", "bool", "false"],
      ["int", "i64", "int", "0"],
      ["duration", "i64", "int", "0"],
      ["nat", "u64", "nat", "0"],
      ["time", "u64", "nat", "0"],
      ["text", "string", "text", '""'],
      ["dec128", "string", "text", '"0"'],
      ["hash", "string", "text", '""'],
      ["uuid", "string", "text", '""'],
      ["bytes", "Uint8Array", "bytes", "new Uint8Array(0)"],
      ["unit", "Unit", "unit", "Unit.unit"],
    ] as const
  ).map(([kind, name, method, zero]) => [kind, { kind: "scalar", name, method, zero }]),
);

/** Finds the form of every type of a set of schemas, and what has to be declared for them. */
export class Forms {
  readonly #schemas: SchemaTypes;
  readonly #names: ReadonlyMap<string, string>;
  readonly #identifiers: Identifiers;
  /** Names of the records and variants that stand inside others. */
  readonly #inline = new Map<Type, string>();
  readonly #variants = new Map<Type, VariantNames>();
  readonly #wrappers = new Map<string, string>();
  readonly #declared: Declared[] = [];

  constructor(schemas: SchemaTypes, names: ReadonlyMap<string, string>, identifiers: Identifiers) {
    this.#schemas = schemas;
    this.#names = names;
    this.#identifiers = identifiers;
    for (const [name, type] of schemas) this.#nameSchema(name, type);
    for (const [name, type] of schemas) this.#declareSchema(name, type);
  }

  /** In the order of the schemas, what is inline behind what it stands in. */
  get declared(): readonly Declared[] {
    return this.#declared;
  }

  /** What a reference to this schema is. */
  ofSchema(name: string): Form {
    const type = this.#typeOf(name);
    return isComposite(type) ? this.#composite(this.#names.get(name)!, type) : this.of(type);
  }

  /** The class that stands for this schema as a whole: its own, or one around its value. */
  classOf(name: string): string {
    const form = this.ofSchema(name);
    return form.kind === "class" ? form.name : this.#wrappers.get(name)!;
  }

  /** The type a schema's name stands for once references at its top are followed. */
  resolved(name: string): Type {
    return this.#follow(this.#typeOf(name));
  }

  of(type: Type): Form {
    switch (type.kind) {
      case "ref":
        return this.ofSchema(type.name);
      case "record":
      case "variant":
        return this.#composite(this.#inline.get(type)!, type);
      case "list":
      case "set":
        return { kind: type.kind, item: this.of(type.item) };
      case "map":
        return { kind: "map", key: this.of(type.key), value: this.of(type.value) };
      case "option": {
        const item = this.of(type.item);
        // Null is null, however many options stand around it.
        return item.kind === "option" ? item : { kind: "option", item };
      }
      default:
        return SCALARS.get(type.kind)!;
    }
  }

  /** The arms of a variant; null form for one that has no payload. */
  arms(type: Composite & { readonly kind: "variant" }): readonly Arm[] {
    const names = armNames(type.arms.keys());
    const classes = this.#variants.get(type)?.classes;
    return [...type.arms].map(([tag, payload]) => ({
      tag,
      name: names.get(tag)!,
      className: classes?.get(tag) ?? "",
      form: this.#isUnit(payload) ? null : this.of(payload),
    }));
  }

  #typeOf(name: string): Type {
    const type = this.#schemas.get(name);
    if (type === undefined) throw bug("a loaded schema refers to one that is not there", { schema: name });
    return type;
  }

  #follow(type: Type): Type {
    return type.kind === "ref" ? this.#follow(this.#typeOf(type.name)) : type;
  }

  #isUnit(type: Type): boolean {
    return this.#follow(type).kind === "unit";
  }

  #isEnum(arms: ReadonlyMap<string, Type>): boolean {
    return [...arms.values()].every((arm) => this.#isUnit(arm));
  }

  #composite(name: string, type: Composite): Form {
    if (type.kind === "record") return { kind: "class", name, zero: `new ${name}()` };
    if (!this.#isEnum(type.arms)) return { kind: "class", name, zero: `${name}.zero()` };
    const [first] = armNames(type.arms.keys()).values();
    return { kind: "enum", name, zero: `${name}.${first}` };
  }

  #nameSchema(label: string, type: Type): void {
    const name = this.#names.get(label)!;
    if (!isComposite(type)) {
      this.#wrappers.set(label, name);
      this.#nameInside(name, type);
      return;
    }
    this.#nameParts(name, type);
    if (type.kind === "variant" && this.#isEnum(type.arms)) {
      this.#wrappers.set(label, this.#identifiers.claim(`${name}Value`));
    }
  }

  #nameParts(name: string, type: Composite): void {
    if (type.kind === "record") {
      for (const [field, inner] of type.fields) this.#nameInside(name + pascal(field), inner);
      return;
    }
    if (this.#isEnum(type.arms)) return;
    const kindEnum = this.#identifiers.claim(`${name}Kind`);
    const names = [...armNames(type.arms.keys())];
    const classes = new Map(names.map(([tag, arm]) => [tag, this.#identifiers.claim(name + arm)]));
    this.#variants.set(type, { kindEnum, classes });
    for (const [tag, inner] of type.arms) this.#nameInside(`${classes.get(tag)}Value`, inner);
  }

  #nameInside(name: string, type: Type): void {
    if (isComposite(type)) {
      const own = this.#identifiers.claim(name);
      this.#inline.set(type, own);
      this.#nameParts(own, type);
    } else if (type.kind === "option") this.#nameInside(name, type.item);
    else if (type.kind === "map") this.#nameInside(`${name}Value`, type.value);
    else if (type.kind === "list" || type.kind === "set") this.#nameInside(`${name}Item`, type.item);
  }

  #declareSchema(label: string, type: Type): void {
    const name = this.#names.get(label)!;
    if (isComposite(type)) this.#declare(name, label, true, type);
    else this.#declareInside(label, type);
    const wrapper = this.#wrappers.get(label);
    if (wrapper === undefined) return;
    this.#declared.push({ kind: "wrapper", name: wrapper, label, named: true, form: this.ofSchema(label) });
  }

  /** A record or variant, then what is inline in it. */
  #declare(name: string, label: string, named: boolean, type: Composite): void {
    if (type.kind === "record") {
      const names = fieldNames(type.fields.keys());
      const fields = [...type.fields].map(([field, inner]) => ({
        field,
        name: names.get(field)!,
        form: this.of(inner),
      }));
      this.#declared.push({ kind: "record", name, label, named, fields });
    } else {
      const arms = this.arms(type);
      const kindEnum = this.#variants.get(type)?.kindEnum;
      if (kindEnum === undefined) this.#declared.push({ kind: "enum", name, label, named, arms });
      else this.#declared.push({ kind: "variant", name, label, named, kindEnum, arms });
    }
    const parts = type.kind === "record" ? type.fields : type.arms;
    for (const [part, inner] of parts) this.#declareInside(`${label}.${part}`, inner);
  }

  #declareInside(label: string, type: Type): void {
    if (isComposite(type)) this.#declare(this.#inline.get(type)!, label, false, type);
    else if (type.kind === "option") this.#declareInside(label, type.item);
    else if (type.kind === "map") this.#declareInside(`${label}[]`, type.value);
    else if (type.kind === "list" || type.kind === "set") this.#declareInside(`${label}[]`, type.item);
  }
}

interface VariantNames {
  readonly kindEnum: string;
  /** By tag. */
  readonly classes: ReadonlyMap<string, string>;
}

type Composite = Type & { readonly kind: "record" | "variant" };

function isComposite(type: Type): type is Composite {
  return type.kind === "record" || type.kind === "variant";
}
