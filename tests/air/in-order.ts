/**
 * A value with the order of every map, which `toEqual` does not look at. Compiled functions are all alike
 * here: what they do follows from the types beside them.
 */
export function inOrder(value: unknown): unknown {
  if (typeof value === "function") return "a function";
  if (value instanceof Map) return [...value].map(inOrder);
  if (Array.isArray(value)) return value.map(inOrder);
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
  return Object.entries(value).map(([key, each]) => [key, inOrder(each)]);
}
