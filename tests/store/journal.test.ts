import { createMemoryJournal } from "../../host/journal/memory.ts";
import { journalContract } from "../contracts/journal.ts";
import { emptyFolder, opened, sql } from "./folders.ts";

journalContract("the memory journal", async () => {
  const journal = createMemoryJournal();
  return { journal, reopen: async () => journal, dispose: () => journal.close() };
});

const TABLES = { cell: "cell", blob: "blob", ingress: "ingress", head: "world" } as const;

journalContract("the SQLite store", async () => {
  const folder = await emptyFolder();
  let store = await opened(folder);
  return {
    journal: store,
    async reopen() {
      await store.close();
      sql(folder, "DROP TRIGGER IF EXISTS failing");
      store = await opened(folder);
      return store;
    },
    async failNext(what) {
      const table = TABLES[what];
      const event = what === "head" ? "UPDATE" : "INSERT";
      sql(
        folder,
        `CREATE TRIGGER failing BEFORE ${event} ON ${table} BEGIN SELECT RAISE(ABORT, 'broken on purpose'); END`,
      );
    },
    dispose: () => store.close(),
  };
});
