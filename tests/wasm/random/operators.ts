/** Instructions that take values and give at most one, by what they take and give. */

import { F32, F64, I32, I64 } from "./types.ts";

export interface Operator {
  readonly code: readonly number[];
  readonly takes: readonly number[];
  readonly gives: number;
  /** Width of the float whose NaN bits the engine chooses; 0 where it chooses none. */
  readonly chooses: 0 | 32 | 64;
  readonly mayTrap: boolean;
}

export interface Access {
  readonly opcode: number;
  readonly type: number;
  /** Largest alignment, as an exponent of 2. */
  readonly align: number;
}

const CONVERSIONS: readonly (readonly [from: number, to: number, takes: number, gives: number])[] = [
  [0xa7, 0xa7, I64, I32],
  [0xa8, 0xa9, F32, I32],
  [0xaa, 0xab, F64, I32],
  [0xac, 0xad, I32, I64],
  [0xae, 0xaf, F32, I64],
  [0xb0, 0xb1, F64, I64],
  [0xb2, 0xb3, I32, F32],
  [0xb4, 0xb5, I64, F32],
  [0xb6, 0xb6, F64, F32],
  [0xb7, 0xb8, I32, F64],
  [0xb9, 0xba, I64, F64],
  [0xbb, 0xbb, F32, F64],
  [0xbc, 0xbc, F32, I32],
  [0xbd, 0xbd, F64, I64],
  [0xbe, 0xbe, I32, F32],
  [0xbf, 0xbf, I64, F64],
  [0xc0, 0xc1, I32, I32],
  [0xc2, 0xc4, I64, I64],
];

const SATURATING = [
  [F32, I32],
  [F64, I32],
  [F32, I64],
  [F64, I64],
] as const;

export const OPERATORS: readonly Operator[] = operators();

export const LOADS: readonly Access[] = accesses(
  0x28,
  [I32, I64, F32, F64, I32, I32, I32, I32, I64, I64, I64, I64, I64, I64],
  [2, 3, 2, 3, 0, 0, 1, 1, 0, 0, 1, 1, 2, 2],
);

export const STORES: readonly Access[] = accesses(
  0x36,
  [I32, I64, F32, F64, I32, I32, I64, I64, I64],
  [2, 3, 2, 3, 0, 1, 0, 1, 2],
);

function accesses(first: number, types: readonly number[], aligns: readonly number[]): readonly Access[] {
  return types.map((type, i) => ({ opcode: first + i, type, align: aligns[i]! }));
}

function operators(): readonly Operator[] {
  const all: Operator[] = [];
  const add = (from: number, to: number, takes: readonly number[], gives: number) => {
    for (let code = from; code <= to; code++) {
      all.push({ code: [code], takes, gives, chooses: choice(code), mayTrap: traps(code) });
    }
  };
  add(0x45, 0x45, [I32], I32);
  add(0x46, 0x4f, [I32, I32], I32);
  add(0x50, 0x50, [I64], I32);
  add(0x51, 0x5a, [I64, I64], I32);
  add(0x5b, 0x60, [F32, F32], I32);
  add(0x61, 0x66, [F64, F64], I32);
  for (const [first, type] of [[0x67, I32] as const, [0x79, I64] as const]) {
    add(first, first + 2, [type], type);
    add(first + 3, first + 17, [type, type], type);
  }
  for (const [first, type] of [[0x8b, F32] as const, [0x99, F64] as const]) {
    add(first, first + 6, [type], type);
    add(first + 7, first + 13, [type, type], type);
  }
  for (const [from, to, take, gives] of CONVERSIONS) add(from, to, [take], gives);
  for (const [i, [take, gives]] of SATURATING.entries()) {
    for (const second of [2 * i, 2 * i + 1]) {
      all.push({ code: [0xfc, second], takes: [take], gives, chooses: 0, mayTrap: false });
    }
  }
  return all;
}

/** Ceil to max, demote and promote; not abs, neg, copysign and conversions from integers. */
function choice(code: number): 0 | 32 | 64 {
  if ((code >= 0x8d && code <= 0x97) || code === 0xb6) return 32;
  return (code >= 0x9b && code <= 0xa5) || code === 0xbb ? 64 : 0;
}

/** Divisions, remainders and conversions of floats to integers. */
function traps(code: number): boolean {
  const divides = (code >= 0x6d && code <= 0x70) || (code >= 0x7f && code <= 0x82);
  return divides || (code >= 0xa8 && code <= 0xab) || (code >= 0xae && code <= 0xb1);
}
