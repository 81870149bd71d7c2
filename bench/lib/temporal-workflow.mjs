/** The workflow of bench/temporal.mjs: tries, waits, tries again. */

import { proxyActivities, sleep } from "@temporalio/workflow";

const { attempt } = proxyActivities({ startToCloseTimeout: "1 minute", retry: { maximumAttempts: 1 } });

export async function retry(attempts) {
  for (let i = 1; i <= attempts; i++) {
    try {
      await attempt({ number: i, payload: "hello" });
      return "done";
    } catch {
      await sleep(10);
    }
  }
  return "failed";
}
