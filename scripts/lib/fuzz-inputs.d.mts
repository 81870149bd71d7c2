/** What tests use of the fuzzer's inputs. */

export class Random {
  constructor(seed: number, caseNumber: number);
  bits(): number;
  below(limit: number): number;
}

export function inputOf(random: Random, valid: readonly Uint8Array[]): Uint8Array;
