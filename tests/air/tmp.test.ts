import { test } from "vitest";
import { loadWorldFolder } from "../../host/build/directory.ts";
import { manifestFromNodes } from "../../host/air/nodes.ts";
import { AirloomError } from "../../host/values/errors.ts";
test("x", () => {
  for (const w of ["retry-backoff", "retry-backoff-workflow", "retry-backoff-recovers"]) {
    const t0 = performance.now();
    try {
      const { manifest, settings, warnings } = loadWorldFolder("air/worlds/" + w);
      const t1 = performance.now();
      const again = manifestFromNodes(manifest.hash, (h) => manifest.nodes.get(h));
      const t2 = performance.now();
      console.log(w, manifest.hash, (t1 - t0).toFixed(0), (t2 - t1).toFixed(0), warnings, settings);
      console.log([...manifest.routes].map(([k, v]) => [k, v.map((r) => [r.reducer.module.name, r.arm])]), [...manifest.reducers.values()].map((r) => r.receiptArms), again.hash === manifest.hash);
      console.dir(manifest.plans.get("demo/WorkPlan@1"), { depth: 9 });
    } catch (e) { if (e instanceof AirloomError) console.log(e.code, e.message, e.diagnostics); throw e; }
  }
});
