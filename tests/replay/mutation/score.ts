/** How mutations fared, as a table. */

export class Score {
  readonly #rows = new Map<string, Map<string, number>>();
  readonly #columns: string[] = [];

  add(row: string, column: string): void {
    if (!this.#columns.includes(column)) this.#columns.push(column);
    const counts = this.#rows.get(row) ?? new Map<string, number>();
    this.#rows.set(row, counts);
    counts.set(column, (counts.get(column) ?? 0) + 1);
  }

  of(row: string, column: string): number {
    return this.#rows.get(row)?.get(column) ?? 0;
  }

  get total(): number {
    return [...this.#rows.values()].flatMap((counts) => [...counts.values()]).reduce((sum, n) => sum + n, 0);
  }

  toString(): string {
    const header = ["", "tried", ...this.#columns];
    const rows = [...this.#rows].map(([name, counts]) => {
      const tried = [...counts.values()].reduce((sum, n) => sum + n, 0);
      return [name, tried, ...this.#columns.map((column) => counts.get(column) ?? 0)].map(String);
    });
    const widths = header.map((_, i) => Math.max(...[header, ...rows].map((cells) => cells[i]!.length)));
    const line = (cells: readonly string[]) =>
      cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join("  ");
    return [header, ...rows].map(line).join("\n");
  }
}
