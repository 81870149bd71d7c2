// The compiler's own declarations spell this as a type alias, which TypeScript 7 refuses: without this file
// numbers have no methods in an editor. It must come before them, and `skipLibCheck` keeps the two apart.
interface Number {
  toString(radix?: number): string;
}
