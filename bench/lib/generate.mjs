/** Worlds of any size that are like real ones: machines with their own events, state, plan, route and trigger. */

/** Definition files of a world of exactly `count` definitions, the manifest among them; at least 20. */
export function generatedWorld(count) {
  const shared = [cap(), policy()];
  const machines = Array.from({ length: Math.floor((count - 1 - shared.length) / EACH) }, (_, i) =>
    machine(i),
  );
  const own = machines.flatMap(({ definitions }) => definitions);
  const spare = Array.from({ length: count - 1 - shared.length - own.length }, (_, i) => spareSchema(i));
  const all = [...shared, ...own, ...spare];
  return [
    ...[...FILES].map(([file, kinds]) => ({
      path: `${file}.air.json`,
      text: JSON.stringify(
        all.filter(({ $kind }) => kinds.includes($kind)),
        null,
        2,
      ),
    })),
    { path: "manifest.air.json", text: JSON.stringify(manifest(all, machines), null, 2) },
  ];
}

/** Definitions of one machine. */
const EACH = 8;

const FILES = new Map([
  ["schemas", ["defschema"]],
  ["modules", ["defmodule"]],
  ["plans", ["defplan"]],
  ["capabilities", ["defcap"]],
  ["policies", ["defpolicy"]],
]);

function manifest(all, machines) {
  const listed = (kind) => all.filter(({ $kind }) => $kind === kind).map(({ name }) => ({ name }));
  return {
    $kind: "manifest",
    air_version: "1",
    schemas: listed("defschema"),
    modules: listed("defmodule"),
    plans: listed("defplan"),
    effects: [{ name: "sys/timer.set@1" }],
    caps: listed("defcap"),
    policies: listed("defpolicy"),
    defaults: {
      policy: "gen/allow-all@1",
      cap_grants: [{ name: "timer_grant", cap: "gen/timer@1", params: { record: {} } }],
    },
    module_bindings: Object.fromEntries(
      machines.map(({ module }) => [module, { slots: { default: "timer_grant" } }]),
    ),
    routing: { events: machines.map(({ route }) => route) },
    triggers: machines.map(({ trigger }) => trigger),
  };
}

function cap() {
  return { $kind: "defcap", name: "gen/timer@1", cap_type: "timer", schema: { record: {} } };
}

function policy() {
  return { $kind: "defpolicy", name: "gen/allow-all@1", rules: [{ when: {}, decision: "allow" }] };
}

function schema(name, type) {
  return { $kind: "defschema", name, type };
}

function spareSchema(i) {
  return schema(`gen/Spare${i}@1`, { list: { record: { at: { time: {} }, what: { text: {} } } } });
}

function machine(i) {
  const named = (what) => `gen/${what}${i}@1`;
  const module = named("Machine");
  const definitions = [...schemas(named), moduleOf(named), plan(named)];
  if (definitions.length !== EACH) throw new Error(`a machine has ${definitions.length} definitions`);
  return {
    module,
    definitions,
    route: { event: named("Event"), reducer: module },
    trigger: { event: named("Requested"), plan: named("Plan"), correlate_by: "req_id" },
  };
}

function schemas(named) {
  const text = { text: {} };
  const nat = { nat: {} };
  return [
    schema(named("Start"), {
      record: { req_id: text, payload: text, max_attempts: nat, labels: { map: { key: text, value: nat } } },
    }),
    schema(named("Requested"), { record: { req_id: text, attempt: nat, note: { option: text } } }),
    schema(named("Ok"), { record: { req_id: text, result: { list: { ref: named("Start") } } } }),
    schema(named("Err"), { record: { req_id: text, transient: { bool: {} }, message: text } }),
    schema(named("Event"), {
      variant: {
        Start: { ref: named("Start") },
        Ok: { ref: named("Ok") },
        Err: { ref: named("Err") },
        Timer: { ref: "sys/TimerFired@1" },
      },
    }),
    schema(named("State"), {
      record: {
        pc: { variant: { Idle: { unit: {} }, Waiting: { unit: {} }, Done: { unit: {} } } },
        attempt: nat,
        last: { option: { ref: named("Err") } },
        seen: { set: text },
      },
    }),
  ];
}

function moduleOf(named) {
  return {
    $kind: "defmodule",
    name: named("Machine"),
    module_kind: "reducer",
    wasm_hash: `sha256:${"0".repeat(64)}`,
    abi: {
      reducer: {
        state: named("State"),
        event: named("Event"),
        effects_emitted: ["timer.set"],
        cap_slots: { default: "timer" },
      },
    },
  };
}

function plan(named) {
  const input = (field) => ({ ref: `@plan.input.${field}` });
  const when = (op) => ({ op, args: [{ ref: "@var:attempt" }, { nat: 2 }] });
  return {
    $kind: "defplan",
    name: named("Plan"),
    input: named("Requested"),
    steps: [
      { id: "attempt", op: "assign", expr: input("attempt"), bind: { as: "attempt" } },
      {
        id: "fail",
        op: "raise_event",
        event: named("Err"),
        value: { record: { req_id: input("req_id"), transient: { bool: true }, message: { text: "down" } } },
      },
      {
        id: "succeed",
        op: "raise_event",
        event: named("Ok"),
        value: { record: { req_id: input("req_id"), result: { list: [] } } },
      },
    ],
    edges: [
      { from: "attempt", to: "fail", when: when("lt") },
      { from: "attempt", to: "succeed", when: when("ge") },
    ],
  };
}
