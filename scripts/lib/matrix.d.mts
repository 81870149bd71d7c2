/** What tests use of the matrix. */

export interface MatrixCase {
  readonly name: string;
  readonly flags?: readonly string[];
  readonly skip?: string;
}

export interface MatrixResult {
  readonly name: string;
  readonly lines?: readonly string[];
  readonly skipped?: string;
  readonly failed?: string;
}

export function cases(): readonly MatrixCase[];
export function runCase(
  given: MatrixCase,
  options: { readonly journals: string; readonly dist?: string },
): Promise<MatrixResult>;
export function faultOf(result: MatrixResult, reference: MatrixResult): string | null;
