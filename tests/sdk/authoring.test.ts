/** What an author writes against generated classes: keyed reducers, other events, pure modules, old states. */

import { beforeAll, describe, expect, test } from "vitest";
import type { StepInput } from "../../host/kernel/ports.ts";
import { type Cbor, canon, decodeCbor, encodeCbor } from "../../host/values/cbor.ts";
import { createModuleHost } from "../../host/wasm/host.ts";
import type { Compiled } from "../support/modules.ts";
import { compiledModule, compileIn, type WorldSpec, withWorld } from "./worlds.ts";

const COMPILE_MS = 300_000;
const record = (fields: Record<string, Cbor>) => new Map(Object.entries(fields));
const nat = { nat: {} };
const text = { text: {} };
const unit = { unit: {} };

function step(module: Compiled, schema: string, value: Cbor, others: Partial<StepInput> = {}) {
  const host = createModuleHost(() => module.wasm);
  const input = { state: null, schema, value: canon(value), key: null, context: null, ...others };
  const result = host.step(module.hash, input);
  if (!result.ok) return { fault: result.fault };
  const { state, events } = result.output;
  return { state: state && decodeCbor(state), events: events.map((event) => decodeCbor(event.value)) };
}

describe("a keyed reducer of a record", () => {
  const ORDER: WorldSpec = {
    schemas: {
      "t/Id@1": { record: { shop: text, number: nat } },
      "t/Status@1": { variant: { Open: unit, Paid: unit } },
      "t/Line@1": { record: { sku: text, amount: nat } },
      "t/Order@1": {
        record: {
          status: { ref: "t/Status@1" },
          lines: { list: { ref: "t/Line@1" } },
          note: { option: text },
          totals: { map: { key: text, value: nat } },
        },
      },
      "t/Remark@1": text,
      "t/Paid@1": unit,
      "t/Gone@1": unit,
      "t/Told@1": unit,
      "t/Level@1": nat,
      "t/Change@1": {
        variant: {
          Add: { ref: "t/Line@1" },
          Note: { ref: "t/Remark@1" },
          Pay: { ref: "t/Paid@1" },
          Delete: { ref: "t/Gone@1" },
          Describe: { ref: "t/Told@1" },
          Raise: { ref: "t/Level@1" },
        },
      },
      "t/Log@1": { list: { ref: "t/Change@1" } },
    },
    modules: [{ key: "t/Id@1", abi: { state: "t/Order@1", event: "t/Change@1", effects_emitted: [] } }],
  };
  const SOURCE = `
import { satAdd } from "airloom/assembly/sdk";
import { ChangeNote, ChangePay, Change, ChangeKind, Line, Status, StatusValue, ThingReducer } from "./air";

export class Order extends ThingReducer {
  init(): void {
    this.state.status = Status.Open;
  }

  onAdd(event: Line): void {
    const s = this.state;
    s.lines.push(event);
    const before = s.totals.has(event.sku) ? s.totals.get(event.sku) : 0;
    s.totals.set(event.sku, satAdd(before, event.amount));
  }

  onNote(event: string): void {
    this.state.note = event;
  }

  onPay(): void {
    this.state.status = Status.Paid;
    this.emit(new StatusValue(this.state.status));
  }

  onDelete(): void {
    this.state = null;
  }

  onDescribe(): void {
    this.state.note = this.key.shop + "/" + this.key.number.toString();
  }

  onRaise(event: u64): void {
    const change: Change = event == 0 ? new ChangePay() : new ChangeNote("n");
    if (change.kind == ChangeKind.Note) {
      const note = change.asNote();
      if (note !== null) note.value += event.toString();
    }
    this.emit(change);
    this.state.note = change.asPay() === null ? "not paid" : "paid";
  }
}
`;
  let module: Compiled;
  beforeAll(async () => {
    module = await compiledModule(ORDER, SOURCE);
  }, COMPILE_MS);

  const arm = (tag: string, value?: Cbor) =>
    record({ $tag: tag, ...(value === undefined ? {} : { $value: value }) });
  const change = (event: Cbor, others: Partial<StepInput> = {}) => step(module, "t/Change@1", event, others);
  const EMPTY = { status: arm("Open"), lines: [], note: null, totals: new Map() };
  const stateBytes = (fields: Record<string, Cbor>) => ({
    state: encodeCbor(record({ ...EMPTY, ...fields })),
  });

  test("begins as init says, and keeps what handlers change", () => {
    const line = record({ sku: "b", amount: 2n });
    expect(change(arm("Add", line)).state).toEqual(
      record({ note: null, lines: [line], status: arm("Open"), totals: record({ b: 2n }) }),
    );
    const more = change(
      arm("Add", record({ sku: "aa", amount: 1n })),
      stateBytes({ totals: record({ b: 2n }) }),
    );
    expect([...((more.state as Map<string, Cbor>).get("totals") as Map<string, Cbor>)]).toEqual([
      ["b", 2n],
      ["aa", 1n],
    ]);
  });

  test("is deleted by a state of null", () => {
    expect(change(arm("Delete"), stateBytes({}))).toEqual({ state: null, events: [] });
  });

  test("knows its key, typed", () => {
    const key = canon(record({ shop: "eu", number: 7n }));
    expect((change(arm("Describe"), { key }).state as Map<string, Cbor>).get("note")).toBe("eu/7");
    expect(change(arm("Describe")).fault?.message).toContain("no cell key");
    const wrong = change(arm("Describe"), { key: canon("eu/7") });
    expect(wrong.fault?.message).toBe("key of t/Id@1: expected a record of t/Id@1, found 'eu/7'");
  });

  test("emits enumerations and variants", () => {
    expect(change(arm("Pay")).events).toEqual([arm("Paid")]);
    expect(change(arm("Raise", 0n))).toMatchObject({ events: [arm("Pay")] });
    expect(change(arm("Raise", 4n)).events).toEqual([arm("Note", "n4")]);
  });

  test.each<[string, Cbor, string]>([
    [
      "lacks a field",
      record({ status: arm("Open"), lines: [], note: null }),
      "field 'totals' is missing, found no more fields",
    ],
    [
      "lacks another",
      record({ status: arm("Open"), note: null, totals: new Map() }),
      "field 'lines' is missing, found 'status'",
    ],
    ["has one that is unknown", record({ ...EMPTY, colour: "red" }), "unknown field 'colour'"],
    ["has one of another type", record({ ...EMPTY, note: 5n }), ", field 'note': expected text, found nat 5"],
    ["is no record", [1n], "expected a record of t/Order@1, found list"],
    ["has an arm that is gone", record({ ...EMPTY, status: arm("Sent") }), "t/Status@1 has no arm 'Sent'"],
  ])("says of an old state that %s which field of which schema it is", (_, state, message) => {
    const found = change(arm("Pay"), { state: encodeCbor(state) }).fault;
    expect(found).toMatchObject({ code: "module.abort", message: expect.stringContaining(message) });
    expect(found?.message).toMatch(/^state of t\/Order@1/);
  });

  test("says of a part of an old state which schema the part is of", () => {
    const lines = [record({ sku: "a", amount: "many" })];
    const inside = change(arm("Pay"), stateBytes({ lines })).fault?.message;
    expect(inside).toBe("state of t/Line@1, field 'amount': expected nat, found 'many'");
    const behind = change(arm("Pay"), stateBytes({ lines: [record({ sku: "a", amount: 1n }), 7n] })).fault
      ?.message;
    expect(behind).toBe("state of t/Order@1: expected a record of t/Line@1, found nat 7");
  });

  test("refuses an event of another schema", () => {
    expect(step(module, "t/Other@1", null).fault?.message).toBe("the event is not of t/Change@1");
  });

  test("that forgets an arm does not compile, and the message names it", async () => {
    await withWorld(ORDER, async (folder) => {
      const error = await compileIn(folder, ORDER, SOURCE.replace("onNote(", "onNot(")).catch(
        (e: unknown) => e,
      );
      expect(error).toMatchObject({ code: "build.compile" });
      expect(JSON.stringify(error)).toContain("onNote");
    });
  });
});

