/**
 * Workflow commands of GitHub Actions: the runner reads lines of a log that begin with `::`. What is quoted from
 * elsewhere can neither end a property nor begin a line.
 */

export type AnnotationLevel = "error" | "warning" | "notice";

/** One line without its end. `file` is the path from the repository's root. */
export function workflowCommand(
  level: AnnotationLevel,
  properties: readonly (readonly [name: string, value: string])[],
  body: string,
): string {
  const shown = properties.map(([name, value]) => `${name}=${escapeProperty(value)}`);
  return `::${level} ${shown.join(",")}::${escapeData(body)}`;
}

function escapeData(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}
