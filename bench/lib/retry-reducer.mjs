/**
 * The reducer of the retry world (assembly/reducers/retry-backoff) as a plain function over AIR values, to be
 * measured beside its module. It gives the new state, and the events and effects with their values.
 */

const U64_MAX = 2n ** 64n - 1n;
const NS_PER_MS = 1_000_000n;

const nat = (value) => ({ kind: "nat", value });
const text = (value) => ({ kind: "text", value });
const record = (fields) => ({ kind: "record", fields: new Map(Object.entries(fields)) });

const IDLE = {
  pc: "Idle",
  attempt: 0n,
  max_attempts: 0n,
  base_delay_ms: 0n,
  anchor_ns: 0n,
  payload: "",
  req_id: "",
};

/** `state` is null the first time; `event` is a value of `demo/RetryEvent@1`. */
export function reduce(state, event) {
  const s = state === null ? { ...IDLE } : plain(state);
  const answer = { events: [], effects: [] };
  const { value: tag } = event.fields.get("$tag");
  const value = event.fields.get("$value");
  if (tag === "Start") start(s, plain(value), answer);
  else if (tag === "Ok") ok(s, plain(value));
  else if (tag === "Err") err(s, plain(value), answer);
  else timer(s, value, answer);
  return { state: stateValue(s), ...answer };
}

function plain(value) {
  const out = {};
  for (const [name, field] of value.fields) out[name] = field.value;
  return out;
}

function stateValue(s) {
  return record({
    pc: text(s.pc),
    attempt: nat(s.attempt),
    max_attempts: nat(s.max_attempts),
    base_delay_ms: nat(s.base_delay_ms),
    anchor_ns: nat(s.anchor_ns),
    payload: text(s.payload),
    req_id: text(s.req_id),
  });
}

function start(s, event, answer) {
  if (s.pc === "Waiting") return;
  s.pc = "Waiting";
  s.attempt = 1n;
  s.max_attempts = event.max_attempts > 1n ? event.max_attempts : 1n;
  s.base_delay_ms = event.base_delay_ms > 1n ? event.base_delay_ms : 1n;
  s.anchor_ns = event.now_ns;
  s.payload = event.payload;
  s.req_id = event.req_id;
  request(s, answer);
}

function ok(s, event) {
  if (s.pc === "Waiting" && s.req_id === event.req_id) s.pc = "Done";
}

function err(s, event, answer) {
  if (s.pc !== "Waiting" || s.req_id !== event.req_id) return;
  if (!event.transient || s.attempt >= s.max_attempts) {
    s.pc = "Failed";
    return;
  }
  const wait = saturated(s.base_delay_ms * NS_PER_MS) << (s.attempt - 1n);
  const at = saturated(s.anchor_ns + saturated(wait));
  answer.effects.push({ kind: "timer.set", params: record({ deliver_at_ns: nat(at), key: text(s.req_id) }) });
  s.attempt += 1n;
}

function timer(s, fired, answer) {
  const key = fired.fields.get("requested").fields.get("key");
  if (s.pc === "Waiting" && key.value === s.req_id) request(s, answer);
}

function request(s, answer) {
  const value = record({ req_id: text(s.req_id), payload: text(s.payload) });
  answer.events.push({ schema: "demo/WorkRequested@1", value });
}

function saturated(value) {
  return value > U64_MAX ? U64_MAX : value;
}
