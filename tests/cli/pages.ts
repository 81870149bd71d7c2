/** The pages of docs/diagnostics as their parts. */

import { filesUnder, readText } from "../architecture/source.ts";

export interface Page {
  readonly code: string;
  readonly text: string;
  /** The words behind the code in the first line. */
  readonly title: string;
  /** Sections by heading. */
  readonly sections: ReadonlyMap<string, string>;
  /** JSON blocks of the example. */
  readonly examples: readonly Example[];
}

export interface Example {
  /** What stands behind `json` on the fence: the file it is; empty for definitions. */
  readonly file: string;
  readonly text: string;
}

const FOLDER = "docs/diagnostics";

export function readPages(): readonly Page[] {
  const paths = filesUnder(FOLDER).filter((path) => !path.endsWith("/README.md"));
  return paths.map((path) => parsePage(path.slice(FOLDER.length + 1).replace(/\.md$/, ""), readText(path)));
}

function parsePage(code: string, text: string): Page {
  const sections = new Map<string, string>();
  for (const part of text.split(/^## /m).slice(1)) {
    const [heading, ...lines] = part.split("\n");
    sections.set(heading!, lines.join("\n").trim());
  }
  const title = /^# \S+: (.*)$/m.exec(text)?.[1] ?? "";
  const blocks = (sections.get("Example") ?? "").matchAll(/^```json *(.*)\n([\s\S]*?)^```$/gm);
  const examples = [...blocks].map(([, file, body]) => ({ file: file!, text: body! }));
  return { code, text, title, sections, examples };
}
