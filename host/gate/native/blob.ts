/**
 * `blob`: a grant may be limited to `namespaces`. AIR's own effects name none, so that a grant with a list
 * covers only effects of a world's own that have a field `namespace`: a list that nobody looks at would be a
 * promise nobody keeps.
 */

import { quote } from "../../values/quote.ts";
import { denial, fieldsOf, listOf, type NativeEnforcer, perGrant, someOf } from "./enforcer.ts";

const readGrant = perGrant((fields) => ({ namespaces: listOf(fields, "namespaces") }));

export const blobEnforcer: NativeEnforcer = {
  name: "native:blob",
  effectKinds: [],
  check({ effectKind, grant, params }) {
    const { namespaces } = readGrant(grant);
    if (namespaces === null) return null;
    const namespace = fieldsOf(params).get("namespace");
    if (typeof namespace === "string" && namespaces.includes(namespace)) return null;
    const found = typeof namespace === "string" ? quote(namespace) : "none";
    const message = `the namespace of ${effectKind} is ${found}, the grant is for ${someOf(namespaces)}`;
    return denial("namespace_not_allowed", message);
  },
};
