import { readFileSync } from "node:fs";
import { test } from "vitest";
import { createShapeChecker, SCHEMA_FILES } from "../../host/air/text/shape.ts";
import { jsonFrom } from "../../host/values/json.ts";

test("x", () => {
  const docs = new Map(
    SCHEMA_FILES.map((f) => [
      f,
      JSON.parse(readFileSync(new URL("../../air/schemas/" + f, import.meta.url), "utf8")),
    ]),
  );
  const t0 = performance.now();
  const c = createShapeChecker(docs);
  const say = (shape: any, v: any) => {
    const t = performance.now();
    const out: any[] = [];
    c.check(shape, jsonFrom(v), (f) => out.push(f));
    console.log(shape, (performance.now() - t).toFixed(1), JSON.stringify(out, null, 1));
  };
  console.log("make", performance.now() - t0);
  say("defschema", {
    $kind: "defschema",
    name: "demo/A@1",
    type: {
      record: {
        a: { text: {} },
        __proto__x: { lst: { nat: {} } },
        b: { text: {}, nat: {} },
        c: {},
        d: { ref: "foo" },
        e: { map: { key: { bool: {} }, value: { nat: {} } } },
        f: { text: {}, $comment: "hi" },
      },
    },
  });
  say("defmodule", {
    $kind: "defmodule",
    nme: "demo/A@1",
    module_kind: "reduser",
    wasm_hash: "sha256:zz",
    abi: { reducer: { state: 5, event: "a/b", cap_slots: { "1x": "timer" } } },
  });
  say("defplan", {
    $kind: "defplan",
    name: "demo/A@1",
    input: "demo/X@1",
    steps: [
      { id: "a", op: "rise_event" },
      { id: "b", op: "assign", expr: 5, bind: { a: "x" } },
      { op: "end" },
    ],
    edges: [
      {
        from: "a",
        to: "b",
        when: {
          op: "lt",
          args: [{ ref: "plan" }, { nat: -1 }, { nat: "18446744073709551616" }, { opp: 1 }, 5],
        },
      },
    ],
  });
  say("manifest", {
    $kind: "manifest",
    air_version: "2",
    schemas: [{ name: "x" }, 5],
    modules: [],
    plans: [],
    caps: [],
    policies: [],
    routing: { events: [{ event: "a/B@1" }, { event: "a/B@1", reducer: "a/b@1", module: "a/b@1" }] },
  });
  say("settings", {
    modules: { x: { state: "chekced", source: "" } },
    limits_profile: 2,
    fuel_schedule: "v1",
  });
  say("defpolicy", []);
});
