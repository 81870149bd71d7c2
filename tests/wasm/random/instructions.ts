/** One random instruction, with what it needs on the stack. */

import type { Body } from "./body.ts";
import { type Access, LOADS, OPERATORS, type Operator, STORES } from "./operators.ts";
import { EXTERNREF, F32, F64, FUNCREF, type FunctionType, I32, I64 } from "./types.ts";

type Emit = (body: Body) => void;

/** How often each is drawn, relative to the others. */
const WEIGHTED: readonly (readonly [weight: number, emit: Emit])[] = [
  [30, operate],
  [10, setLocal],
  [6, setGlobal],
  [8, load],
  [14, store],
  [5, bulk],
  [2, memorySize],
  [6, block],
  [5, loop],
  [5, branchIf],
  [4, conditional],
  [2, branch],
  [2, branchTable],
  [6, call],
  [4, callIndirect],
  [3, select],
  [3, drop],
  [1, (body) => body.returns()],
  [1, trap],
  [1, (body) => void body.out.raw(0x01)],
  [4, grow],
  [6, reference],
];

const TOTAL = WEIGHTED.reduce((sum, [weight]) => sum + weight, 0);

export function emitInstruction(body: Body): void {
  let at = body.chance.below(TOTAL);
  for (const [weight, emit] of WEIGHTED) {
    at -= weight;
    if (at < 0) {
      emit(body);
      return;
    }
  }
}

function operate(body: Body): void {
  const operator = body.chance.pick(OPERATORS);
  if (!body.around.features.floats && usesFloats(operator)) return;
  if (operator.mayTrap && !body.chance.oneIn(8)) return;
  body.need(operator.takes);
  body.out.append(operator.code);
  body.took(operator.takes.length).gave([operator.gives]);
  if (operator.chooses !== 0 && body.around.features.canonical) canonicalize(body, operator.gives);
}

function usesFloats({ takes, gives }: Operator): boolean {
  return [...takes, gives].some((type) => type === F32 || type === F64);
}

/** The value on top, or one NaN when it is any. */
function canonicalize(body: Body, type: number): void {
  const { out } = body;
  const local = body.locals.lastIndexOf(type);
  out.raw(0x22).u32(local);
  if (type === F32) out.raw(0x43, 0, 0, 0xc0, 0x7f);
  else out.raw(0x44, 0, 0, 0, 0, 0, 0, 0xf8, 0x7f);
  out.raw(0x20).u32(local).raw(0x20).u32(local);
  // The local may be read later: it must not keep the other bits.
  out.raw(type === F32 ? 0x5b : 0x61, 0x1b, 0x22).u32(local);
}

function setLocal(body: Body): void {
  if (body.locals.length === 0) return;
  const local = body.chance.below(body.locals.length);
  const type = body.locals[local]!;
  body.need([type]);
  const tee = body.chance.oneIn(3);
  body.out.raw(tee ? 0x22 : 0x21).u32(local);
  body.took(1).gave(tee ? [type] : []);
}

function setGlobal(body: Body): void {
  const { globals, budget } = body.around;
  const global = body.chance.below(globals.length);
  if (!globals[global]!.mutable || global === budget) return;
  body.need([globals[global]!.type]);
  body.out.raw(0x24).u32(global);
  body.took(1);
}

function load(body: Body): void {
  const access = pickAccess(body, LOADS);
  if (access === undefined) return;
  if (body.chance.oneIn(12)) body.need([I32]);
  else body.pushAddress();
  memoryArgument(body, access);
  body.took(1).gave([access.type]);
}

function store(body: Body): void {
  const access = pickAccess(body, STORES);
  if (access === undefined) return;
  if (body.chance.oneIn(12)) body.need([I32, access.type]);
  else {
    body.pushAddress();
    body.push(access.type);
  }
  memoryArgument(body, access);
  body.took(2);
}

function pickAccess(body: Body, accesses: readonly Access[]): Access | undefined {
  const access = body.chance.pick(accesses);
  const isFloat = access.type === F32 || access.type === F64;
  return isFloat && !body.around.features.floats ? undefined : access;
}

