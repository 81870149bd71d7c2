import { expect, test } from "vitest";
import { DIAGNOSTIC_CODES, isError } from "../../host/air/codes.ts";
import { filesUnder, readText } from "../architecture/source.ts";

const FILES = [...filesUnder("host/air"), ...filesUnder("host/values"), "host/kernel/supported.ts"];
const SOURCES = FILES.filter((path) => path.endsWith(".ts") && !path.endsWith("/codes.ts")).map(readText);
const TEXT = SOURCES.join("\n");

test("every code is written somewhere, and says in one line what it is about", () => {
  for (const [code, { title }] of DIAGNOSTIC_CODES) {
    expect(code).toMatch(/^[a-z]+\.[a-z_0-9]+$/);
    expect(title).toMatch(/^[A-Za-z].{5,75}[^.]$/);
    expect(TEXT.includes(`"${code}"`), code).toBe(true);
  }
});

test("every code that definitions are reported with is in the list", () => {
  const written = [...filesUnder("host/air"), "host/kernel/supported.ts"]
    .map(readText)
    .flatMap((text) => [...text.matchAll(/\bcode: "([^"]+)"/g)].map((match) => match[1]!));
  expect(written.length).toBeGreaterThan(50);
  expect([...new Set(written)].filter((code) => !DIAGNOSTIC_CODES.has(code)).sort()).toEqual([]);
});

test("an unknown code is an error", () => {
  expect(isError("no.such_code")).toBe(true);
  expect(isError("trigger.unknown_plan")).toBe(false);
});
