/** Abstract classes that authors extend: one for each reducer or pure module. */

import type { ModuleDefinition } from "../../air/definitions.ts";
import { bug } from "../../values/errors.ts";
import { type Codecs, typeText } from "./containers.ts";
import type { Arm, Forms } from "./forms.ts";
import { literal, quoted } from "./text.ts";

/** The module's base class; `name` is what it is called. */
export function moduleText(
  module: ModuleDefinition,
  name: string,
  forms: Forms,
  codecs: Codecs,
): readonly string[] {
  if (module.reducer !== null) return reducerClass(module, name, forms, codecs);
  if (module.pure !== null) return pureClass(module.pure, name, forms, codecs);
  throw bug("a module is neither a reducer nor pure", { module: module.name });
}

/** A method an author has to write, and the statement that calls it. */
interface Handler {
  readonly signature: string;
  readonly call: string;
}

function reducerClass(module: ModuleDefinition, name: string, forms: Forms, codecs: Codecs): string[] {
  const { state, event } = module.reducer!;
  const stateClass = forms.classOf(state);
  const stateForm = forms.ofSchema(state);
  const zero = stateForm.kind === "class" ? stateForm.zero : `new ${stateClass}()`;
  const type = forms.resolved(event);
  const arms = type.kind === "variant" ? forms.arms(type) : null;
  const handlers =
    arms === null ? [eventHandler(event, forms, codecs)] : arms.map((arm) => armHandler(arm, codecs));
  const dispatch = arms === null ? [`    ${handlers[0]!.call};`] : armDispatch(event, arms, handlers);
  return [
    `/** Handles ${quoted(event)} over ${quoted(state)}${arms === null ? "" : ": one method for each arm"}. */`,
    `export abstract class ${name} extends Reducer<${stateClass}> {`,
    ...handlers.flatMap(({ signature }, i) => [...(i > 0 ? [""] : []), `  abstract ${signature};`]),
    ...keyAccessor(module.keySchema, forms, codecs),
    ...method("eventSchema(): string", [`    return ${literal(event)};`]),
    ...method(`emptyState(): ${stateClass}`, [`    return ${zero};`]),
    ...method(`decodeState(r: Reader): ${stateClass}`, [`    return ${stateClass}.decode(r);`]),
    ...method("dispatch(r: Reader): void", dispatch),
    "}",
  ];
}

function method(signature: string, body: readonly string[]): string[] {
  return ["", `  protected ${signature} {`, ...body, "  }"];
}

function armHandler({ name, form }: Arm, codecs: Codecs): Handler {
  const parameter = form === null ? "" : `event: ${typeText(form)}`;
  const value = form === null ? "" : codecs.read(form, "r");
  return { signature: `on${name}(${parameter}): void`, call: `this.on${name}(${value})` };
}

function eventHandler(event: string, forms: Forms, codecs: Codecs): Handler {
  const form = forms.ofSchema(event);
  return {
    signature: `onEvent(event: ${typeText(form)}): void`,
    call: `this.onEvent(${codecs.read(form, "r")})`,
  };
}

function armDispatch(event: string, arms: readonly Arm[], handlers: readonly Handler[]): string[] {
  return [
    `    r.variant(${literal(event)});`,
    ...arms.map(({ tag, form }, i) => {
      const asks = `r.${form === null ? "unitArm" : "arm"}(${literal(tag)})`;
      return `    ${i > 0 ? "else " : ""}if (${asks}) ${handlers[i]!.call};`;
    }),
    `    else r.noArm<bool>(${literal(event)});`,
  ];
}

function keyAccessor(schema: string | null, forms: Forms, codecs: Codecs): string[] {
  if (schema === null) return [];
  const form = forms.ofSchema(schema);
  return [
    "",
    `  /** The key of this cell: ${quoted(schema)}. */`,
    `  get key(): ${typeText(form)} {`,
    `    return ${codecs.read(form, "this.readKey()")};`,
    "  }",
  ];
}

function pureClass(
  { input, output }: { readonly input: string; readonly output: string },
  name: string,
  forms: Forms,
  codecs: Codecs,
): string[] {
  const [from, to] = [forms.ofSchema(input), forms.ofSchema(output)];
  const answer = codecs.write(to, "w", `this.run(${codecs.read(from, "r")})`);
  return [
    `/** Answers ${quoted(input)} with ${quoted(output)}. */`,
    `export abstract class ${name} extends Pure {`,
    `  abstract run(input: ${typeText(from)}): ${typeText(to)};`,
    ...method("answer(r: Reader, w: Writer): void", [`    ${answer};`]),
    "}",
  ];
}
