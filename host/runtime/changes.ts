import type { Manifest } from "../air/manifest.ts";
import type { Definitions } from "../kernel/state.ts";
import { compareText } from "../values/bytes.ts";
import { decodeCbor } from "../values/cbor.ts";

/** What differs between two sets of definitions, a line each, sorted: `demo/WorkPlan@1 changed`. */
export function changedDefinitions(from: Definitions, to: Definitions): readonly string[] {
  const [before, after] = [namesOf(from.manifest), namesOf(to.manifest)];
  const changes: string[] = [];
  for (const [name, hash] of before) {
    const now = after.get(name);
    if (now === undefined) changes.push(`${name} removed`);
    else if (now !== hash) changes.push(`${name} changed`);
  }
  for (const name of after.keys()) if (!before.has(name)) changes.push(`${name} added`);
  const definitions = changes.filter((change) => !change.startsWith("manifest "));
  const named = definitions.length > 0 ? definitions : changes;
  if (from.settingsHash !== to.settingsHash) named.push("settings changed");
  return named.sort(compareText);
}

/** Node hash by name; the manifest itself, which has no name, as `manifest`. */
function namesOf(manifest: Manifest): Map<string, string> {
  const names = new Map<string, string>();
  for (const [hash, bytes] of manifest.nodes) {
    const node = decodeCbor(bytes);
    const name = node instanceof Map ? node.get("name") : undefined;
    names.set(typeof name === "string" ? name : "manifest", hash);
  }
  return names;
}
