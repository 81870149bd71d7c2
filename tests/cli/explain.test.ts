/** Every code has a page, every page says what is so, and its example does what it says. */

import { describe, expect, it } from "vitest";
import { DIAGNOSTIC_CODES } from "../../host/air/codes.ts";
import { EXPLAINED_CODES } from "../../host/cli/codes.ts";
import { sourcesUnder } from "../architecture/source.ts";
import { airloomHere, jsonLines } from "../support/cli.ts";
import { codesOf } from "./example-world.ts";
import { readPages } from "./pages.ts";

const pages = readPages();

describe("the pages", () => {
  it("are one for each code", () => {
    expect(pages.map(({ code }) => code)).toEqual([...EXPLAINED_CODES.keys()].sort());
  });

  it.each(pages)("$code: has its title and sections, and is short", ({ code, text, title, sections }) => {
    expect(title).toBe(EXPLAINED_CODES.get(code)?.title);
    expect([...sections.keys()]).toEqual(["What it means", "Example", "How to fix it"]);
    for (const section of sections.values()) expect(section).not.toBe("");
    expect(text.split("\n").length).toBeLessThan(70);
  });

  it.each(pages.filter(({ code }) => DIAGNOSTIC_CODES.has(code)))(
    "$code: has a section of docs/air.md to go on with",
    ({ text }) => {
      expect(text).toMatch(/^See \[[^\]]+\]\(\.\.\/air\.md#[\w-]+\)\.$/m);
    },
  );
});

/** Diagnostics whose examples would be too long, or are of programs and not of files. */
const NOT_SHOWN: ReadonlySet<string> = new Set([
  "json.encoding", // its example is bytes, which no page of text can show
  "json.nesting",
  "type.too_deep",
  "schema.too_deep",
  "schema.unknown_ref",
  "value.not_canonical",
  "cbor.invalid",
  "manifest.none",
  "plan.no_steps",
]);

describe("the examples", () => {
  it("are of a world that is sound, but for what each shows", () => {
    expect(codesOf([])).toEqual([]);
  });

  it("are there for every diagnostic that a file can have", () => {
    const without = pages.filter(({ code, examples }) => DIAGNOSTIC_CODES.has(code) && examples.length === 0);
    expect(without.map(({ code }) => code)).toEqual([...NOT_SHOWN].sort());
  });

  it.each(pages.filter(({ examples }) => examples.length > 0))(
    "$code: is what its example gives",
    ({ code, examples }) => {
      expect(codesOf(examples)).toContain(code);
    },
  );
});

/** Texts of that form that are no codes: names of files, moments of `AIRLOOM_TRACE`, an adapter. */
const NO_CODES =
  /\.(db|json|jsonl|ts|wasm|md|txt)$|^(frame|receipt)\.(sealed|durable|published|received)$|^host\.http$/;

describe("the codes", () => {
  it("are all that the sources have", () => {
    const families = new Set([...EXPLAINED_CODES.keys()].map((code) => code.split(".")[0]!));
    const found = sourcesUnder("host").flatMap(({ path, strings }) =>
      strings
        .filter(({ text }) => /^[a-z_]+\.[a-z0-9_]+$/.test(text) && !NO_CODES.test(text))
        .filter(({ text }) => families.has(text.split(".")[0]!))
        .map(({ text }) => `${text} (${path})`),
    );
    expect(found.length).toBeGreaterThan(300);
    expect(found.filter((each) => !EXPLAINED_CODES.has(each.split(" ")[0]!))).toEqual([]);
  });
});

describe("airloom explain", () => {
  it("prints the page of a code", async () => {
    const { exitCode, stdout } = await airloomHere(["explain", "route.key_type"]);
    expect(exitCode).toBe(0);
    expect(stdout).toContain("route.key_type: ");
    expect(stdout).toContain("How to fix it");
  });

  it("has the messages of the compiler on one page", async () => {
    const { exitCode, stdout } = await airloomHere(["explain", "build.ts2322", "--json"]);
    expect(exitCode).toBe(0);
    expect(jsonLines(stdout)).toMatchObject([{ type: "code", code: "build.compile" }]);
  });

  it("lists every code with its title", async () => {
    const { exitCode, stdout } = await airloomHere(["explain", "--json"]);
    expect(exitCode).toBe(0);
    const listed = jsonLines(stdout);
    expect(listed.map(({ code }) => code)).toEqual([...EXPLAINED_CODES.keys()]);
    expect(listed).toContainEqual({
      type: "code",
      code: "trigger.unknown_plan",
      severity: "warning",
      title: EXPLAINED_CODES.get("trigger.unknown_plan")!.title,
    });
    const { stdout: text } = await airloomHere(["explain"]);
    expect(text.trimEnd().split("\n")).toHaveLength(EXPLAINED_CODES.size);
  });

  it("suggests the nearest code for one that is none", async () => {
    const { exitCode, stdout } = await airloomHere(["explain", "route.key_typ", "--json"]);
    expect(exitCode).toBe(4);
    expect(jsonLines(stdout)).toMatchObject([{ type: "error", code: "explain.unknown_code" }]);
    expect(stdout).toContain("route.key_type");
  });

  it("suggests nothing for a word far from all", async () => {
    const { exitCode, stderr } = await airloomHere(["explain", "nothing.of_the_kind_at_all"]);
    expect(exitCode).toBe(4);
    expect(stderr).not.toContain("did you mean");
  });
});
