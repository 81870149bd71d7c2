/** Pages say what is so: the order of the rooms, the record table, the commands a reader types. */

import { describe, expect, it } from "vitest";
import { main } from "../../host/cli/main.ts";
import { fieldsOf, LAYOUT, type RecordKind } from "../../host/journal/record.ts";
import { LIMITS_PROFILE } from "../../host/values/limits.ts";
import { ORDER } from "./rooms.ts";
import { readText } from "./source.ts";

const architecture = readText("docs/architecture.md");
const readme = readText("README.md");

describe("docs/architecture.md", () => {
  it("has the rooms in the order that is checked", () => {
    expect(architecture.replace(/\s+/g, " ")).toContain(ORDER);
  });

  it("has every kind of record with its number and its fields", () => {
    const rows = [...architecture.matchAll(/^\| (\d+) +\| `(\w+)` +\| (.*?) *\|$/gm)];
    const documented = rows.map(([, number, kind, fields]) => ({ number: Number(number), kind, fields }));
    const kinds = Object.entries(LAYOUT) as [RecordKind, { readonly number: number }][];
    const actual = kinds.map(([kind, { number }]) => {
      const fields = fieldsOf(kind).map(({ name }) => name);
      return { number, kind: kind as string, fields: fields.join(", ") };
    });
    expect(documented).toEqual(actual);
  });
});

describe("README.md", () => {
  const lines = [...readme.matchAll(/```sh\n([\s\S]*?)```/g)].flatMap((block) =>
    block[1]!.trim().split("\n"),
  );

  it("opens with how to start and how to test", () => {
    expect(lines.slice(0, 2).map((line) => line.split(/\s+#/)[0]!.trim())).toEqual(["npm start", "npm test"]);
    expect(readme.split("\n")[2]).toBe("```sh");
  });

  it("names only scripts that there are", () => {
    const { scripts } = JSON.parse(readText("package.json")) as { scripts: Record<string, string> };
    const named = lines
      .map((line) => /^npm (?:run )?([\w:]+)/.exec(line)?.[1])
      .filter((name) => name !== undefined);
    expect(named.length).toBeGreaterThan(4);
    expect(named.filter((name) => scripts[name] === undefined)).toEqual([]);
  });

  const commands = lines.filter((line) => line.startsWith("airloom "));

  it("shows every command", async () => {
    const output = await help([]);
    const names = [...output.matchAll(/^ {2}([a-z]+) /gm)].map((match) => match[1]!);
    const shown = new Set(commands.map((line) => line.split(" ")[1]));
    expect(names.filter((name) => name !== "help" && !shown.has(name))).toEqual([]);
  });

  it.each(commands)("%s: is a command with these options", async (line) => {
    const words = line
      .replace(/'[^']*'/g, "text")
      .split(" ")
      .slice(1);
    const path = ["journal", "receipt", "plan"].includes(words[0]!) ? words.slice(0, 2) : words.slice(0, 1);
    const output = await help(path);
    expect(output).toContain(usageOf(path));
    for (const option of words.filter((word) => word.startsWith("--"))) expect(output).toContain(option);
  });

  it("would not pass with a command that is none", async () => {
    expect(await help(["remember"])).not.toContain(usageOf(["remember"]));
  });
});

describe("CHANGELOG.md", () => {
  it("has the numbers of the formats", () => {
    const changes = readText("CHANGELOG.md");
    const { version } = JSON.parse(readText("package.json")) as { version: string };
    expect(changes).toMatch(new RegExp(`^## ${version}\\b`, "m"));
    expect(changes).toContain(`| limits profile | ${LIMITS_PROFILE} |`);
  });
});

function usageOf(command: readonly string[]): string {
  return `Usage: airloom ${command.join(" ")} `;
}

async function help(command: readonly string[]): Promise<string> {
  let output = "";
  const write = (text: string): void => {
    output += text;
  };
  await main([...command, "--help"], { stdout: write, stderr: write, cwd: "/", color: false });
  return output;
}
