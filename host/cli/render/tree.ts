/** Nested lines with the strokes that show what belongs to what. */

export interface Branch {
  readonly text: string;
  readonly branches?: readonly Branch[];
}

/** One line for each branch; the root has no stroke. */
export function treeLines({ text, branches }: Branch): readonly string[] {
  return [text, ...below(branches ?? [], "")];
}

function below(branches: readonly Branch[], margin: string): readonly string[] {
  return branches.flatMap(({ text, branches: inner }, i) => {
    const last = i === branches.length - 1;
    const line = `${margin}${last ? "└─ " : "├─ "}${text}`;
    return [line, ...below(inner ?? [], `${margin}${last ? "   " : "│  "}`)];
  });
}
