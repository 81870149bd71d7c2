/** JSON pointers (RFC 6901). The whole document is the empty pointer. */

/** The pointer to a member or an element of what `pointer` names. */
export function child(pointer: string, segment: string | number): string {
  if (typeof segment === "number") return `${pointer}/${segment}`;
  if (!segment.includes("~") && !segment.includes("/")) return `${pointer}/${segment}`;
  return `${pointer}/${segment.replaceAll("~", "~0").replaceAll("/", "~1")}`;
}
