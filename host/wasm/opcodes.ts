/**
 * The instructions of core wasm as far as modules may use them: what follows each opcode, how many values it
 * takes and gives, and its name. Numbers and names are those of the WebAssembly core specification 2.0,
 * chapter 5.4.
 */

/** What stands behind an opcode. */
export const IMMEDIATE = {
  none: 0,
  block: 1,
  index: 2,
  twoIndices: 3,
  memory: 4,
  number: 5,
  bytes4: 6,
  bytes8: 7,
  labels: 8,
  types: 9,
  heapType: 10,
  /** A second opcode: the 0xfc prefix. */
  prefix: 11,
} as const;

/** Opcodes the scan and the rewriter treat one by one. */
export const OP = {
  unreachable: 0x00,
  nop: 0x01,
  block: 0x02,
  loop: 0x03,
  if: 0x04,
  else: 0x05,
  end: 0x0b,
  br: 0x0c,
  brIf: 0x0d,
  brTable: 0x0e,
  return: 0x0f,
  call: 0x10,
  callIndirect: 0x11,
  drop: 0x1a,
  select: 0x1b,
  localGet: 0x20,
  localSet: 0x21,
  localTee: 0x22,
  globalGet: 0x23,
  globalSet: 0x24,
  tableSet: 0x26,
  i32Load: 0x28,
  f32Load: 0x2a,
  f64Load: 0x2b,
  i64Store: 0x37,
  f32Store: 0x38,
  f64Store: 0x39,
  i64Store8: 0x3c,
  i64Store32: 0x3e,
  memorySize: 0x3f,
  memoryGrow: 0x40,
  i32Const: 0x41,
  i64Const: 0x42,
  f32Const: 0x43,
  f64Const: 0x44,
  i32Eq: 0x46,
  i32LtS: 0x48,
  i32LtU: 0x49,
  i32GtU: 0x4b,
  f32Eq: 0x5b,
  f64Eq: 0x61,
  i32Add: 0x6a,
  i32Sub: 0x6b,
  i32Mul: 0x6c,
  i32ShrU: 0x76,
  i64ExtendU: 0xad,
  i32ReinterpretF32: 0xbc,
  i64ReinterpretF64: 0xbd,
  refNull: 0xd0,
  refFunc: 0xd2,
  misc: 0xfc,
} as const;

/** Second opcodes behind 0xfc. */
export const MISC = {
  memoryInit: 8,
  dataDrop: 9,
  memoryCopy: 10,
  memoryFill: 11,
  tableInit: 12,
  elemDrop: 13,
  tableCopy: 14,
  tableGrow: 15,
  tableSize: 16,
  tableFill: 17,
} as const;

const CONTROL =
  "unreachable nop block loop if else - - - - - end br br_if br_table return call call_indirect";
const VARIABLE = "local.get local.set local.tee global.get global.set table.get table.set";
const MEMORY =
  "i32.load i64.load f32.load f64.load i32.load8_s i32.load8_u i32.load16_s i32.load16_u i64.load8_s " +
  "i64.load8_u i64.load16_s i64.load16_u i64.load32_s i64.load32_u i32.store i64.store f32.store f64.store " +
  "i32.store8 i32.store16 i64.store8 i64.store16 i64.store32 memory.size memory.grow i32.const i64.const " +
  "f32.const f64.const";
const COMPARE = (type: string) => `${type}.eqz ${ORDER(type)}`;
const ORDER = (type: string) =>
  ["eq", "ne", "lt_s", "lt_u", "gt_s", "gt_u", "le_s", "le_u", "ge_s", "ge_u"]
    .map((name) => `${type}.${name}`)
    .join(" ");
const INTEGER = (type: string) =>
  "clz ctz popcnt add sub mul div_s div_u rem_s rem_u and or xor shl shr_s shr_u rotl rotr"
    .split(" ")
    .map((name) => `${type}.${name}`)
    .join(" ");
