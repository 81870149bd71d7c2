/**
 * Whatever a call writes, and wherever, `reset` takes it back: a few writes of random kinds at random places, so
 * that each is now and then the one furthest up, against the whole memory as it was.
 */

import { describe, expect, it } from "vitest";
import { admitModule } from "../../../host/wasm/admission.ts";
import { createGuest, memoryOf } from "../../../host/wasm/guest.ts";
import { tinyReducer } from "../../support/modules.ts";
import { runsOf, seedOf } from "../../values/support.ts";
import { ByteWriter } from "../random/bytes.ts";
import { Chance } from "../random/chance.ts";
import { STORES } from "../random/operators.ts";
import { F32, F64, I64 } from "../random/types.ts";

const seed = seedOf("stores");
const PAGES = 4;
const FUEL = 10_000_000;

/** One to three writes; the address is often split between the operand and the static offset. */
function writes(chance: Chance): number[] {
  const out = new ByteWriter(chance, 12);
  for (let left = 1 + chance.below(3); left > 0; left--) {
    const at = chance.below(PAGES * 65_536 - 300);
    const kind = chance.below(STORES.length + 2);
    if (kind >= STORES.length) {
      out
        .raw(0x41)
        .i32(at)
        .raw(0x41)
        .i32(chance.below(256))
        .raw(0x41)
        .i32(1 + chance.below(300));
      if (kind === STORES.length) out.raw(0xfc, 11, 0);
      else out.raw(0xfc, 10, 0, 0);
      continue;
    }
    const { opcode, type } = STORES[kind]!;
    const offset = chance.pick([0, 1, chance.below(5000), 4095, 4096, 4097, at, chance.below(at + 1)]);
    out.raw(0x41).i32(Math.max(0, at - offset));
    if (type === F32) out.raw(0x43, 255, 255, 255, 255);
    else if (type === F64) out.raw(0x44, ...Array<number>(8).fill(255));
    else out.raw(type === I64 ? 0x42 : 0x41).i32(-1);
    out.raw(opcode).u32(0).u32(Math.min(at, offset));
  }
  return out.bytes;
}

describe("reset", () => {
  it("leaves no byte of what a call wrote", () => {
    let changed = 0;
    for (let i = 0; i < runsOf(400); i++) {
      const chance = new Chance(seed, i);
      const code = [...writes(chance), ...(chance.oneIn(4) ? [0x00] : [])];
      const data = { at: chance.below(PAGES * 65_536 - 100), bytes: Uint8Array.from(chance.bytes(100)) };
      const wasm = tinyReducer({ stepCode: code, memories: [[0, PAGES]], data });
      const guest = createGuest(admitModule(wasm, { floats: "canonicalize" }));
      const memory = new Uint8Array(memoryOf(guest));
      const pristine = memory.slice();
      for (let calls = 2; calls > 0; calls--) {
        try {
          guest.run(guest.enter(32, FUEL), 32);
        } catch (error) {
          if (!(error instanceof WebAssembly.RuntimeError)) throw error;
        }
        if (Buffer.compare(memory, pristine) !== 0) changed += 1;
        guest.reset();
        const at = Buffer.compare(memory, pristine) && memory.findIndex((byte, n) => byte !== pristine[n]);
        expect(at, `AIRLOOM_SEED=${seed}, case ${i}: byte left behind`).toBe(0);
      }
    }
    // Each is called twice; copies of nothing and zeroes change nothing.
    expect(changed).toBeGreaterThan(runsOf(400));
  }, 600_000);
});
