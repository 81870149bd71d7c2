/** JSON as lines: what is short stands on one, what is long has a line for each member. */

import { isJsonArray, isJsonObject, type Json, JsonNumber } from "../../values/json.ts";

/** Columns a line may have; a name or a text that is longer by itself makes a longer one. */
const WIDTH = 100;
const INDENT = "  ";

/**
 * Ends with a line feed. The outermost `expanded` levels of objects and arrays always have a line for each
 * member. Depends on the JSON only, not on how it was laid out before.
 */
export function layoutJson(json: Json, expanded: number): string {
  return `${new Layout().text(json, "", 0, expanded)}\n`;
}

class Layout {
  /** How wide each object and array is on one line. */
  readonly #widths = new Map<Json, number>();

  /** `taken`: columns of the line that other text needs, beside the margin. */
  text(json: Json, margin: string, taken: number, expanded: number): string {
    if (expanded <= 0 && margin.length + taken + this.#width(json) <= WIDTH) return flat(json);
    const inner = margin + INDENT;
    if (isJsonArray(json)) {
      if (json.length === 0) return "[]";
      const comma = (i: number): number => (i + 1 < json.length ? 1 : 0);
      const lines = json.map((item, i) => inner + this.text(item, inner, comma(i), expanded - 1));
      return `[\n${lines.join(",\n")}\n${margin}]`;
    }
    if (isJsonObject(json)) {
      if (json.size === 0) return "{}";
      const lines = [...json].map(([name, value], i) => {
        const key = `${JSON.stringify(name)}: `;
        const taken = key.length + (i + 1 < json.size ? 1 : 0);
        return inner + key + this.text(value, inner, taken, expanded - 1);
      });
      return `{\n${lines.join(",\n")}\n${margin}}`;
    }
    return flat(json);
  }

  #width(json: Json): number {
    if (!isJsonArray(json) && !isJsonObject(json)) return flat(json).length;
    const known = this.#widths.get(json);
    if (known !== undefined) return known;
    const measured = this.#measure(json);
    this.#widths.set(json, measured);
    return measured;
  }

  #measure(json: Json): number {
    if (isJsonArray(json)) {
      return json.reduce<number>((sum, item, i) => sum + (i > 0 ? 2 : 0) + this.#width(item), 2);
    }
    const members = [...(json as ReadonlyMap<string, Json>)];
    if (members.length === 0) return 2;
    return members.reduce(
      (sum, [name, value], i) => sum + (i > 0 ? 2 : 0) + JSON.stringify(name).length + 2 + this.#width(value),
      4,
    );
  }
}

function flat(json: Json): string {
  if (json === null) return "null";
  if (typeof json === "boolean") return json ? "true" : "false";
  if (typeof json === "string") return JSON.stringify(json);
  if (json instanceof JsonNumber) return json.raw;
  if (isJsonArray(json)) return `[${json.map(flat).join(", ")}]`;
  if (json.size === 0) return "{}";
  return `{ ${[...json].map(([name, value]) => `${JSON.stringify(name)}: ${flat(value)}`).join(", ")} }`;
}
