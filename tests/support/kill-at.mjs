/**
 * Preloaded into a real `airloom` process: kills it with SIGKILL in the stage of a run that
 * AIRLOOM_TEST_KILL names, and says so on stderr first. What the stages are: host/runtime/trace.ts.
 *
 * { stage, frame, spinUs }   hold the process still in that stage, then kill it
 * { stage, frame, waitMs }   let it go on, kill it so much later; on a busy machine, when the wait ends first
 */

import { subscribe } from "node:diagnostics_channel";
import { writeSync } from "node:fs";

const plan = JSON.parse(process.env.AIRLOOM_TEST_KILL);

function kill(where) {
  writeSync(2, `killed: ${where}\n`);
  process.kill(process.pid, "SIGKILL");
}

function spin(us) {
  const end = process.hrtime.bigint() + BigInt(us) * 1000n;
  while (process.hrtime.bigint() < end);
}

if (plan.stage === "start") setTimeout(() => kill("start"), plan.waitMs);

let waiting = false;

subscribe("airloom:stage", (message) => {
  const { stage, frame } = message;
  if (waiting && stage === "receipt.received") kill(`${stage}, before the ${plan.waitMs} ms were over`);
  if (plan.stage === "start" && stage === "frame.sealed" && frame > 0n)
    kill("start, just before the first frame");
  if (stage !== plan.stage || frame.toString() !== plan.frame) return;
  if (plan.waitMs !== undefined) {
    waiting = true;
    setTimeout(() => kill(`${stage} ${frame} +${plan.waitMs} ms`), plan.waitMs);
  } else {
    spin(plan.spinUs);
    kill(`${stage} ${frame} +${plan.spinUs} us`);
  }
});
