/** AssemblyScript classes and enums for schemas. */

import { type Codecs, typeText, zeroText } from "./containers.ts";
import type { Arm, Declared, Member } from "./forms.ts";
import { list, literal, quoted } from "./text.ts";

/** The declaration, without a blank line around it; a variant's is several. */
export function declarationText(declared: Declared, codecs: Codecs): readonly string[] {
  switch (declared.kind) {
    case "record":
      return recordClass(declared, codecs);
    case "variant":
      return variantClasses(declared, codecs);
    case "enum":
      return enumeration(declared);
    case "wrapper":
      return wrapperClass(declared, codecs);
  }
}

type Of<Kind> = Declared & { readonly kind: Kind };

function recordClass(record: Of<"record">, codecs: Codecs): string[] {
  const { name, label, fields } = record;
  const inOrder = [...fields].sort((a, b) => canonically(a.field, b.field));
  return [
    `/** ${quoted(label)} */`,
    `export class ${name}${implementing(record)} {`,
    ...constructorText(fields),
    ...schemaMethod(record),
    "",
    "  encode(w: Writer): void {",
    `    w.map(${fields.length});`,
    ...inOrder.map(({ field, name: own, form }) => {
      return `    ${codecs.write(form, `w.key(${literal(field)})`, `this.${own}`)};`;
    }),
    "  }",
    "",
    `  static decode(r: Reader): ${name} {`,
    `    const around = r.record(${literal(label)});`,
    ...inOrder.map(({ field, name: own, form }) => {
      return `    const ${local(own)} = ${codecs.read(form, `r.key(${literal(field)})`)};`;
    }),
    "    r.close(around);",
    ...list(
      "    ",
      `return new ${name}(`,
      fields.map(({ name: own }) => local(own)),
      ");",
    ),
    "  }",
    "}",
  ];
}

/** The order of encoded keys: the shorter in UTF-8, then by bytes. */
function canonically(a: string, b: string): number {
  const [x, y] = [new TextEncoder().encode(a), new TextEncoder().encode(b)];
  if (x.length !== y.length) return x.length - y.length;
  const at = x.findIndex((byte, i) => byte !== y[i]);
  return at < 0 ? 0 : x[at]! - y[at]!;
}

function constructorText(fields: readonly Member[]): string[] {
  const parameters = fields.map(({ name, form }) => {
    return `public ${name}: ${typeText(form)} = ${zeroText(form)}`;
  });
  if (parameters.length === 0) return ["  constructor() {}"];
  if (parameters.length === 1) return [`  constructor(${parameters[0]}) {}`];
  return ["  constructor(", ...parameters.map((parameter) => `    ${parameter},`), "  ) {}"];
}

/** Names that `decode` uses itself. */
function local(name: string): string {
  return name === "r" || name === "around" || /^(?:read|write)[A-Z]/.test(name) ? `${name}_` : name;
}

function implementing({ named }: Declared): string {
  return named ? " implements Value" : "";
}

function schemaMethod({ named, label }: Declared): string[] {
  if (!named) return [];
  return ["", "  schema(): string {", `    return ${literal(label)};`, "  }"];
}

function wrapperClass(wrapper: Of<"wrapper">, codecs: Codecs): string[] {
  const { name, label, form } = wrapper;
  return [
    `/** ${quoted(label)}, to be emitted or kept as a state. */`,
    `export class ${name} implements Value {`,
    `  constructor(public value: ${typeText(form)} = ${zeroText(form)}) {}`,
    ...schemaMethod(wrapper),
    "",
    "  encode(w: Writer): void {",
    `    ${codecs.write(form, "w", "this.value")};`,
    "  }",
    "",
    `  static decode(r: Reader): ${name} {`,
    `    return new ${name}(${codecs.read(form, "r")});`,
    "  }",
    "}",
  ];
}

function variantClasses(variant: Of<"variant">, codecs: Codecs): string[] {
  const { name, label, kindEnum, arms } = variant;
  return [
    `/** The arms of ${quoted(label)}. */`,
    ...enumText(kindEnum, arms),
    "",
    `/** ${quoted(label)}: an object of one of the classes below, told apart by \`kind\`. */`,
    `export abstract class ${name}${implementing(variant)} {`,
    `  constructor(public readonly kind: ${kindEnum}) {}`,
    ...schemaMethod(variant),
    "",
    "  abstract encode(w: Writer): void;",
    ...arms.flatMap((arm) => accessor(arm, kindEnum)),
    "",
    "  /** The first arm, empty. */",
    `  static zero(): ${name} {`,
    `    return new ${arms[0]!.className}();`,
    "  }",
    "",
    `  static decode(r: Reader): ${name} {`,
    `    r.variant(${literal(label)});`,
    ...arms.map(({ tag, className, form }) => {
      const asks = form === null ? "unitArm" : "arm";
      const value = form === null ? "" : codecs.read(form, "r");
      return `    if (r.${asks}(${literal(tag)})) return new ${className}(${value});`;
    }),
    `    return r.noArm<${name}>(${literal(label)});`,
    "  }",
    "}",
    ...arms.flatMap((arm) => ["", ...armClass(variant, arm, codecs)]),
  ];
}

function accessor({ tag, name, className }: Arm, kindEnum: string): string[] {
  return [
    "",
    `  /** This where the arm is ${quoted(tag)}, else null. */`,
    `  as${name}(): ${className} | null {`,
    `    return this.kind == ${kindEnum}.${name} ? changetype<${className}>(this) : null;`,
    "  }",
  ];
}

function armClass(variant: Of<"variant">, { tag, name, className, form }: Arm, codecs: Codecs): string[] {
  const value = form === null ? "" : `public value: ${typeText(form)} = ${zeroText(form)}`;
  const body =
    form === null
      ? [`    w.unitArm(${literal(tag)});`]
      : [`    w.arm(${literal(tag)});`, `    ${codecs.write(form, "w", "this.value")};`];
  return [
    `/** Arm ${quoted(tag)} of ${quoted(variant.label)}. */`,
    `export class ${className} extends ${variant.name} {`,
    `  constructor(${value}) {`,
    `    super(${variant.kindEnum}.${name});`,
    "  }",
    "",
    "  encode(w: Writer): void {",
    ...body,
    "  }",
    "}",
  ];
}

function enumeration({ name, label, arms }: Of<"enum">): string[] {
  return [
    `/** ${quoted(label)} */`,
    ...enumText(name, arms),
    "",
    `export function read${name}(r: Reader): ${name} {`,
    `  r.variant(${literal(label)});`,
    ...arms.map(({ tag, name: arm }) => `  if (r.unitArm(${literal(tag)})) return ${name}.${arm};`),
    `  return r.noArm<${name}>(${literal(label)});`,
    "}",
    "",
    `export function write${name}(w: Writer, value: ${name}): void {`,
    ...arms.map(({ tag, name: arm }, i) => {
      const when = i === arms.length - 1 ? "" : `if (value == ${name}.${arm}) `;
      return `  ${i > 0 ? "else " : ""}${when}w.unitArm(${literal(tag)});`;
    }),
    "}",
  ];
}

function enumText(name: string, arms: readonly Arm[]): string[] {
  return [`export enum ${name} {`, ...arms.map((arm) => `  ${arm.name},`), "}"];
}