function memoryArgument({ out, chance }: Body, { opcode, align }: Access): void {
  const far = chance.pick([0, 1, 4096, 65_535, 65_536, 0x7fffffff, 0xffffffff]);
  const offset = chance.oneIn(60) ? far : chance.oneIn(6) ? chance.below(5000) : chance.below(16);
  out
    .raw(opcode)
    .u32(chance.below(align + 1))
    .u32(offset);
}

/** memory.init, data.drop, memory.copy, memory.fill, mostly over few bytes. */
function bulk(body: Body): void {
  const { chance, out, around } = body;
  const kind = chance.pick([8, 9, 10, 10, 11, 11, 11]);
  if (kind < 10 && around.dataSegments === 0) return;
  if (kind === 9 && !around.features.references) return;
  if (kind === 9) return void out.raw(0xfc, 9).u32(chance.below(around.dataSegments));
  body.pushAddress();
  if (kind === 10) body.pushAddress();
  else body.push(I32);
  if (kind === 8 && !chance.oneIn(4)) mask(body, 7);
  body.push(I32);
  if (!chance.oneIn(40)) mask(body, chance.pick([0, 7, 15, 255, 4095]));
  out.raw(0xfc, kind);
  if (kind === 8) out.u32(chance.below(around.dataSegments)).raw(0);
  else if (kind === 10) out.raw(0, 0);
  else out.raw(0);
  body.took(3);
}

function mask(body: Body, bits: number): void {
  body.pushNumber(bits);
  body.out.raw(0x71);
  body.took(2).gave([I32]);
}

function memorySize(body: Body): void {
  body.out.raw(0x3f, 0);
  body.gave([I32]);
}

function grow(body: Body): void {
  if (!body.around.features.grows) return;
  body.push(I32);
  if (!body.chance.oneIn(10)) mask(body, 1);
  body.out.raw(0x40, 0);
  body.took(1).gave([I32]);
}

function block(body: Body): void {
  if (body.depth > 24) return;
  const type = beginBlock(body, 0x02, []);
  body.nested(type, type.results, () => body.instructions());
}

function loop(body: Body): void {
  if (body.depth > 24) return;
  const type = beginBlock(body, 0x03, []);
  body.nested(type, type.parameters, () => {
    if (!body.around.features.endless) body.spend();
    body.instructions();
  });
}

function conditional(body: Body): void {
  if (body.depth > 24) return;
  const type = beginBlock(body, 0x04, [I32]);
  const needsElse = !sameTypes(type.parameters, type.results);
  body.nested(type, type.results, () => {
    body.instructions();
    if (!needsElse && body.chance.oneIn(2)) return;
    body.otherwise(type);
    body.instructions();
  });
}

function sameTypes(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((type, i) => type === b[i]);
}

/** Brings the operands, emits opcode and block type. */
function beginBlock(body: Body, opcode: number, condition: readonly number[]): FunctionType {
  const { chance, out, around } = body;
  const index = chance.below(around.types.length);
  const plain = chance.oneIn(2);
  const value = chance.oneIn(2) ? [] : [chance.pick(valueTypes(body))];
  const type = plain ? { parameters: [], results: value } : around.types[index]!;
  body.need([...type.parameters, ...condition]);
  body.took(condition.length);
  out.raw(opcode);
  if (plain) out.raw(value[0] ?? 0x40);
  else out.i32(index);
  return type;
}

function valueTypes({ around }: Body): readonly number[] {
  return around.features.floats ? [I32, I32, I64, F32, F64] : [I32, I32, I64];
}

function branch(body: Body): void {
  const depth = body.chance.below(body.depth);
  body.need(body.label(depth));
  body.out.raw(0x0c).u32(depth);
  body.jumped();
}

function branchIf(body: Body): void {
  const depth = body.chance.below(body.depth);
  const label = body.label(depth);
  body.need([...label, I32]);
  body.out.raw(0x0d).u32(depth);
  body.took(1 + label.length).gave(label);
}