const FLOAT_COMPARE = (type: string) =>
  ["eq", "ne", "lt", "gt", "le", "ge"].map((name) => `${type}.${name}`).join(" ");
const FLOAT = (type: string) =>
  "abs neg ceil floor trunc nearest sqrt add sub mul div min max copysign"
    .split(" ")
    .map((name) => `${type}.${name}`)
    .join(" ");
const CONVERT =
  "i32.wrap_i64 i32.trunc_f32_s i32.trunc_f32_u i32.trunc_f64_s i32.trunc_f64_u i64.extend_i32_s " +
  "i64.extend_i32_u i64.trunc_f32_s i64.trunc_f32_u i64.trunc_f64_s i64.trunc_f64_u f32.convert_i32_s " +
  "f32.convert_i32_u f32.convert_i64_s f32.convert_i64_u f32.demote_f64 f64.convert_i32_s f64.convert_i32_u " +
  "f64.convert_i64_s f64.convert_i64_u f64.promote_f32 i32.reinterpret_f32 i64.reinterpret_f64 " +
  "f32.reinterpret_i32 f64.reinterpret_i64 i32.extend8_s i32.extend16_s i64.extend8_s i64.extend16_s " +
  "i64.extend32_s";
const NUMERIC = [
  COMPARE("i32"),
  COMPARE("i64"),
  FLOAT_COMPARE("f32"),
  FLOAT_COMPARE("f64"),
  INTEGER("i32"),
  INTEGER("i64"),
  FLOAT("f32"),
  FLOAT("f64"),
  CONVERT,
].join(" ");
const MISC_NAMES = (
  "i32.trunc_sat_f32_s i32.trunc_sat_f32_u i32.trunc_sat_f64_s i32.trunc_sat_f64_u i64.trunc_sat_f32_s " +
  "i64.trunc_sat_f32_u i64.trunc_sat_f64_s i64.trunc_sat_f64_u memory.init data.drop memory.copy memory.fill " +
  "table.init elem.drop table.copy table.grow table.size table.fill"
).split(" ");

const NAMES: readonly (string | undefined)[] = namesByOpcode();

function namesByOpcode(): (string | undefined)[] {
  const names: (string | undefined)[] = Array(256).fill(undefined);
  const place = (from: number, list: string) => {
    for (const [i, name] of list.split(" ").entries()) if (name !== "-") names[from + i] = name;
  };
  place(0x00, CONTROL);
  place(0x1a, "drop select select");
  place(0x20, VARIABLE);
  place(0x28, MEMORY);
  place(0x45, NUMERIC);
  place(0xd0, "ref.null ref.is_null ref.func");
  return names;
}

/** The name of an opcode, `undefined` where modules may not use it. */
export function nameOf(opcode: number, misc = 0): string | undefined {
  return opcode === OP.misc ? MISC_NAMES[misc] : NAMES[opcode];
}

/** By opcode: what follows it. */
export const IMMEDIATES: Uint8Array = immediates();

function immediates(): Uint8Array {
  const table = new Uint8Array(256);
  const set = (kind: number, ...opcodes: number[]) => {
    for (const opcode of opcodes) table[opcode] = kind;
  };
  set(IMMEDIATE.block, OP.block, OP.loop, OP.if);
  set(IMMEDIATE.index, OP.br, OP.brIf, OP.call, OP.memorySize, OP.memoryGrow, OP.refFunc);
  for (let opcode = OP.localGet; opcode <= OP.tableSet; opcode++) set(IMMEDIATE.index, opcode);
  set(IMMEDIATE.twoIndices, OP.callIndirect);
  set(IMMEDIATE.labels, OP.brTable);
  set(IMMEDIATE.types, 0x1c);
  for (let opcode = OP.i32Load; opcode <= OP.i64Store32; opcode++) set(IMMEDIATE.memory, opcode);
  set(IMMEDIATE.number, OP.i32Const, OP.i64Const);
  set(IMMEDIATE.bytes4, OP.f32Const);
  set(IMMEDIATE.bytes8, OP.f64Const);
  set(IMMEDIATE.heapType, OP.refNull);
  set(IMMEDIATE.prefix, OP.misc);
  return table;
}

