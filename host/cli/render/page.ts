/** A page of the documentation as a terminal shows it: headings stand out, everything else is as written. */

import type { Io } from "../io.ts";
import { paletteOf } from "./text.ts";

export function pageText(io: Io, markdown: string): string {
  const p = paletteOf(io);
  let inCode = false;
  const lines = markdown.trimEnd().split("\n");
  const shown = lines.map((line) => {
    if (line.startsWith("```")) inCode = !inCode;
    if (inCode || line.startsWith("```")) return p.dim(line);
    return /^#+ /.test(line) ? p.bold(line.replace(/^#+ /, "")) : line;
  });
  return `${shown.join("\n")}\n`;
}
