/**
 * What AIR has and this engine does not run. Such definitions load, are checked and have their hashes; a world
 * is not opened on them. Each line here goes when the engine learns the thing.
 */

import { DIAGNOSTIC_CODES } from "../air/codes.ts";
import type { Step } from "../air/definitions.ts";
import type { Manifest, Plan } from "../air/manifest.ts";
import { ALLOW_ALL } from "../air/parse/cap.ts";
import { AirloomError, type Diagnostic } from "../values/errors.ts";
import { isBuiltin } from "../values/names.ts";
import { child } from "../values/pointer.ts";

/** Effect kinds that reducers may emit. */
const EFFECTS: ReadonlySet<string> = new Set(["timer.set"]);

const STEPS: ReadonlySet<Step["op"]> = new Set(["raise_event", "assign", "end"]);

/**
 * What a manifest uses that is not run, as warnings with codes `unsupported.*`; the pointer begins with the
 * name of the definition. None for a manifest that runs.
 */
export function unsupportedFeatures(manifest: Manifest): readonly Diagnostic[] {
  return [
    ...[...manifest.plans.values()].flatMap(inPlan),
    ...[...manifest.reducers.values()].flatMap(({ module }) => inModule(module.name, manifest)),
    ...[...manifest.modules.keys()].filter(isBuiltin).map(builtinModule),
    ...[...manifest.grants.values()].flatMap(({ name, cap }) =>
      cap.enforcer === ALLOW_ALL ? [] : [enforcer(name, cap.enforcer)],
    ),
    ...[...manifest.secrets.keys()].map(secret),
    ...manifest.inboxes.map(({ source }, i) => inbox(source, i)),
  ];
}

/** Throws `world.unsupported` (kind `manifest`) with `unsupportedFeatures`, when there are any. */
export function requireSupported(manifest: Manifest): void {
  const diagnostics = unsupportedFeatures(manifest);
  const [first, ...more] = diagnostics;
  if (first === undefined) return;
  const others = more.length === 0 ? "" : ` (and ${more.length} more)`;
  const message = `this engine cannot run these definitions: ${first.message}${others}`;
  throw new AirloomError("manifest", "world.unsupported", message, { diagnostics });
}

function inPlan({ definition }: Plan): readonly Diagnostic[] {
  const { name } = definition;
  const steps = definition.steps.flatMap(({ op, id }, i) =>
    STEPS.has(op)
      ? []
      : [
          warning(`unsupported.${op}`, `${name}/steps/${i}/op`, `the step ${id} of ${name} is ${op}`, {
            expected: [...STEPS].join(", "),
            found: op,
            hint: "emit effects from a reducer, and start plans by triggers",
          }),
        ],
  );
  if (definition.invariants.length === 0) return steps;
  const message = `${name} has invariants, which are not checked`;
  const hint = "guard the edges instead";
  return [...steps, warning("unsupported.invariants", `${name}/invariants`, message, { hint })];
}

function inModule(name: string, manifest: Manifest): readonly Diagnostic[] {
  const { reducer, moduleKind } = manifest.modules.get(name)!;
  const word = moduleKind === "workflow" ? "workflow" : "reducer";
  return reducer!.effectsEmitted.flatMap((kind, i) =>
    EFFECTS.has(kind)
      ? []
      : [
          warning("unsupported.effect", `${name}/abi/${word}/effects_emitted/${i}`, `${name} emits ${kind}`, {
            expected: [...EFFECTS].join(", "),
            found: kind,
          }),
        ],
  );
}

function builtinModule(name: string): Diagnostic {
  return warning("unsupported.builtin_module", child("manifest/modules", name), `${name} is built in`, {
    expected: "modules of your own",
    found: name,
  });
}

function enforcer(grant: string, module: string): Diagnostic {
  const pointer = child("manifest/defaults/cap_grants", grant);
  return warning("unsupported.enforcer", pointer, `the grant ${grant} is checked by ${module}`, {
    expected: ALLOW_ALL,
    found: module,
    hint: "grant a capability without an enforcer",
  });
}

function secret(name: string): Diagnostic {
  return warning("unsupported.secret", child("manifest/secrets", name), `${name} is a secret`, {
    found: name,
  });
}

function inbox(source: string, index: number): Diagnostic {
  return warning("unsupported.inbox", `manifest/routing/inboxes/${index}`, `${source} is an inbox`, {
    found: source,
    hint: "send events from outside by their schema, and route them",
  });
}

function warning(
  code: string,
  pointer: string,
  what: string,
  more: Pick<Diagnostic, "expected" | "found" | "hint">,
): Diagnostic {
  const title = DIAGNOSTIC_CODES.get(code)!.title;
  return {
    code,
    severity: "warning",
    message: `${what}: ${title[0]!.toLowerCase()}${title.slice(1)}`,
    pointer,
    ...more,
  };
}