/** By second opcode: how many indices follow. */
export const MISC_INDICES: readonly number[] = [0, 0, 0, 0, 0, 0, 0, 0, 2, 1, 2, 1, 2, 1, 2, 1, 1, 1];

const UNARY_WORDS =
  "eqz|clz|ctz|popcnt|abs|neg|ceil|floor|trunc|nearest|sqrt|wrap|extend|convert|demote|promote|reinterpret";
const UNARY = new RegExp(`\\.(?:${UNARY_WORDS})`);

/** By opcode: values taken in the high half of a byte, values given in the low half. Blocks and calls aside. */
const EFFECTS: Uint8Array = effects();
const MISC_EFFECTS: readonly (readonly [takes: number, gives: number])[] = [
  ...Array.from({ length: 8 }, () => [1, 1] as const),
  ...([
    [3, 0],
    [0, 0],
    [3, 0],
    [3, 0],
    [3, 0],
    [0, 0],
    [3, 0],
    [2, 1],
    [0, 1],
    [3, 0],
  ] as const),
];

function effects(): Uint8Array {
  const table = new Uint8Array(256);
  const set = (takes: number, gives: number, ...opcodes: number[]) => {
    for (const opcode of opcodes) table[opcode] = (takes << 4) | gives;
  };
  set(1, 0, OP.drop, OP.localSet, OP.globalSet, OP.brIf);
  set(3, 1, OP.select, 0x1c);
  set(0, 1, OP.localGet, OP.globalGet, OP.memorySize, OP.refNull, OP.refFunc);
  set(0, 1, OP.i32Const, OP.i64Const, OP.f32Const, OP.f64Const);
  set(1, 1, OP.localTee, 0x25, OP.memoryGrow, 0xd1);
  set(2, 0, OP.tableSet);
  for (let opcode = OP.i32Load; opcode <= 0x35; opcode++) set(1, 1, opcode);
  for (let opcode = 0x36; opcode <= OP.i64Store32; opcode++) set(2, 0, opcode);
  for (let opcode = 0x45; opcode <= 0xc4; opcode++) set(UNARY.test(NAMES[opcode]!) ? 1 : 2, 1, opcode);
  return table;
}

/** How many values an instruction takes. */
export function takenBy(opcode: number, misc = 0): number {
  return opcode === OP.misc ? (MISC_EFFECTS[misc]?.[0] ?? 0) : EFFECTS[opcode]! >> 4;
}

/** How many values an instruction gives. */
export function givenBy(opcode: number, misc = 0): number {
  return opcode === OP.misc ? (MISC_EFFECTS[misc]?.[1] ?? 0) : EFFECTS[opcode]! & 15;
}

/** Whether an instruction reads, writes or computes a float. */
export function isFloat(opcode: number, misc = 0): boolean {
  return opcode === OP.misc ? misc < 8 : FLOATS[opcode] !== 0;
}

const FLOATS: Uint8Array = Uint8Array.from(NAMES, (name) =>
  name !== undefined && /f32|f64/.test(name) ? 1 : 0,
);

/**
 * The width of the result of float arithmetic, whose NaN bits engines choose; 0 for everything else. Loads,
 * `abs`, `neg`, `copysign` and `reinterpret` move bits and choose none.
 */
export function arithmeticWidth(opcode: number): 0 | 32 | 64 {
  const name = FLOATS[opcode] === 0 ? undefined : NAMES[opcode];
  if (name === undefined || !ARITHMETIC.test(name)) return 0;
  return name.startsWith("f32") ? 32 : 64;
}

const ARITHMETIC = /^f(?:32|64)\.(?:ceil|floor|trunc|nearest|sqrt|add|sub|mul|div|min|max|demote|promote)/;
