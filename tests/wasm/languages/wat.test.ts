/** Modules written by hand, in both forms of the call. */

import { describe, expect, it } from "vitest";
import type { PureResult } from "../../../host/kernel/ports.ts";
import { canon, decodeCbor } from "../../../host/values/cbor.ts";
import { hashOf } from "../../../host/values/hash.ts";
import { createModuleHost } from "../../../host/wasm/host.ts";
import { compileWat } from "../../support/wat.ts";
import { recordsOfKind } from "../../support/world.ts";
import { expectCounter } from "./conduct.ts";
import { add, counterWat, FORMS, type Form, openCounter, replaced, watFile } from "./counter.ts";

describe("a counter written in WAT", () => {
  it.each(FORMS)("counts, in the %s form", async (form) => {
    await expectCounter(await counterWat({ form }));
  });

  it("uses fuel, and as much for the same event again", async () => {
    const { engine, journal } = await openCounter(await counterWat());
    for (const count of [5n, 0n, 0n, 0n]) await add(engine, count);
    const [, ...same] = (await recordsOfKind(journal, "delivery")).map(({ fuel }) => fuel);
    expect(same[0]).toBeGreaterThan(0n);
    expect(same).toEqual(same.map(() => same[0]));
  });
});

describe("a pure module written in WAT", () => {
  async function double(form: Form, value: bigint): Promise<PureResult> {
    const text = watFile("double");
    const wasm = await compileWat(
      form === "multi-value" ? replaced(text, "(func $struct_return))", "(func $multi_value))") : text,
    );
    return createModuleHost(() => wasm).run(hashOf(wasm), { value: canon(value), context: null });
  }

  it.each(FORMS)("gives its output, in the %s form", async (form) => {
    const result = await double(form, 1_000_000n);
    expect(result.ok && decodeCbor(result.output)).toBe(2_000_000n);
    expect(result.fuel).toBeGreaterThan(0n);
    expect(await double(form, 1_000_000n)).toEqual(result);
  });

  it.each(FORMS)("may refuse its input by a trap, in the %s form", async (form) => {
    expect(await double(form, 1n)).toMatchObject({ ok: false, fault: { code: "module.trap" } });
  });
});
