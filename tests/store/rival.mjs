// Another process beside a store, through the driver alone:
//   try FOLDER    whether the writer's lock is free
//   hold FOLDER   takes the lock, commits a blob, begins another, and waits to be killed
//   count FOLDER  counts journal rows as a reader

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "@photostructure/sqlite";

const [, , what, folder] = process.argv;

function tryLock() {
  const lock = new DatabaseSync(join(folder, "lock.db"));
  try {
    lock.exec("BEGIN EXCLUSIVE");
    return lock;
  } catch (error) {
    if (error.errcode !== 5) throw error;
    return null;
  }
}

if (what === "try") {
  console.log(tryLock() ? "free" : "busy");
} else if (what === "hold") {
  globalThis.lock = tryLock();
  writeFileSync(
    join(folder, "lock.txt"),
    `pid: ${process.pid}\nhost: elsewhere\nsince: then\ncommand: rival\n`,
  );
  const db = new DatabaseSync(join(folder, "store.db"));
  globalThis.db = db;
  db.exec("INSERT INTO blob VALUES (x'01', x'aa')");
  db.exec("BEGIN IMMEDIATE; INSERT INTO blob VALUES (x'02', x'bb')");
  console.log("held");
  setInterval(() => {}, 1000);
} else {
  const db = new DatabaseSync(join(folder, "store.db"), { readOnly: true });
  console.log(String(db.prepare("SELECT count(*) AS n FROM journal").get().n));
}
