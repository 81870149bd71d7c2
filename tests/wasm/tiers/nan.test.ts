/** Every float instruction whose NaN bits the engine chooses gives one set of bits once it is admitted. */

import { describe, expect, it } from "vitest";
import { toHex } from "../../../host/values/bytes.ts";
import { hashOf } from "../../../host/values/hash.ts";
import { createModuleHost } from "../../../host/wasm/host.ts";
import { envelope, op, tinyReducer } from "../../support/modules.ts";
import { CLEAR } from "../languages/counter.ts";
import { OPERATORS, type Operator } from "../random/operators.ts";
import { F32, F64 } from "../random/types.ts";

const OUTPUT = envelope(["state", new Uint8Array(8)]);
const ANSWER_AT = 1024;
const STATE_AT = ANSWER_AT + OUTPUT.length - 8;

/** NaNs that no engine computes: negative, with payloads of their own, not quiet. */
const NAN = { [F32]: [0x43, 0x21, 0x43, 0xa5, 0xff], [F64]: [0x44, 0x21, 0x43, 0x65, 0, 0, 0, 0xf4, 0xff] };

/** The bits an instruction leaves when all it takes are NaNs, as hex of their bytes. */
function bitsOf({ code, takes, gives }: Operator): string {
  const operands = takes.flatMap((type) => NAN[type as 0x7d | 0x7c]);
  const store = gives === F32 ? 0x38 : 0x39;
  const answer = [
    ...op.get(0),
    ...op.const(ANSWER_AT),
    ...op.store(),
    ...op.get(0),
    ...op.const(OUTPUT.length),
  ];
  const stepCode = [...op.const(STATE_AT), ...operands, ...code, store, 0, 0, ...answer, ...op.store(4)];
  const wasm = tinyReducer({ output: OUTPUT, stepCode });
  const host = createModuleHost(
    () => wasm,
    () => ({ floats: "canonicalize" }),
  );
  const result = host.step(hashOf(wasm), CLEAR);
  if (!result.ok) throw new Error(result.fault.code);
  return toHex(result.output.state!.subarray(0, gives === F32 ? 4 : 8));
}

const CANONICAL = new Map([
  [F32, "0000c07f"],
  [F64, "000000000000f87f"],
]);

const named = (operators: readonly Operator[]) =>
  operators.map((operator) => [`0x${operator.code[0]!.toString(16)}`, operator] as const);

describe("a NaN that is computed has the canonical bits", () => {
  it.each(named(OPERATORS.filter(({ chooses }) => chooses !== 0)))("by %s", (_, operator) => {
    expect(bitsOf(operator)).toBe(CANONICAL.get(operator.gives));
  });
});

describe("a NaN that is moved keeps its bits", () => {
  const MOVES = new Map([
    [0x8b, "2143a57f"],
    [0x8c, "2143a57f"],
    [0x98, "2143a5ff"],
    [0x99, "214365000000f47f"],
    [0x9a, "214365000000f47f"],
    [0xa6, "214365000000f4ff"],
  ]);

  it.each(named(OPERATORS.filter(({ code }) => MOVES.has(code[0]!))))("by %s", (_, operator) => {
    expect(bitsOf(operator)).toBe(MOVES.get(operator.code[0]!));
  });
});
