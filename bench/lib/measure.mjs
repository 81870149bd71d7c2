/**
 * Runs one thing in this process, then prints its seconds and the most memory it had resident as JSON in the last
 * line: `airloom ARGS...`, or `write FILE FORM RECORDS WORLD`.
 */

import { main } from "../../dist/cli/main.js";
import { writeRecording } from "../../dist/replay/recording/file.js";
import { retryJournal } from "./retry-journal.mjs";

const [what, ...args] = process.argv.slice(2);
const from = process.hrtime.bigint();
if (what === "write") {
  const [path, form, records, world] = args;
  await writeRecording(path, form, retryJournal(world, Number(records)));
} else {
  const io = {
    stdout: (text) => process.stdout.write(text),
    stderr: (text) => process.stderr.write(text),
    cwd: process.cwd(),
    color: false,
  };
  const exitCode = await main(args, io);
  if (exitCode !== 0) process.exit(exitCode);
}
const seconds = Number(process.hrtime.bigint() - from) / 1e9;
// KiB on every system Node runs on.
console.log(JSON.stringify({ seconds, maxRssMiB: process.resourceUsage().maxRSS / 1024 }));
