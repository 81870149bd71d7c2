/** What AIR has and this version does not run: refused once each, never passed over. */

import { isBuiltin } from "../../values/names.ts";
import type { FaultList } from "../source.ts";
import type { Given } from "./given.ts";

/** Reports `unsupported.secret`, `unsupported.inbox` and `unsupported.builtin_module`. */
export function refuseUnsupported({ manifest }: Given, faults: FaultList): void {
  const { definition, origin } = manifest;
  definition.lists.get("secrets")!.forEach(({ name }, i) => {
    faults.add(origin, {
      code: "unsupported.secret",
      pointer: `/secrets/${i}`,
      message: `this version has no secrets, and the manifest lists ${name}`,
      expected: "no secrets",
      found: name,
    });
  });
  definition.routing?.inboxes.forEach(({ source }, i) => {
    faults.add(origin, {
      code: "unsupported.inbox",
      pointer: `/routing/inboxes/${i}`,
      message: "this version has no inboxes",
      expected: "no inboxes",
      found: source,
      hint: "send events from outside by their schema, and route them",
    });
  });
  definition.lists.get("modules")!.forEach(({ name }, i) => {
    if (!isBuiltin(name)) return;
    faults.add(origin, {
      code: "unsupported.builtin_module",
      pointer: `/modules/${i}/name`,
      message: `this version runs no built-in modules, and the manifest lists ${name}`,
      expected: "modules of your own",
      found: name,
    });
  });
}
