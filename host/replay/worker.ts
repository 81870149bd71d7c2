/** A thread of the corpus runner: replays what it is sent, one recording at a time. */

import { parentPort, workerData } from "node:worker_threads";
import { AirloomError, bug } from "../values/errors.ts";
import { createReplayer, plainError, type WorkerAnswer, type WorkerSettings } from "./corpus.ts";
import type { Found } from "./discover.ts";

const port = parentPort;
if (port === null) throw bug("the replay worker runs in a thread only");
const replayOne = createReplayer(workerData as WorkerSettings);

port.on("message", (found: Found) => {
  answer(found).then((message) => port.postMessage(message));
});

async function answer(found: Found): Promise<WorkerAnswer> {
  try {
    const result = await replayOne(found);
    return { result: { ...result, error: result.error === null ? null : plainError(result.error) } };
  } catch (error) {
    return { thrown: plainError(error instanceof AirloomError ? error : bug(String(error))) };
  }
}
