/** `--help` of every command there is, found as a reader finds them: in the help of the command above. */

import { describe, expect, test } from "vitest";
import { airloomHere } from "../support/cli.ts";

async function helpOf(command: readonly string[]): Promise<string> {
  const { exitCode, stdout } = await airloomHere([...command, "--help"]);
  expect(exitCode, command.join(" ")).toBe(0);
  return stdout;
}

/** Commands that do something: those that only hold others have no example of their own. */
async function commandsBelow(command: readonly string[]): Promise<readonly (readonly string[])[]> {
  const listed = /\nCommands:\n([\s\S]*?)(\n\n|$)/.exec(await helpOf(command))?.[1] ?? "";
  const names = [...listed.matchAll(/^ {2}([a-z]+)\b/gm)].map(([, name]) => name!);
  const inner = names.filter((name) => name !== "help").map((name) => [...command, name]);
  if (inner.length === 0) return [command];
  return (await Promise.all(inner.map(commandsBelow))).flat();
}

const COMMANDS = await commandsBelow([]);

describe("every command", () => {
  test.each(COMMANDS.map((command) => command.join(" ")))(
    "%s has an example in its help",
    async (command) => {
      const help = await helpOf(command.split(" "));
      expect(help).toMatch(new RegExp(`\\nExamples?:\\n(.*\\n)* {2}airloom ${command} `));
    },
  );

  test.each(COMMANDS.map((command) => command.join(" ")))(
    "%s says each default once, and none that says nothing",
    async (command) => {
      const help = (await helpOf(command.split(" "))).replace(/\s+/g, " ");
      expect(help).not.toMatch(/\(default: [^)]*\) \(default: |\(default: (\[\]|\d{7,})\)/);
    },
  );

  test("is found by its help", () => {
    expect(COMMANDS.map((command) => command.join(" "))).toEqual(
      expect.arrayContaining(["check", "run", "journal show", "explain"]),
    );
  });
});
