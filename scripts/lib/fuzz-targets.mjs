/**
 * What is fuzzed. For each case a target chooses a `subject` and the `valid` inputs to start from, then tries
 * the input made of them: it answers whether that was accepted, and throws when something happened that may
 * not. `modules` holds what is tried, so that the built package and its sources are tried by the same code.
 */

import { ensure, unlessRefused } from "./fuzz-checks.mjs";
import { frameTarget } from "./fuzz-frames.mjs";
import { loaderTarget } from "./fuzz-loader.mjs";
import { WALKED_SAMPLES, WALKED_TYPES } from "./fuzz-values.mjs";

/** Name to a function that makes the target. */
export const TARGETS = new Map([
  ["cbor", cborTarget],
  ["walker", walkerTarget],
  ["frame", frameTarget],
  ["loader", loaderTarget],
]);

function cborTarget(modules) {
  const { decodeCbor, encodeCbor, equalBytes, withoutSelfDescribe } = modules;
  const schemas = walkedSchemas(modules);
  const again = (item) => encodeCbor(decodeCbor(encodeCbor(item)));
  const choice = { valid: schemas.flatMap(({ valid }) => valid), subject: null };
  return {
    choose: () => choice,
    attempt(bytes) {
      const canonical = unlessRefused(modules, () => decodeCbor(bytes, "canonical"));
      const lenient = unlessRefused(modules, () => decodeCbor(bytes, "lenient"));
      if (canonical !== undefined) {
        const rewritten = encodeCbor(canonical);
        ensure(equalBytes(rewritten, withoutSelfDescribe(bytes)), "canonical bytes are written otherwise");
        ensure(lenient !== undefined, "canonical bytes are refused when read leniently");
        ensure(equalBytes(encodeCbor(lenient), rewritten), "lenient reading gives another item");
      } else if (lenient !== undefined) {
        ensure(equalBytes(again(lenient), encodeCbor(lenient)), "what was read is not written canonically");
      }
      return lenient !== undefined;
    },
  };
}

/** Of every this many inputs one is walked through a proxy that counts what is read; that is slow. */
const COUNTED_EVERY = 32;

function walkerTarget(modules) {
  const { equalBytes, withoutSelfDescribe } = modules;
  const schemas = walkedSchemas(modules);
  const all = schemas.flatMap(({ valid }) => valid);
  return {
    choose(random) {
      const { schema, valid } = random.pick(schemas);
      return { valid: random.below(4) === 0 ? all : valid, subject: schema };
    },
    attempt(bytes, random, schema, count) {
      const accepts = schema.accepts(bytes);
      const end = random.below(bytes.length + 1);
      ensure(schema.check(bytes, random.below(end + 1), end) <= end, "a walker went beyond the end");
      if (random.below(COUNTED_EVERY) === 0) {
        const counting = countingReads(bytes, count);
        ensure(schema.accepts(counting) === accepts, "a walker answers otherwise when it is watched");
      }
      const normal = unlessRefused(modules, () => schema.normalize(bytes));
      if (normal === undefined) {
        ensure(!accepts, "canonical bytes cannot be normalised");
        return false;
      }
      ensure(
        schema.accepts(normal) && schema.normalize(normal) === normal,
        "what was normalised is not normal",
      );
      ensure(equalBytes(schema.encode(schema.decode(normal)), normal), "decoding and encoding changes bytes");
      const bare = withoutSelfDescribe(normal);
      const same = equalBytes(bare, bytes) || equalBytes(normal, bytes);
      ensure(accepts === same, "a walker disagrees with reading and writing");
      return true;
    },
  };
}

/** The bytes through a proxy that counts each one that is looked at. */
function countingReads(bytes, count) {
  return new Proxy(bytes, {
    get(target, key) {
      if (typeof key === "string" && /^[0-9]/.test(key)) count();
      return Reflect.get(target, key, target);
    },
  });
}

/** Compiled schemas, each with canonical bytes of some values, tagged and bare. */
function walkedSchemas({ compileSchema, parseType, jsonFrom, zeroValue, withoutSelfDescribe }) {
  return Object.entries(WALKED_TYPES).map(([name, json]) => {
    const type = parseType(jsonFrom(json), "", ({ message }) => ensure(false, message));
    const schema = compileSchema(`fuzz/${name}@1`, type, () => undefined);
    const values = (WALKED_SAMPLES[name] ?? []).map((each) => schema.parse(jsonFrom(each), "sugar"));
    const valid = [zeroValue(schema.type), ...values].map((value) => schema.encode(value));
    return { schema, valid: [...valid, ...valid.map(withoutSelfDescribe)] };
  });
}
