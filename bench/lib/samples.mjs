/** Values to measure with: of each kind many, so that no two calls in a row see the same bytes. */

import { fileURLToPath } from "node:url";
import { loadWorldFolder } from "../../dist/build/directory.js";
import { jsonFrom } from "../../dist/values/json.js";
import { compileSchema } from "../../dist/values/schema.js";
import { parseType } from "../../dist/values/type-json.js";

const EACH = 64;
const T = 1_700_000_000_000_000;
const WORLD = fileURLToPath(new URL("../../air/worlds/retry-backoff/", import.meta.url));

/** `{ name, schema, values }`; values are plain JSON, in the sugar lens. */
export function samples() {
  const { schemas } = loadWorldFolder(WORLD).manifest;
  const event = schemas.get("demo/RetryEvent@1");
  const state = schemas.get("demo/RetryState@1");
  return [
    { name: "retry event Start", schema: event, values: many((i) => ({ Start: start(i) })) },
    { name: "retry event Err", schema: event, values: many((i) => ({ Err: failure(i) })) },
    { name: "retry state", schema: state, values: many(retryState) },
    { name: "flat record", schema: schemaOf("bench/Flat@1", FLAT), values: many(flat) },
    { name: "nested record", schema: schemaOf("bench/Nested@1", NESTED), values: many(nested) },
  ];
}

function many(make) {
  return Array.from({ length: EACH }, (_, i) => make(i));
}

function schemaOf(name, type) {
  const read = parseType(jsonFrom(type), "", (fault) => {
    throw new Error(`${fault.pointer}: ${fault.message}`);
  });
  return compileSchema(name, read, () => undefined);
}

function start(i) {
  return {
    req_id: `req-${1000 + i}`,
    payload: `hello world payload ${i}`,
    max_attempts: 3 + (i % 40),
    base_delay_ms: 10 * i,
    now_ns: T + i,
  };
}

function failure(i) {
  return { req_id: `req-${1000 + i}`, transient: i % 2 === 0, message: "the service is down" };
}

function retryState(i) {
  const { req_id, payload, max_attempts, base_delay_ms, now_ns } = start(i);
  return { pc: "Waiting", attempt: i % 7, max_attempts, base_delay_ms, anchor_ns: now_ns, payload, req_id };
}

const FLAT = {
  record: {
    account: { text: {} },
    active: { bool: {} },
    balance: { int: {} },
    city: { text: {} },
    created_ns: { time: {} },
    email: { text: {} },
    nickname: { option: { text: {} } },
    street: { text: {} },
    visits: { nat: {} },
  },
};

function flat(i) {
  return {
    account: `account-${100_000 + i}`,
    active: i % 3 === 0,
    balance: i * 1000 - 20_000,
    city: i % 8 === 0 ? "Zürich an der Limmat, Altstadt" : "Amsterdam, on the Amstel river",
    created_ns: T + i,
    email: `someone.else.${i}@example.org`,
    nickname: i % 2 === 0 ? null : "the quiet one",
    street: `${i} Damrak, second floor, at the back`,
    visits: 40 * i,
  };
}

const NESTED = {
  record: {
    id: { uuid: {} },
    items: { list: { record: { name: { text: {} }, price: { nat: {} }, note: { option: { text: {} } } } } },
    labels: { map: { key: { text: {} }, value: { nat: {} } } },
    status: { variant: { Open: { unit: {} }, Paid: { record: { at: { time: {} }, by: { text: {} } } } } },
    tags: { set: { text: {} } },
    total: { int: {} },
  },
};

function nested(i) {
  const item = (k) => ({ name: `item ${i}.${k}`, price: 100 * i + k, note: k % 2 === 0 ? null : "gift" });
  return {
    id: `123e4567-e89b-12d3-a456-4266141740${10 + i}`,
    items: [item(0), item(1)],
    labels: { north: i, south: 3 * i },
    status: i % 3 === 0 ? { Open: null } : { Paid: { at: T + i, by: "somebody" } },
    tags: ["blue", "green", `t${i}`],
    total: 5000 - i,
  };
}
