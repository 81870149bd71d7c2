/**
 * Checking values: the walkers on canonical bytes beside cborg, which only decodes them, and ajv, which
 * checks the same values as JSON, parsed already and from their text.
 *
 *     npm run build && node bench/values.mjs [rounds]
 *
 * All are run in turn, round after round, in one process; what counts are the ratios of their medians. Exits
 * with 1 when walking a record of about 200 bytes is less than five times as fast as cborg's decoding.
 */

import { Ajv2020 } from "ajv/dist/2020.js";
import { decode as cborgDecode } from "cborg";
import { jsonFrom } from "../dist/values/json.js";
import { jsonSchemaOf } from "./lib/json-schema.mjs";
import { inTurn, sink } from "./lib/rounds.mjs";
import { samples } from "./lib/samples.mjs";

const ROUNDS = Number(process.argv[2] ?? 15);
const MS_EACH = 8;
const TARGET = 5;
const TARGET_BYTES = 200;

const ajv = new Ajv2020({ strict: true, allowUnionTypes: true });
const cases = samples().map(prepare);
const contenders = Object.assign({}, ...cases.map(contendersOf));
const times = inTurn(contenders, { rounds: ROUNDS, msEach: MS_EACH });

console.log(`nanoseconds a value, medians of ${ROUNDS} rounds in turn, Node ${process.version}`);
console.log(
  row("value", "bytes", "walk", "cborg", "ajv", "parse+ajv", "cborg/walk", "ajv/walk", "json/walk"),
);
let short = 0;
for (const { name, bytes } of cases) {
  const of = (contender) => times.get(`${name}: ${contender}`);
  const size = Math.round(bytes.reduce((sum, each) => sum + each.length, 0) / bytes.length);
  const ratio = (contender) => `${(of(contender) / of("walk")).toFixed(1)}x`;
  const figures = ["walk", "cborg", "ajv", "json"].map((contender) => of(contender).toFixed(0));
  console.log(row(name, size, ...figures, ratio("cborg"), ratio("ajv"), ratio("json")));
  if (Math.abs(size - TARGET_BYTES) <= 30 && of("cborg") < TARGET * of("walk")) short += 1;
}
console.log(
  `target: cborg/walk at least ${TARGET}x for records of about ${TARGET_BYTES} bytes: ${short === 0 ? "met" : "MISSED"}`,
);
process.exitCode = short === 0 && sink.value > 0 ? 0 : 1;

/** Everything in the form its contender takes it; all must accept all. */
function prepare({ name, schema, values }) {
  const bytes = values.map((value) => schema.encode(schema.parse(jsonFrom(value), "sugar")).slice(3));
  const validate = ajv.compile(jsonSchemaOf(schema.type));
  const texts = values.map((value) => JSON.stringify(value));
  if (!bytes.every((each) => schema.accepts(each)) || !values.every((each) => validate(each))) {
    throw new Error(`a contender refuses its own values: ${name}`);
  }
  return { name, schema, values, bytes, texts, validate };
}

function contendersOf({ name, schema, values, bytes, texts, validate }) {
  const count = (accepted) => {
    sink.value += accepted;
    return values.length;
  };
  return {
    [`${name}: walk`]: () => {
      let accepted = 0;
      for (const each of bytes) if (schema.check(each, 0, each.length) === each.length) accepted += 1;
      return count(accepted);
    },
    [`${name}: cborg`]: () => {
      let accepted = 0;
      for (const each of bytes) if (cborgDecode(each) !== undefined) accepted += 1;
      return count(accepted);
    },
    [`${name}: ajv`]: () => {
      let accepted = 0;
      for (const each of values) if (validate(each)) accepted += 1;
      return count(accepted);
    },
    [`${name}: json`]: () => {
      let accepted = 0;
      for (const each of texts) if (validate(JSON.parse(each))) accepted += 1;
      return count(accepted);
    },
  };
}

function row(name, ...figures) {
  return name.padEnd(18) + figures.map((each) => String(each).padStart(11)).join("");
}
