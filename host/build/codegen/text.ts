/** Lines of generated code, broken as the formatter of this project would. */

export const WIDTH_MAX = 110;

/** `before(items)after`, on one line where it fits, else an item a line; `indent` is that of the first line. */
export function list(indent: string, before: string, items: readonly string[], after: string): string[] {
  const flat = `${indent}${before}${items.join(", ")}${after}`;
  if (flat.length <= WIDTH_MAX || items.length === 0) return [flat];
  return [`${indent}${before}`, ...items.map((item) => `${indent}  ${item},`), `${indent}${after}`];
}

/** A text as a literal both compilers read: ASCII, in double quotes. */
export function literal(text: string): string {
  return JSON.stringify(text).replace(/[\u007f-\uffff]/g, (unit) => {
    return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

/** A text inside a comment: nothing in it ends the comment or the line. */
export function quoted(text: string): string {
  return `\`${literal(text).slice(1, -1).replaceAll("*/", "*\\/").replaceAll("`", "'")}\``;
}
