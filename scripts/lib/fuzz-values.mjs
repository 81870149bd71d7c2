/** Types to walk, and values of them to start from: every kind of type, flat, nested, wide and deep. */

const HASH = `sha256:${"0123456789abcdef".repeat(4)}`;
const UUID = "123e4567-E89B-12d3-a456-426614174000";

const SCALARS = {
  bool: { bool: {} },
  int: { int: {} },
  nat: { nat: {} },
  dec128: { dec128: {} },
  bytes: { bytes: {} },
  text: { text: {} },
  time: { time: {} },
  duration: { duration: {} },
  hash: { hash: {} },
  uuid: { uuid: {} },
  unit: { unit: {} },
};

const item = { record: { sku: { text: {} }, count: { nat: {} }, note: { option: { text: {} } } } };
const arms = (count) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`arm${i}`, { nat: {} }]));
const deep = (depth) =>
  depth === 0 ? { nat: {} } : { list: { option: { record: { a: deep(depth - 1) } } } };
const deepValue = (depth) => (depth === 0 ? 300 : [null, { a: deepValue(depth - 1) }]);

/** Name to a type as definitions write it. */
export const WALKED_TYPES = {
  ...SCALARS,
  All: { record: SCALARS },
  Event: {
    variant: {
      Start: { record: { req_id: { text: {} }, attempts: { nat: {} }, at: { time: {} } } },
      Err: { record: { req_id: { text: {} }, transient: { bool: {} }, message: { text: {} } } },
      Tick: { unit: {} },
    },
  },
  Order: {
    record: {
      items: { list: item },
      labels: { map: { key: { text: {} }, value: { int: {} } } },
      owners: { set: { uuid: {} } },
      parent: { option: { hash: {} } },
      status: { variant: { Open: { unit: {} }, Paid: item } },
    },
  },
  ByNumber: {
    map: { key: { int: {} }, value: { map: { key: { nat: {} }, value: { set: { bytes: {} } } } } },
  },
  Wide: { variant: arms(300) },
  WideRecord: { record: arms(40) },
  Deep: deep(20),
  Sets: { set: { set: { set: { text: {} } } } },
  Odd: {
    record: {
      ["__proto__"]: { unit: {} },
      constructor: { option: { option: { nat: {} } } },
      "": { text: {} },
    },
  },
};

/** Name to values in the sugar lens, as plain JSON. */
export const WALKED_SAMPLES = {
  int: [-1, 24, -300, 70000, "-9223372036854775808", "9223372036854775807"],
  nat: [23, 255, 65536, "18446744073709551615"],
  bytes: ["AAECAw==", Buffer.alloc(300).toString("base64")],
  text: ["é\u{1f600}x", "a".repeat(40), "\ud7ff\ue000"],
  dec128: ["-1.50e+7"],
  All: [
    {
      bool: true,
      int: -5,
      nat: 5,
      dec128: "1.5",
      bytes: "AAE=",
      text: "ü",
      time: "1700000000000000000",
      duration: -70000,
      hash: HASH,
      uuid: UUID,
      unit: null,
    },
  ],
  Event: [
    { Start: { req_id: "req-1", attempts: 3, at: "1700000000000000000" } },
    { Err: { req_id: "req-1", transient: false, message: "the service is down" } },
    { Tick: null },
    { $tag: "Tick" },
  ],
  Order: [
    {
      items: [
        { sku: "a-1", count: 2, note: null },
        { sku: "b-2", count: 300, note: "gift" },
      ],
      labels: { a: 1, bb: -2, ccc: 3 },
      owners: [UUID, UUID.toLowerCase(), "00000000-0000-0000-0000-000000000000"],
      parent: HASH,
      status: { Paid: { sku: "c", count: 1, note: null } },
    },
  ],
  ByNumber: [
    [
      [-1, [[5, ["AA==", "AAE="]]]],
      [7, []],
    ],
  ],
  Wide: [{ arm0: 1 }, { arm150: 24 }, { arm299: 3 }],
  Deep: [deepValue(20)],
  Sets: [[[["a", "b"], []], [["c"]]]],
};
