/** Journals that wait or fail when a test says so, around a real one. */

import type { AppendResult, Commit, Journal } from "../../host/journal/port.ts";

/** The journal with another `append`. */
export function appending(inner: Journal, append: (commit: Commit) => Promise<AppendResult>): Journal {
  return {
    worlds: () => inner.worlds(),
    head: (world) => inner.head(world),
    claim: (world) => inner.claim(world),
    append,
    read: (world, from) => inner.read(world, from),
    findIngress: (world, id) => inner.findIngress(world, id),
    readCell: (world, reducer, key, asOf) => inner.readCell(world, reducer, key, asOf),
    findCells: (world, cells, asOf) => inner.findCells(world, cells, asOf),
    cells: (world) => inner.cells(world),
    listCells: (world, page) => inner.listCells(world, page),
    sumCells: (world, asOf) => inner.sumCells(world, asOf),
    newestSnapshot: (world) => inner.newestSnapshot(world),
    putBlob: (world, bytes) => inner.putBlob(world, bytes),
    getBlob: (world, hash) => inner.getBlob(world, hash),
    close: () => inner.close(),
  };
}

/** A journal whose appends wait for `open` to be called, from frame 1 on. */
export function gated(inner: Journal): { readonly journal: Journal; open(): void } {
  let open = (): void => {};
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  const journal = appending(inner, async (commit) => {
    if (commit.expected > 0n) await gate;
    return inner.append(commit);
  });
  return { journal, open };
}

/** Lets everything that does not wait for the gate go on. */
export const turn = () => new Promise((resolve) => setImmediate(resolve));