describe("a reducer whose event", () => {
  const reducer = (event: string, schemas: Record<string, unknown>, body: string, state = "t/Seen@1") =>
    compiledModule(
      {
        schemas: { "t/Seen@1": { list: text }, ...schemas },
        modules: [{ abi: { state, event, effects_emitted: [] } }],
      },
      (air) => {
        const names = [...air.matchAll(/^export (?:abstract )?(?:class|enum) (\w+)/gm)].map(
          ([, name]) => name,
        );
        return `import { ${names.join(", ")} } from "./air";\nexport class Mine extends ThingReducer {\n${body}\n}\n`;
      },
    );

  test(
    "is a record has one method for it",
    async () => {
      const body = "onEvent(event: Ping): void { this.state.value.push(event.from); }";
      const module = await reducer("t/Ping@1", { "t/Ping@1": { record: { from: text } } }, body);
      expect(step(module, "t/Ping@1", record({ from: "me" })).state).toEqual(["me"]);
    },
    COMPILE_MS,
  );

  test(
    "is a reference to a variant has a method for each arm",
    async () => {
      const schemas = { "t/Event@1": { ref: "t/Real@1" }, "t/Real@1": { variant: { A: text, B: unit } } };
      const body =
        'onA(event: string): void { this.state.value.push(event); } onB(): void { this.state.value.push("b"); }';
      const module = await reducer("t/Event@1", schemas, body);
      expect(step(module, "t/Event@1", record({ $tag: "A", $value: "x" })).state).toEqual(["x"]);
      expect(step(module, "t/Event@1", record({ $tag: "B" })).state).toEqual(["b"]);
      expect(step(module, "t/Event@1", record({ $tag: "C" })).fault?.message).toContain(
        "t/Event@1 has no arm 'C'",
      );
    },
    COMPILE_MS,
  );

  test(
    "has an arm of a number, over a state that is one, has them as numbers",
    async () => {
      const schemas = {
        "t/Step@1": nat,
        "t/Sum@1": nat,
        "t/Event@1": { variant: { Up: { ref: "t/Step@1" } } },
      };
      const body = "onUp(event: u64): void { this.state.value += event; }";
      const module = await reducer("t/Event@1", schemas, body, "t/Sum@1");
      const up = record({ $tag: "Up", $value: 5n });
      expect(step(module, "t/Event@1", up, { state: encodeCbor(3n) }).state).toBe(8n);
    },
    COMPILE_MS,
  );

  test(
    "is built in has its classes generated too",
    async () => {
      const body =
        "onEvent(event: TimerFired): void { this.state.value.push(event.requested.deliverAtNs.toString()); }";
      const module = await reducer("sys/TimerFired@1", {}, body);
      const ids = { intent_hash: "h", reducer: "r", effect_kind: "e", adapter_id: "a", status: "s" };
      const fired = record({
        ...ids,
        requested: record({ deliver_at_ns: 9n, key: null }),
        receipt: record({ delivered_at_ns: 9n, key: null }),
        cost_cents: 1n,
        signature: new Uint8Array(1),
      });
      expect(step(module, "sys/TimerFired@1", fired).state).toEqual(["9"]);
    },
    COMPILE_MS,
  );
});

