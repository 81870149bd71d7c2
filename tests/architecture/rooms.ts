/** The rooms of host/ and who may import whom (docs/architecture.md, "Rooms"). */

import { type Finding, findingAt, importsOf, resolveImport, type Source } from "./source.ts";

/** From left to right. A room imports from itself and from rooms of earlier lines; never from its own line's others. */
const STAGES: readonly (readonly string[])[] = [
  ["platform"],
  ["values"],
  ["air"],
  ["journal"],
  ["plan", "gate", "effects"],
  ["kernel"],
  ["wasm"],
  ["replay/core", "adapters", "store"],
  ["runtime"],
  ["build"],
  ["replay"],
  ["testing"],
  ["cli"],
  ["entry"],
];

export const ORDER = STAGES.map((rooms) => rooms.join(", ")).join(" <- ");

/** The room of a file in host/; the files beside the rooms are the package's entries. Null for a folder unknown here. */
export function roomOf(path: string): string | null {
  const [host, room, part, ...rest] = path.split("/");
  if (host !== "host" || room === undefined) return null;
  if (part === undefined) return "entry";
  if (room === "replay" && part === "core" && rest.length > 0) return "replay/core";
  return STAGES.some((rooms) => rooms.includes(room)) ? room : null;
}

function stageOf(room: string): number {
  return STAGES.findIndex((rooms) => rooms.includes(room));
}

/** Imports of host/ that go against the order. */
export function hostFindings(source: Source): readonly Finding[] {
  const room = roomOf(source.path);
  if (room === null) {
    return [
      findingAt(source, 0, "a folder that is no room", `put it in a room, or a new room into ${ORDER}`),
    ];
  }
  return importsOf(source).flatMap(({ at, specifier }) => {
    const fault = faultOf(source.path, room, specifier);
    return fault === null ? [] : [findingAt(source, at, ...fault)];
  });
}

function faultOf(path: string, room: string, specifier: string | null): readonly [string, string] | null {
  if (specifier === null)
    return ["an import that is computed", "write the specifier, so that it can be checked"];
  if (specifier.startsWith("#")) {
    if (specifier === "#hash" && room === "values") return null;
    return [`${room} imports ${specifier}`, "take hashes from host/values/hash.ts"];
  }
  if (!specifier.startsWith(".")) return null;
  const target = resolveImport(path, specifier);
  const other = roomOf(target);
  if (other === null) return [`${room} imports ${target}`, "host/ imports packages and its own rooms only"];
  if (other === room) return null;
  if (other === "platform")
    return [`${room} imports platform`, "it is reached through #hash, from values only"];
  if (stageOf(other) < stageOf(room)) return null;
  return [`${room} imports ${other}`, `a room imports from rooms to its left: ${ORDER}`];
}

/** Imports of assembly/ that leave it: what runs inside wasm knows nothing of host/. */
export function assemblyFindings(source: Source): readonly Finding[] {
  return importsOf(source).flatMap(({ at, specifier }) => {
    if (specifier?.startsWith("airloom/assembly/")) return [];
    const target = specifier?.startsWith(".") ? resolveImport(source.path, specifier) : specifier;
    if (target?.startsWith("assembly/")) return [];
    return [findingAt(source, at, `assembly imports ${target}`, "it imports from assembly/ only")];
  });
}
