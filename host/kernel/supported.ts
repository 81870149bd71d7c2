/**
 * What AIR has and this engine does not run. Such definitions load, are checked and have their hashes; a world
 * is not opened on them. Each line here goes when the engine learns the thing.
 */

import { DIAGNOSTIC_CODES } from "../air/codes.ts";
import type { Manifest, Plan } from "../air/manifest.ts";
import { ALLOW_ALL } from "../air/parse/cap.ts";
import { RECEIPT_EVENTS } from "../effects/receipt.ts";
import { isNativeModule } from "../gate/native/native.ts";
import { AirloomError, type Diagnostic, plainDiagnostic } from "../values/errors.ts";
import { isBuiltin } from "../values/names.ts";
import { child } from "../values/pointer.ts";
import { ANSWERED_KINDS } from "./introspect.ts";

/** Effect kinds that reducers may emit. */
const EFFECTS: ReadonlySet<string> = new Set(RECEIPT_EVENTS.keys());

/** Built-in effects that nobody but the engine can answer. */
const INTERNAL = /^(?:governance|introspect|vault|workspace)\./;

/**
 * What a manifest uses that is not run, as warnings with codes `unsupported.*`; the pointer begins with the
 * name of the definition. None for a manifest that runs.
 */
export function unsupportedFeatures(manifest: Manifest): readonly Diagnostic[] {
  return [
    ...[...manifest.plans.values()].flatMap((plan) => inPlan(plan, manifest)),
    ...[...manifest.reducers.values()].flatMap(({ module }) => inModule(module.name, manifest)),
    ...[...manifest.modules.keys()].filter(isUnknownBuiltin).map(builtinModule),
    ...[...manifest.grants.values()].flatMap(({ name, cap }) =>
      cap.enforcer !== ALLOW_ALL && isUnknownBuiltin(cap.enforcer) ? [enforcer(name, cap.enforcer)] : [],
    ),
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

function inPlan({ definition }: Plan, { effects }: Manifest): readonly Diagnostic[] {
  const { name } = definition;
  return definition.steps.flatMap((step, i) => {
    if (step.op !== "emit_effect" || !INTERNAL.test(step.kind) || ANSWERED_KINDS.has(step.kind)) return [];
    if (!isBuiltin(effects.get(step.kind)?.definition.name ?? "")) return [];
    const what = `the step ${step.id} of ${name} emits ${step.kind}`;
    return [warning("unsupported.effect", `${name}/steps/${i}/kind`, what, { found: step.kind })];
  });
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

/** A module of the catalogue whose work nothing here does. */
function isUnknownBuiltin(name: string): boolean {
  return isBuiltin(name) && !isNativeModule(name);
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
    hint: "grant a capability whose enforcer is a module of yours",
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
  const message = `${what}: ${title[0]!.toLowerCase()}${title.slice(1)}`;
  return plainDiagnostic({ code, severity: "warning", message, pointer, ...more });
}