describe("a pure module", () => {
  const PRICE: WorldSpec = {
    schemas: { "t/Item@1": { record: { cents: nat, count: nat } }, "t/Total@1": { option: nat } },
    modules: [
      {
        name: "t/Price@1",
        kind: "pure",
        abi: { input: "t/Item@1", output: "t/Total@1", context: "sys/PureContext@1" },
      },
    ],
  };
  const SOURCE = `
import { Some } from "airloom/assembly/sdk";
import { Item, PriceModule } from "./air";

export class Price extends PriceModule {
  run(input: Item): Some<u64> | null {
    if (input.count == 0) return null;
    if (input.count == 99) return new Some<u64>(this.ctx.journalHeight);
    return new Some<u64>(input.cents * input.count);
  }
}
`;
  let module: Compiled;
  beforeAll(async () => {
    module = await compiledModule(PRICE, SOURCE);
  }, COMPILE_MS);

  const run = (value: Cbor, context: Cbor | null = null) => {
    const host = createModuleHost(() => module.wasm);
    const result = host.run(module.hash, {
      value: canon(value),
      context: context === null ? null : canon(context),
    });
    return result.ok ? decodeCbor(result.output) : result.fault.message;
  };

  test("answers what it is asked", () => {
    expect(run(record({ cents: 250n, count: 3n }))).toBe(750n);
    expect(run(record({ cents: 250n, count: 0n }))).toBeNull();
  });

  test("knows its call where it declares a context", () => {
    const context = record({
      module: "t/Price@1",
      manifest_hash: "m",
      journal_height: 5n,
      logical_now_ns: 6n,
    });
    expect(run(record({ cents: 1n, count: 99n }), context)).toBe(5n);
    expect(run(record({ cents: 1n, count: 99n }))).toContain("sys/PureContext@1");
  });

  test("says which field of its input is wrong", () => {
    expect(run(record({ cents: 1n }))).toBe(
      "input of t/Item@1: field 'count' is missing, found no more fields",
    );
  });
});
