import { describe, expect, test } from "vitest";
import type { StepInput } from "../../host/kernel/ports.ts";
import { fromHex, toHex, utf8 } from "../../host/values/bytes.ts";
import { type Cbor, canon } from "../../host/values/cbor.ts";
import { LIMITS } from "../../host/values/limits.ts";
import { decodeStepOutput, encodeStepInput, InvalidOutput } from "../../host/wasm/envelope.ts";
import { envelope } from "../support/modules.ts";

/** First event of the counter example: the format's vector 28. */
const VECTOR_INPUT =
  "a36776657273696f6e01657374617465f6656576656e74a266736368656d617364656d6f2f436f756e7465724576656e744031" +
  "6576616c7565581fd9d9f7a26424746167655374617274662476616c7565a16674617267657403";
const VECTOR_OUTPUT =
  "a4657374617465581ea2627063a1642474616768436f756e74696e676972656d61696e696e67036d646f6d61696e5f6576656e7473" +
  "8067656666656374738063616e6ef6";

const bytes = (hex: string) => fromHex(hex)!;

describe("the input envelope", () => {
  const start = new Map<string, Cbor>([
    ["$tag", "Start"],
    ["$value", new Map([["target", 3]])],
  ]);
  const input: StepInput = {
    state: null,
    schema: "demo/CounterEvent@1",
    value: canon(start),
    key: null,
    context: null,
  };

  test("is the format's own vector byte for byte", () => {
    expect(toHex(encodeStepInput(input))).toBe(VECTOR_INPUT);
  });

  test("puts state, key and context where the format has them", () => {
    const full = {
      ...input,
      schema: "a/B@1",
      value: utf8("v"),
      state: utf8("s"),
      key: utf8("k"),
      context: utf8("c"),
    };
    const expected = envelope(
      ["version", 1],
      ["state", utf8("s")],
      ["event", new Map<string, Cbor>([["schema", "a/B@1"]])],
      ["ctx", utf8("c")],
    );
    const event = "a366736368656d616561" + "2f4240316576616c75654176636b6579416b";
    expect(toHex(encodeStepInput(full))).toBe(toHex(expected).replace("a166736368656d6165612f424031", event));
  });
});

describe("the output envelope", () => {
  const event = (fields: Iterable<readonly [string, Cbor]>) => new Map<string, Cbor>(fields);
  const schema = ["schema", "a/B@1"] as const;
  const value = ["value", utf8("v")] as const;

  test("of the format's vector is read", () => {
    const output = decodeStepOutput(bytes(VECTOR_OUTPUT));
    expect(toHex(output.state!)).toBe("a2627063a1642474616768436f756e74696e676972656d61696e696e6703");
    expect(output).toMatchObject({ events: [], effects: [], annotation: null });
  });

  test("needs only its state", () => {
    expect(decodeStepOutput(envelope(["state", null]))).toEqual({
      state: null,
      events: [],
      effects: [],
      annotation: null,
    });
  });

  test("may have its keys in any order and keys nobody knows", () => {
    const effect = event([
      ["cap_slot", "s"],
      ["params_cbor", utf8("p")],
      ["x", [1]],
      ["kind", "timer.set"],
    ]);
    const output = decodeStepOutput(
      envelope(
        ["ann", utf8("a")],
        ["later", new Map<string, Cbor>([["deep", [1, "x", utf8("y"), null, true]]])],
        ["effects", [effect]],
        ["domain_events", [event([value, ["key", utf8("k")], ["z", 1], schema])]],
        ["state", utf8("s")],
      ),
    );
    expect(output).toEqual({
      state: utf8("s"),
      events: [{ schema: "a/B@1", value: utf8("v"), key: utf8("k") }],
      effects: [{ kind: "timer.set", params: utf8("p"), slot: "s", idempotencyKey: null }],
      annotation: utf8("a"),
    });
  });

  test("may hold floats and tags where nobody looks", () => {
    // {"x": [1.5, 55799(0)], "state": null}
    expect(decodeStepOutput(bytes("a2617882fb3ff8000000000000d9d9f700657374617465f6")).state).toBeNull();
  });

  test("takes an idempotency key of 32 bytes and no other", () => {
    const effect = (length: number) =>
      envelope(
        ["state", null],
        [
          "effects",
          [
            event([
              ["kind", "k"],
              ["params_cbor", utf8("p")],
              ["idempotency_key", new Uint8Array(length)],
            ]),
          ],
        ],
      );
    expect(decodeStepOutput(effect(32)).effects[0]!.idempotencyKey).toHaveLength(32);
    expect(() => decodeStepOutput(effect(31))).toThrow(InvalidOutput);
  });

  test("has at most as many events as the limits say", () => {
    const events = (count: number) =>
      envelope(
        ["state", null],
        ["domain_events", Array.from({ length: count }, () => event([schema, value]))],
      );
    expect(decodeStepOutput(events(LIMITS.deliveryEventsMax)).events).toHaveLength(LIMITS.deliveryEventsMax);
    expect(() => decodeStepOutput(events(LIMITS.deliveryEventsMax + 1))).toThrow(InvalidOutput);
  });

  test.each([
    ["nothing at all", ""],
    ["no map", "80"],
    ["a map cut short", "a1"],
    ["a map that claims more than there is", "bb7fffffffffffffff"],
    ["a map of no given length", "bf657374617465f6ff"],
    ["a self-describe tag in front", "d9d9f7a1657374617465f6"],
    ["no state", "a163616e6ef6"],
    ["a state that is no byte string", "a165737461746501"],
    ["a state longer than the envelope", "a165737461746558ff00"],
    ["the state twice", "a2657374617465f6657374617465f6"],
    ["a key that is no text", "a101f6"],
    ["a key that is not UTF-8", "a2657374617465f661fff6"],
    ["a head that is not the shortest", "a165737461746558020000"],
    ["something behind it", "a1657374617465f600"],
    ["events that are no list", "a2657374617465f66d646f6d61696e5f6576656e7473f6"],
    ["an event that is no map", "a2657374617465f66d646f6d61696e5f6576656e74738101"],
    ["an event without a value", "a2657374617465f66d646f6d61696e5f6576656e747381a166736368656d616161"],
    ["an effect without params", "a2657374617465f6676566666563747381a1646b696e646161"],
    [
      "an effect kind that is no text",
      "a2657374617465f6676566666563747381a2646b696e64016b706172616d735f63626f7240",
    ],
  ])("is refused with %s", (_, hex) => {
    expect(() => decodeStepOutput(bytes(hex))).toThrow(InvalidOutput);
  });

  test("is refused when something unknown is nested too deep", () => {
    const nested = (depth: number) => bytes(`a2657374617465f66178${"81".repeat(depth)}00`);
    expect(decodeStepOutput(nested(100)).state).toBeNull();
    expect(() => decodeStepOutput(nested(200))).toThrow(InvalidOutput);
  });
});
