/** A JSON Schema that says of the sugar lens what an AIR type says, as nearly as JSON Schema can. */

const TEXT = { type: "string" };
const NAT = { type: "integer", minimum: 0 };
const INT = { type: "integer" };

const SCALARS = {
  bool: { type: "boolean" },
  int: INT,
  nat: NAT,
  time: NAT,
  duration: INT,
  dec128: { type: "string", pattern: "^[+-]?[0-9]+(\\.[0-9]+)?([eE][+-]?[0-9]+)?$" },
  bytes: TEXT,
  text: TEXT,
  hash: { type: "string", pattern: "^sha256:[0-9a-f]{64}$" },
  uuid: { type: "string", pattern: "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$" },
  unit: { type: "null" },
};

/** Of a type without references, as `Schema.type` has it. */
export function jsonSchemaOf(type) {
  switch (type.kind) {
    case "option":
      return { anyOf: [{ type: "null" }, jsonSchemaOf(type.item)] };
    case "list":
      return { type: "array", items: jsonSchemaOf(type.item) };
    case "set":
      return { type: "array", items: jsonSchemaOf(type.item), uniqueItems: true };
    case "map":
      return { type: "object", additionalProperties: jsonSchemaOf(type.value) };
    case "record":
      return objectOf(type.fields);
    case "variant":
      return { oneOf: [...type.arms].map(([tag, arm]) => objectOf(new Map([[tag, arm]]))) };
    default:
      return SCALARS[type.kind];
  }
}

function objectOf(fields) {
  const names = [...fields.keys()];
  const properties = Object.fromEntries([...fields].map(([name, type]) => [name, jsonSchemaOf(type)]));
  return { type: "object", properties, required: names, additionalProperties: false };
}
