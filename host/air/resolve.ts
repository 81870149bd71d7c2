/**
 * Definitions to the manifest a world runs: references followed, types compiled, routes expanded, hashes
 * taken. Every fault of everything is reported; nothing comes out unless there is none.
 */

import type { Hash } from "../values/brand.ts";
import { bug } from "../values/errors.ts";
import { hashOf } from "../values/hash.ts";
import { catalogue } from "./catalogue.ts";
import { type GrantSource, LIST_NAMES, type ListName } from "./definitions.ts";
import type { Manifest } from "./manifest.ts";
import { manifestBytes, nodeBytes } from "./node.ts";
import { Active } from "./resolve/active.ts";
import { resolveEffects } from "./resolve/effects.ts";
import { checkEnforcers } from "./resolve/enforcers.ts";
import type { Given } from "./resolve/given.ts";
import { resolveGrants } from "./resolve/grants.ts";
import { resolvePlans } from "./resolve/plans.ts";
import { resolvePolicy } from "./resolve/policies.ts";
import { resolveModules } from "./resolve/reducers.ts";
import { resolveInboxes, resolveRoutes } from "./resolve/routes.ts";
import { compileAll } from "./resolve/schemas.ts";
import { resolveSecrets } from "./resolve/secrets.ts";
import { resolveTriggers } from "./resolve/triggers.ts";
import type { FaultList } from "./source.ts";

/** Null when something was refused; all of it is in `faults`, with warnings. */
export function resolve(given: Given, faults: FaultList): Manifest | null {
  const active = new Active(given, faults);
  const schemas = compileAll(active, faults);
  const effects = resolveEffects(active, schemas, faults);
  const grants = resolveGrants(given, active, schemas, faults);
  checkEnforcers(active, faults);
  const { reducers, pure } = resolveModules(given, active, schemas, effects, grants, faults);
  const { plans, nodes: planNodes } = resolvePlans(given, active, schemas, effects, grants, faults);
  const policy = resolvePolicy(given, active, effects, grants, faults);
  const secrets = resolveSecrets(given, active, grants, faults);
  const routes = resolveRoutes(given, active, schemas, reducers, faults);
  const inboxes = resolveInboxes(given, active, faults);
  const triggers = resolveTriggers(given, active, schemas, plans, faults);
  if (faults.failed) return null;

  const hashes = new Map<string, Hash>();
  const nodes = new Map<Hash, Uint8Array>(planNodes);
  const keep = (name: string, bytes: Uint8Array): void => {
    const hash = hashOf(bytes);
    hashes.set(name, hash);
    nodes.set(hash, bytes);
  };
  for (const [name, { hash }] of plans) hashes.set(name, hash);
  for (const list of ["schemas", "modules", "effects", "caps", "policies", "secrets"] as const) {
    for (const [name, { definition }] of active.set[list]) {
      if (!catalogue().hashes.has(name)) keep(name, nodeBytes(definition));
    }
  }
  const { definition } = given.manifest;
  const hashOfRef = (list: ListName, name: string): Hash => {
    const hash = hashes.get(name) ?? builtinRef(list, name);
    if (hash === undefined) throw bug("a listed definition has no hash", { list, name });
    return hash;
  };
  warnOfStaleHashes(given, hashes, faults);
  const params = (grant: GrantSource) => grants.params.get(grant)!;
  const bytes = manifestBytes(definition, hashOfRef, params);
  const hash = hashOf(bytes);
  nodes.set(hash, bytes);
  return {
    hash,
    nodes,
    schemas: schemas.byName,
    modules: new Map([...active.set.modules].map(([name, sourced]) => [name, sourced.definition])),
    reducers: new Map([...reducers].map(([name, { reducer }]) => [name, reducer])),
    pureModules: pure,
    plans,
    effects,
    grants: grants.byName,
    policy,
    routes,
    triggers,
    secrets,
    inboxes,
  };
}

/**
 * The hash a manifest has for what is built in. A running AgentOS refers to modules by their node with `$kind`,
 * as to a world's own, and to all else without it.
 */
function builtinRef(list: ListName, name: string): Hash | undefined {
  const { hashes, moduleNodeHashes } = catalogue();
  return list === "modules" ? moduleNodeHashes.get(name) : hashes.get(name);
}

/** Hashes an author wrote down are replaced by the ones that are: AIR only warns of a difference. */
function warnOfStaleHashes(given: Given, hashes: ReadonlyMap<string, Hash>, faults: FaultList): void {
  const { definition, origin } = given.manifest;
  for (const list of LIST_NAMES) {
    definition.lists.get(list)!.forEach(({ name, hash }, i) => {
      const actual = hashes.get(name);
      if (hash === null || actual === undefined || hash === actual) return;
      faults.add(origin, {
        code: "manifest.stale_hash",
        pointer: `/${list}/${i}/hash`,
        message: `${name} has another hash than the manifest says`,
        expected: actual,
        found: hash,
        hint: "leave the hash out: it is filled in",
      });
    });
  }
}
