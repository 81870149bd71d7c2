/**
 * Modules whose answer is no output, or one that may not be. Its delivery is a fault, and the next is not touched.
 */

import { describe, expect, it } from "vitest";
import { LIMITS } from "../../../host/values/limits.ts";
import { counterWat, FORMS } from "../languages/counter.ts";
import { ANY, clearing, faultBetween } from "./hostile.ts";

describe("a call that answers with something else", () => {
  const answer = (at: number, length: number) =>
    `(global.set $out_at (i32.const ${at})) (global.set $out_length (i32.const ${length})) ${ANY}`;
  const written = (bytes: string, length: number) =>
    [answer(512, length), `(data (i32.const 512) "${bytes}")`] as const;
  const hex = (bytes: readonly number[]) =>
    bytes.map((byte) => `\\${byte.toString(16).padStart(2, "0")}`).join("");
  const output = (...state: number[]) => hex([0xa1, 0x65, 0x73, 0x74, 0x61, 0x74, 0x65, ...state]);

  const invalid: readonly (readonly [what: string, code: string, fields: string])[] = [
    ["outside of its memory", answer(65_530, 100), ""],
    ["beginning outside of its memory", answer(1 << 30, 8), ""],
    ["with a negative address", answer(-8, 16), ""],
    ["of a negative length", answer(512, -1), ""],
    ["of the smallest length there is", answer(512, -2_147_483_648), ""],
    ["huge", answer(0, LIMITS.outputBytesMax + 1), ""],
    ["that is no CBOR", ...written("\\ff\\ff\\ff", 3)],
    ["that ends too early", ...written(`${output(0x45, 1)}`, 9)],
    ["with something behind its end", ...written(`${output(0x41, 1)}\\00`, 10)],
    [
      "with an item of the largest length",
      ...written(output(0x5b, 255, 255, 255, 255, 255, 255, 255, 255), 16),
    ],
    [
      "with a list of the largest length",
      ...written(output(0x9b, 255, 255, 255, 255, 255, 255, 255, 255), 16),
    ],
    ["nested without an end", ...written("\\81".repeat(1000), 1000)],
  ];

  it.each(invalid)("%s", async (_, code, fields) => {
    for (const form of FORMS) {
      const fault = await faultBetween(await clearing(code, fields, form));
      expect(fault).toMatchObject({ faultCode: "module.output_invalid" });
      expect(fault.faultMessage).not.toBe("");
    }
  });

  it("of 10,000 events", async () => {
    const event = `\\a2\\66schema\\61x\\65value\\40`;
    const length = 1 + 6 + 1 + 14 + 3 + 10_000 * (1 + 7 + 2 + 6 + 1);
    expect(length).toBeLessThan(LIMITS.outputBytesMax);
    const output = `\\a2\\65state\\f6\\6ddomain_events\\99\\27\\10${event.repeat(10_000)}`;
    const wasm = await counterWat({
      clear: `(func $clear (result i64) ${answer(1024, length)})`,
      fields: `(data (i32.const 1024) "${output}")`,
      edits: [
        ['(memory (export "memory") 1)', '(memory (export "memory") 5)'],
        ["(global $heap (mut i32) (i32.const 1024))", "(global $heap (mut i32) (i32.const 262144))"],
      ],
    });
    const fault = await faultBetween(wasm);
    expect(fault).toMatchObject({ faultCode: "module.output_invalid" });
    expect(fault.faultMessage).toContain("10000");
  });

  const states: readonly (readonly [what: string, state: readonly number[]])[] = [
    ["of another type", [0x41, 0xf5]],
    ["that is a text", [0x42, 0x61, 0x78]],
    ["in a longer form than it needs", [0x42, 0x18, 0x05]],
    ["behind two self-describe tags", [0x47, 0xd9, 0xd9, 0xf7, 0xd9, 0xd9, 0xf7, 0x05]],
    ["with something behind it", [0x42, 0x05, 0x05]],
    ["that is negative", [0x41, 0x20]],
    ["of no bytes", [0x40]],
  ];

  it.each(states)("whose state is one %s", async (_, state) => {
    const [code, fields] = written(output(...state), 7 + state.length);
    expect(await faultBetween(await clearing(code, fields))).toMatchObject({ faultCode: "state.invalid" });
  });

  it("with an effect it does not declare", async () => {
    const effect = `\\a2\\65state\\41\\05\\67effects\\81\\a2\\64kind\\6chttp.request\\6bparams_cbor\\41\\a0`;
    const [code, fields] = written(effect, 1 + 6 + 2 + 8 + 1 + 1 + 5 + 13 + 12 + 2);
    expect(await faultBetween(await clearing(code, fields))).toMatchObject({
      faultCode: "effect.undeclared",
    });
  });

  it("with an event of a schema nobody knows", async () => {
    const event = `\\a2\\65state\\41\\05\\6ddomain_events\\81\\a2\\66schema\\68demo/N@1\\65value\\41\\f6`;
    const [code, fields] = written(event, 1 + 6 + 2 + 14 + 1 + 1 + 7 + 9 + 6 + 2);
    expect(await faultBetween(await clearing(code, fields))).toMatchObject({
      faultCode: "event.unknown_schema",
    });
  });
});
