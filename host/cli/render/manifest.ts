/** A resolved manifest as a tree, and as JSON. */

import type { ManifestView, ModuleView, PlanView } from "../../air/view.ts";
import { ZERO_HASH } from "../../values/hash.ts";
import { jsonFrom, stringifyJson } from "../../values/json.ts";
import type { Io } from "../io.ts";
import { clean, instant, type Palette, paletteOf, plural } from "./text.ts";
import { type Branch, treeLines } from "./tree.ts";

/** Longest text of a line, in UTF-16 units. */
const LINE_MAX = 400;

export function manifestTree(io: Io, view: ManifestView): string {
  const p = paletteOf(io);
  const sections: readonly Branch[] = [
    section(
      p,
      "schemas",
      view.schemas.map(({ name }) => leaf(name)),
      `${view.builtinSchemas} built in`,
    ),
    section(
      p,
      "modules",
      view.modules.map((module) => moduleBranch(p, module)),
    ),
    section(p, "routes", view.routes.map(routeBranch)),
    section(p, "triggers", view.triggers.map(triggerBranch)),
    section(
      p,
      "plans",
      view.plans.map((plan) => planBranch(p, plan)),
    ),
    section(p, "effects", view.effects.map(effectBranch)),
    section(
      p,
      "grants",
      view.grants.map((grant) => grantBranch(p, grant)),
    ),
    policyBranch(p, view.policy),
    section(p, "secrets", view.secrets.map(secretBranch)),
    section(
      p,
      "inboxes",
      view.inboxes.map(({ source, module }) => leaf(`${source} -> ${module}`)),
    ),
  ];
  return `${treeLines({ text: `manifest ${p.bold(view.hash)}`, branches: sections }).join("\n")}\n`;
}

export function manifestJson(view: ManifestView, folder: string): string {
  return stringifyJson(jsonFrom({ type: "manifest", folder, ...view }));
}

function leaf(text: string): Branch {
  return { text: clean(text, LINE_MAX) };
}

function section(p: Palette, name: string, branches: readonly Branch[], beside?: string): Branch {
  const count = branches.length === 0 ? "none" : String(branches.length);
  const note = beside === undefined ? count : `${count}, ${beside}`;
  return { text: `${p.cyan(name)} ${p.dim(note)}`, branches };
}

function moduleBranch(p: Palette, module: ModuleView): Branch {
  const { name, kind, wasmHash, effects, slots } = module;
  const fields = ["state", "event", "key", "context", "input", "output"] as const;
  const branches = [
    ...fields.flatMap((field) => (module[field] === null ? [] : leaf(`${field} ${module[field]}`))),
    ...(effects.length === 0 ? [] : [leaf(`emits ${effects.join(", ")}`)]),
    ...slots.map(({ slot, capType, grant }) => {
      const type = capType === null ? "" : ` (${capType})`;
      return leaf(`slot ${slot}${type} -> ${grant ?? "nothing bound"}`);
    }),
  ];
  const wasm = wasmHash === ZERO_HASH ? "not built" : `wasm ${wasmHash}`;
  return { text: `${clean(name)} ${p.dim(`${kind}, ${wasm}`)}`, branches };
}

function routeBranch({ event, module, arm, key }: ManifestView["routes"][number]): Branch {
  const as = arm === null ? "" : `, as arm ${arm}`;
  const by = key === null ? "" : `, key ${key}`;
  return leaf(`${event} -> ${module}${as}${by}`);
}

function triggerBranch({ event, plan, correlateBy }: ManifestView["triggers"][number]): Branch {
  return leaf(`${event} -> ${plan}${correlateBy === null ? "" : `, correlated by ${correlateBy}`}`);
}

function planBranch(p: Palette, plan: PlanView): Branch {
  const { name, hash, input, output, locals, steps, edges, invariants } = plan;
  const branches: readonly Branch[] = [
    leaf(`input ${input}`),
    ...(output === null ? [] : [leaf(`output ${output}`)]),
    ...locals.map((local) => leaf(`local ${local.name}: ${local.schema}`)),
    ...steps.map(({ id, does }) => leaf(`step ${id}: ${does}`)),
    ...edges.map(({ from, to, when }) => {
      return leaf(`edge ${from} -> ${to}${when === null ? "" : ` when ${when}`}`);
    }),
    ...invariants.map((text) => leaf(`invariant ${text}`)),
  ];
  return { text: `${clean(name)} ${p.dim(hash)}`, branches };
}

function effectBranch(effect: ManifestView["effects"][number]): Branch {
  const { kind, name, params, receipt, capType, originScope } = effect;
  const who = originScope === "both" ? "modules and plans" : `${originScope}s`;
  return leaf(`${kind} (${name}): ${params} -> ${receipt}, under ${capType}, for ${who}`);
}

function grantBranch(p: Palette, grant: ManifestView["grants"][number]): Branch {
  const { name, cap, capType, enforcer, params, expiryNs, hash } = grant;
  const expires = expiryNs === null ? "never expires" : `expires ${instant(BigInt(expiryNs))}`;
  return {
    text: `${clean(name)} ${p.dim(hash)}`,
    branches: [
      leaf(`of ${cap} (${capType}), enforced by ${enforcer}`),
      leaf(`params ${stringifyJson(params)}`),
      leaf(expires),
    ],
  };
}

function policyBranch(p: Palette, policy: ManifestView["policy"]): Branch {
  if (policy === null) return { text: `${p.cyan("policy")} ${p.dim("none: everything is allowed")}` };
  const rules = policy.rules.map(({ decision, when }, i) => {
    const condition = when.map(([field, value]) => `${field} is ${value}`).join(" and ");
    return leaf(`${i} ${decision} ${condition === "" ? "everything" : `when ${condition}`}`);
  });
  const note = `${plural(rules.length, "rule")}, then deny`;
  return { text: `${p.cyan("policy")} ${clean(policy.name)} ${p.dim(note)}`, branches: rules };
}

function secretBranch({ name, binding, allowedCaps, allowedPlans }: ManifestView["secrets"][number]): Branch {
  const grants = allowedCaps.length === 0 ? "any grant" : allowedCaps.join(", ");
  const plans = allowedPlans.length === 0 ? "any plan" : allowedPlans.join(", ");
  return leaf(`${name} from ${binding}, for ${grants} and ${plans}`);
}
