import { AirloomError } from "../values/errors.ts";

/**
 * Name of the one class a module's source exports: `export class X extends ...`. Throws
 * `build.no_reducer_class` or `build.many_reducer_classes`.
 */
export function findModuleClass(source: string, text: string): string {
  const names = [...blankOut(text).matchAll(/\bexport\s+class\s+([A-Za-z_$][\w$]*)\s+extends\b/g)].map(
    (m) => m[1]!,
  );
  if (names.length === 1) return names[0]!;
  const code = names.length === 0 ? "build.no_reducer_class" : "build.many_reducer_classes";
  const found = names.length === 0 ? "none" : names.join(", ");
  throw new AirloomError(
    "module",
    code,
    `${source} must export the one class of its module, found ${found}`,
    {
      diagnostics: [
        {
          code,
          severity: "error",
          message: "the source of a module exports exactly one class that extends its generated base",
          file: source,
          expected: "export class Name extends ...",
          found,
        },
      ],
      fields: { names },
    },
  );
}

/** The text with comments and strings blanked; everything else stays where it is. */
export function blankOut(text: string): string {
  const quiet = /\/\*[\s\S]*?\*\/|\/\/[^\n]*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`/g;
  return text.replace(quiet, (match) => match.replace(/[^\n]/g, " "));
}