function branchTable(body: Body): void {
  const { chance } = body;
  const otherwise = chance.below(body.depth);
  const label = body.label(otherwise);
  const fitting = Array.from({ length: body.depth }, (_, i) => i).filter((i) =>
    sameTypes(body.label(i), label),
  );
  const targets = Array.from({ length: chance.below(chance.oneIn(20) ? 300 : 6) }, () =>
    chance.pick(fitting),
  );
  body.need([...label, I32]);
  body.out.raw(0x0e).u32(targets.length);
  for (const target of targets) body.out.u32(target);
  body.out.u32(otherwise);
  body.jumped();
}

function call(body: Body): void {
  const { functions, types } = body.around;
  const index = body.chance.below(functions.length);
  const type = types[functions[index]!]!;
  body.need(type.parameters);
  body.out.raw(0x10).u32(index);
  body.took(type.parameters.length).gave(type.results);
}

/** Mostly a slot that holds a function of the type; else any number, which mostly traps. */
function callIndirect(body: Body): void {
  const { chance, around, out } = body;
  const slot = chance.below(around.slots.length);
  const index = around.functions[around.slots[slot]!]!;
  const type = around.types[index]!;
  body.need(type.parameters);
  if (chance.oneIn(20)) body.push(I32);
  else body.pushNumber(slot);
  out.raw(0x11).u32(index).u32(0);
  body.took(1 + type.parameters.length).gave(type.results);
}

function select(body: Body): void {
  const type = body.chance.pick(valueTypes(body));
  body.need([type, type, I32]);
  if (body.chance.oneIn(2)) body.out.raw(0x1b);
  else body.out.raw(0x1c, 1, type);
  body.took(3).gave([type]);
}

function drop(body: Body): void {
  if (body.topType() === undefined && !body.dead) return;
  body.out.raw(0x1a);
  body.took(1);
}

function trap(body: Body): void {
  if (!body.chance.oneIn(3)) return;
  body.out.raw(0x00);
  body.jumped();
}

/** What handles references and tables. */
function reference(body: Body): void {
  const { chance, out, around } = body;
  if (!around.features.references) return;
  const table = chance.below(around.tables.length);
  const type = around.tables[table]!;
  const kind = chance.below(10);
  if (kind === 0) {
    body.need([chance.pick([FUNCREF, EXTERNREF])]);
    out.raw(0xd1);
    body.took(1).gave([I32]);
  } else if (kind === 1) {
    pushSlot(body);
    out.raw(0x25).u32(table);
    body.took(1).gave([type]);
  } else if (kind <= 3) {
    pushSlot(body);
    body.push(type);
    out.raw(0x26).u32(table);
    body.took(2);
  } else if (kind === 4) {
    out.raw(0xfc, 16).u32(table);
    body.gave([I32]);
  } else if (kind === 5) {
    body.push(type);
    pushSlot(body);
    out.raw(0xfc, 15).u32(table);
    body.took(2).gave([I32]);
  } else if (kind === 6) {
    pushSlot(body);
    body.push(type);
    pushSlot(body);
    out.raw(0xfc, 17).u32(table);
    body.took(3);
  } else changeTable(body, kind);
}

/** table.copy, table.init, elem.drop on the first table, whose segments fit it. */
function changeTable(body: Body, kind: number): void {
  const { chance, out, around } = body;
  if (kind !== 7 && around.elementSegments === 0) return;
  if (kind === 9) return void out.raw(0xfc, 13).u32(chance.below(around.elementSegments));
  for (let i = 0; i < 3; i++) pushSlot(body);
  if (kind === 7) out.raw(0xfc, 14).u32(0).u32(0);
  else out.raw(0xfc, 12).u32(chance.below(around.elementSegments)).u32(0);
  body.took(3);
}

function pushSlot(body: Body): void {
  body.push(I32);
  if (!body.chance.oneIn(12)) mask(body, 3);
}
