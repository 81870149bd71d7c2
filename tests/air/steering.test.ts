/** What others wrote is repeated in diagnostics, and may not steer the terminal that shows them. */

import { describe, expect, test } from "vitest";
import { loadWorldDefinitions } from "../../host/air/load.ts";
import { unsupportedFeatures } from "../../host/kernel/supported.ts";
import { readEvent } from "../../host/runtime/scenario.ts";
import { AirloomError, type Diagnostic, plainDiagnostic } from "../../host/values/errors.ts";
import { jsonFrom } from "../../host/values/json.ts";
import { admitModule } from "../../host/wasm/admission.ts";
import { assemble, compileSource } from "../support/modules.ts";
import { schemaOf } from "../values/support.ts";

/** Clears the screen, rings, goes back, ends the line, turns the direction of writing. */
const EVIL = "\u001b[2J\u0007\b\r\n\u009b1m\u2028\u202e";
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const STEERS = /[\u0000-\u001f\u007f-\u009f\u2028-\u202e]/;

const MANIFEST = {
  $kind: "manifest",
  air_version: "1",
  schemas: [{ name: "t/Event@1" }],
  modules: [],
  plans: [],
  caps: [],
  policies: [],
};
const EVENT = { $kind: "defschema", name: "t/Event@1", type: { record: { n: { nat: {} } } } };

function world(manifest: object, ...definitions: object[]) {
  const text = JSON.stringify([{ ...MANIFEST, ...manifest }, EVENT, ...definitions]);
  return loadWorldDefinitions([{ path: "manifest.air.json", text }], null);
}

async function refused(action: () => unknown): Promise<AirloomError> {
  try {
    await action();
  } catch (error) {
    if (error instanceof AirloomError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

function expectPlain({ message, expected, found, hint }: Diagnostic): void {
  for (const text of [message, expected, found, hint]) expect(text ?? "").not.toMatch(STEERS);
}

describe("a refusal repeats nothing that steers a terminal", () => {
  const event = (value: object) =>
    readEvent(world({}).manifest, { file: "-", line: 1, text: JSON.stringify(value) });
  const cases: readonly (readonly [string, () => unknown])[] = [
    ["of a manifest", () => world({ schemas: [{ name: EVIL }, { name: "t/Event@1" }] })],
    [
      "of a type",
      () => world({}, { ...EVENT, name: "t/Other@1", type: { record: { [EVIL]: { [EVIL]: {} } } } }),
    ],
    ["of a value's fields", () => schemaOf({ record: { a: { text: {} } } }).parse(jsonFrom({ [EVIL]: 1 }))],
    ["of a value's tag", () => schemaOf({ variant: { A: { unit: {} } } }).parse(jsonFrom({ [EVIL]: 1 }))],
    ["of a malformed value", () => schemaOf({ hash: {} }).parse(jsonFrom(EVIL))],
    ["of an event's schema", () => event({ schema: EVIL, value: {} })],
    ["of an event's member", () => event({ schema: "t/Event@1", value: { n: 1 }, [EVIL]: 1 })],
    ["of an event's value", () => event({ schema: "t/Event@1", value: { [EVIL]: 1 } })],
    [
      "of a module's imports",
      () => admitModule(assemble({ functions: [], imports: [[EVIL, EVIL]], exports: [] })),
    ],
    [
      "of a module's source",
      () => compileSource(`export class A { "${EVIL.replaceAll(/[\r\n\u2028]/g, "")}": u8 }`),
    ],
  ];

  test.each(cases)("%s", async (_of, action) => {
    const { message, diagnostics } = await refused(action);
    expect(message).not.toMatch(STEERS);
    for (const diagnostic of diagnostics) expectPlain(diagnostic);
  });

  test("of an inbox that is not run", () => {
    const { manifest } = world({ routing: { inboxes: [] } });
    const inboxes = [{ source: EVIL, module: "t/M@1", word: "reducer" }] as never;
    const found = unsupportedFeatures({ ...manifest, inboxes });
    expect(found.map(({ code }) => code)).toEqual(["unsupported.inbox"]);
    found.forEach(expectPlain);
  });
});

describe("a plain diagnostic", () => {
  const fault = {
    code: "t.code",
    severity: "error",
    message: EVIL,
    pointer: `/${EVIL}`,
    file: EVIL,
  } as const;

  test("keeps what leads somewhere as it is, and what it does not have away", () => {
    expect(plainDiagnostic(fault)).toEqual({ ...fault, message: expect.not.stringMatching(STEERS) });
  });

  test("is cut, and says so", () => {
    const { message } = plainDiagnostic({ ...fault, message: "x".repeat(5000) });
    expect(message).toHaveLength(1001);
    expect(message.endsWith("…")).toBe(true);
    expect(plainDiagnostic({ ...fault, message: "short" }).message).toBe("short");
  });
});
