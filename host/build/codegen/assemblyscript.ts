/** The AssemblyScript file that stands beside the sources of one or more modules. */

import type { ModuleDefinition } from "../../air/definitions.ts";
import { compareText } from "../../values/bytes.ts";
import { declarationText } from "./classes.ts";
import { Codecs } from "./containers.ts";
import { Forms } from "./forms.ts";
import { headerOf } from "./header.ts";
import { moduleText } from "./modules.ts";
import { classNames, fileIdentifiers, moduleClassName } from "./names.ts";
import { referencesOf, type SchemaTypes } from "./schemas.ts";
import { list } from "./text.ts";

const SDK = ["Pure", "Reader", "Reducer", "Some", "Sorted", "Unit", "Value", "Writer"] as const;

/** Text of the file for modules whose sources lie in one folder; all of the world's schemas are in it. */
export function assemblyScriptText(schemas: SchemaTypes, modules: readonly ModuleDefinition[]): string {
  const identifiers = fileIdentifiers();
  const kept = withoutBareEvents(schemas, modules);
  const forms = new Forms(schemas, classNames(schemas.keys(), identifiers), identifiers);
  const codecs = new Codecs();
  const inOrder = [...modules].sort((a, b) => compareText(a.name, b.name));
  const blocks = [
    ...forms.declared
      .filter(({ label }) => kept.has(schemaOf(label)))
      .map((declared) => declarationText(declared, codecs)),
    ...inOrder.map((module) => {
      const name = moduleClassName(module.name, module.pure === null ? "reducer" : "pure", identifiers);
      return moduleText(module, name, forms, codecs);
    }),
  ];
  const body = [...blocks, ...codecs.functions].map((lines) => `${lines.join("\n")}\n`).join("\n");
  const header = headerOf(inOrder.map(({ name }) => name));
  return `${header}\n${imports(body)}\n${body}`;
}

/**
 * Names of the schemas but for variants that are nothing than the event of a module. Its arms are what is
 * emitted, being wrapped on their way, and its handlers what takes them: no code holds a value of it.
 */
function withoutBareEvents(schemas: SchemaTypes, modules: readonly ModuleDefinition[]): ReadonlySet<string> {
  const held = new Set([...schemas.values()].flatMap(referencesOf));
  for (const { keySchema, reducer, pure } of modules) {
    for (const name of [keySchema, reducer?.state, pure?.input, pure?.output])
      if (name != null) held.add(name);
  }
  const events = new Set(modules.map(({ reducer }) => reducer?.event));
  const bare = (name: string): boolean =>
    events.has(name) && !held.has(name) && schemas.get(name)?.kind === "variant";
  return new Set([...schemas.keys()].filter((name) => !bare(name)));
}

/** Of a path inside a schema, its name. */
function schemaOf(label: string): string {
  return /^[^@]*@[0-9]+/.exec(label)![0];
}

/** Of what the file uses of the SDK. */
function imports(body: string): string {
  const used = SDK.filter((name) => new RegExp(`\\b${name}\\b`).test(withoutComments(body)));
  return `${list("", "import { ", used, ' } from "airloom/assembly/sdk";').join("\n")}\n`;
}

function withoutComments(text: string): string {
  return text.replace(/\/\*[\s\S]*?\*\/|"(?:\\.|[^"\\])*"/g, "");
}
