/** A reducer that emits every event it is given as an event of its own schema, from generated code alone. */

import { concat, fromHex } from "../../host/values/bytes.ts";
import { encodeCbor } from "../../host/values/cbor.ts";
import type { Schema } from "../../host/values/schema.ts";
import type { Type } from "../../host/values/type.ts";
import { NULL, record, type Value } from "../../host/values/value.ts";
import { createModuleHost } from "../../host/wasm/host.ts";
import type { Compiled } from "../support/modules.ts";
import type { SchemaSpecs, WorldSpec } from "./worlds.ts";

/** Schemas `t/<Arm>@1`, each the payload of the arm of its name of one event. */
export function echoWorld(schemas: SchemaSpecs, others: SchemaSpecs = {}): WorldSpec {
  const named = Object.entries(schemas).map(([arm, type]) => [`t/${arm}@1`, type]);
  const arms = Object.keys(schemas).map((arm) => [arm, { ref: `t/${arm}@1` }]);
  return {
    schemas: {
      ...Object.fromEntries(named),
      ...others,
      "t/Note@1": { text: {} },
      "t/Event@1": { variant: Object.fromEntries(arms) },
    },
    modules: [{ abi: { state: "t/Note@1", event: "t/Event@1", effects_emitted: [] } }],
  };
}

/** Source of the reducer for this generated file. */
export function echoSource(air: string): string {
  const exported = [...air.matchAll(/^export (?:abstract )?(class|enum) (\w+)/gm)];
  const enums = new Set(exported.filter(([, kind]) => kind === "enum").map(([, , name]) => name!));
  const handlers = [...air.matchAll(/^ {2}abstract on(\w+)\((?:event: (.*))?\): void;$/gm)].map(
    ([, arm, type]) => {
      if (type === undefined) return `  on${arm}(): void { this.emit(new ${arm}()); }`;
      const own = type === arm ? (enums.has(type) ? `new ${arm}Value(event)` : "event") : `new ${arm}(event)`;
      return `  on${arm}(event: ${type}): void { this.emit(${own}); }`;
    },
  );
  return `import { ${exported.map(([, , name]) => name).join(", ")} } from "./air";
import { Some, Unit } from "airloom/assembly/sdk";

export class Echo extends ThingReducer {
${handlers.join("\n")}
}
`;
}

/** Delivers the bytes of a value as the payload of an arm; gives what was emitted, or why not. */
export function echo(module: Compiled, arm: string, payload: Uint8Array): Uint8Array | string {
  const host = createModuleHost(() => module.wasm);
  const head = concat([fromHex("d9d9f7a2")!, encodeCbor("$tag"), encodeCbor(arm), encodeCbor("$value")]);
  const value = concat([head, payload]);
  const result = host.step(module.hash, {
    state: null,
    schema: "t/Event@1",
    value,
    key: null,
    context: null,
  });
  if (!result.ok) return `${result.fault.code}: ${result.fault.message}`;
  const [event] = result.output.events;
  if (event?.schema !== `t/${arm}@1`) throw new Error(`the echo of ${arm} is ${event?.schema}`);
  return event.value;
}

/** Canonical bytes without the self-describe tag. */
export function bareBytes(schema: Schema, value: Value): Uint8Array {
  return schema.encode(value).subarray(3);
}

/** The same value with every arm of unit in the form without a payload: what a module writes. */
export function tagOnly(type: Type, value: Value): Value {
  switch (type.kind) {
    case "list":
    case "set":
      return value.kind === "list" || value.kind === "set"
        ? { kind: type.kind, items: value.items.map((item) => tagOnly(type.item, item)) }
        : value;
    case "option":
      return value.kind === "null" ? NULL : tagOnly(type.item, value);
    case "map":
      return value.kind === "map"
        ? { kind: "map", entries: value.entries.map(([key, each]) => [key, tagOnly(type.value, each)]) }
        : value;
    case "record":
      return value.kind === "record"
        ? record([...value.fields].map(([name, each]) => [name, tagOnly(type.fields.get(name)!, each)]))
        : value;
    case "variant":
      return value.kind === "record" ? armTagOnly(type.arms, value.fields) : value;
    default:
      return value;
  }
}

function armTagOnly(arms: ReadonlyMap<string, Type>, fields: ReadonlyMap<string, Value>): Value {
  const tag = fields.get("$tag")!;
  const payload = fields.get("$value");
  const type = arms.get(tag.kind === "text" ? tag.value : "")!;
  if (type.kind === "unit" || payload === undefined) return record([["$tag", tag]]);
  return record([
    ["$tag", tag],
    ["$value", tagOnly(type, payload)],
  ]);
}
