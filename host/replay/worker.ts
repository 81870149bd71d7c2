/** A thread of the corpus runner: replays what it is sent, one recording at a time. */

import { parentPort, workerData } from "node:worker_threads";
import { AirloomError, bug } from "../values/errors.ts";
import { createReplayer, plainError, type WorkerAnswer, type WorkerSettings } from "./corpus.ts";
import type { Found } from "./discover.ts";

/** A message for every piece of a file would be many. */
const TOLD_BYTES = 1024 * 1024;

const port = parentPort;
if (port === null) throw bug("the replay worker runs in a thread only");
let read = 0;
const replayOne = createReplayer(workerData as WorkerSettings, (bytes) => {
  read += bytes;
  if (read >= TOLD_BYTES) tell();
});

function tell(): void {
  port?.postMessage({ bytes: read } satisfies WorkerAnswer);
  read = 0;
}

port.on("message", (found: Found) => {
  answer(found).then((message) => {
    tell();
    port.postMessage(message);
  });
});

async function answer(found: Found): Promise<WorkerAnswer> {
  try {
    const result = await replayOne(found);
    return { result: { ...result, error: result.error === null ? null : plainError(result.error) } };
  } catch (error) {
    return { thrown: plainError(error instanceof AirloomError ? error : bug(String(error))) };
  }
}
