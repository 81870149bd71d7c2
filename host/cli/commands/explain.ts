import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { AirloomError, bug } from "../../values/errors.ts";
import { nearest } from "../../values/nearest.ts";
import { quote } from "../../values/quote.ts";
import { EXPLAINED_CODES, pageOf } from "../codes.ts";
import { EXIT } from "../exit.ts";
import type { Io } from "../io.ts";
import { PACKAGE } from "../package.ts";
import { pageText } from "../render/page.ts";
import { paletteOf } from "../render/text.ts";
import type { Run } from "../run.ts";

interface Options {
  readonly json?: boolean;
}

const HELP = `
Example:
  airloom explain route.key_type`;

export function explainCommand(program: Command, io: Io, run: Run): void {
  program
    .command("explain")
    .description("say what a code means and what to do about it; without a code, list all of them")
    .argument("[code]", "a code, as it stands beside an error")
    .option("--json", "one JSON object a code")
    .addHelpText("after", HELP)
    .action((code: string | undefined, options: Options) =>
      run(options, async () => (code === undefined ? listCodes(io, options) : explain(io, code, options))),
    );
}

function listCodes(io: Io, options: Options): number {
  const width = Math.max(...[...EXPLAINED_CODES.keys()].map((code) => code.length));
  const p = paletteOf(io);
  for (const [code, { title, severity }] of EXPLAINED_CODES) {
    if (options.json) io.stdout(`${JSON.stringify({ type: "code", code, severity, title })}\n`);
    else
      io.stdout(
        `${p.bold(code.padEnd(width))}  ${title}${severity === "warning" ? p.dim(" (warning)") : ""}\n`,
      );
  }
  return EXIT.fine;
}

function explain(io: Io, given: string, options: Options): number {
  const code = pageOf(given);
  const known = EXPLAINED_CODES.get(code);
  if (known === undefined) throw unknownCode(given);
  const text = readPage(code);
  const { title, severity } = known;
  if (options.json) io.stdout(`${JSON.stringify({ type: "code", code, severity, title, text })}\n`);
  else io.stdout(pageText(io, text));
  return EXIT.fine;
}

function readPage(code: string): string {
  try {
    return readFileSync(join(PACKAGE, "docs", "diagnostics", `${code}.md`), "utf8");
  } catch {
    throw bug(`the page of ${code} is not in this package`, { code });
  }
}

function unknownCode(code: string): AirloomError {
  const near = nearest(code, EXPLAINED_CODES.keys());
  const hint = near === undefined ? "`airloom explain` lists all of them" : `did you mean ${near}?`;
  return new AirloomError("missing", "explain.unknown_code", `there is no code ${quote(code)}; ${hint}`, {
    fields: { code },
  });
}
