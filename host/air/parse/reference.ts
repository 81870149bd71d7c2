import type { Reference } from "../definitions.ts";

/** Where a reference leads that has none of the four forms: to a step that no plan has. */
export const NOWHERE: Reference = { root: "step", step: "", path: [] };

/**
 * Reads `@plan.input`, `@var:NAME`, `@step:ID` and `@event`, with a path behind all but `@var`: a variable's
 * name may hold dots, so what follows is all name. Empty path segments are skipped. Undefined for any other
 * text.
 */
export function parseReference(text: string): Reference | undefined {
  const input = pathBehind(text, "@plan.input");
  if (input !== undefined) return { root: "input", path: input };
  const event = pathBehind(text, "@event");
  if (event !== undefined) return { root: "event", path: event };
  if (text.startsWith("@var:")) {
    const name = text.slice("@var:".length);
    return name === "" ? undefined : { root: "var", name };
  }
  if (!text.startsWith("@step:")) return undefined;
  const [step, ...path] = text.slice("@step:".length).split(".");
  return step === "" ? undefined : { root: "step", step: step!, path: path.filter(named) };
}

/** A dotted path, as `key_field` and `correlate_by` are written too. */
export function parsePath(text: string): readonly string[] {
  return text.split(".").filter(named);
}

function pathBehind(text: string, root: string): readonly string[] | undefined {
  if (text === root) return [];
  return text.startsWith(`${root}.`) ? parsePath(text.slice(root.length + 1)) : undefined;
}

function named(segment: string): boolean {
  return segment !== "";
}
