/**
 * Every diagnostic that reading definitions, values or patches can give: its stable code, what it says in one
 * line, and whether the definitions are refused (`error`) or only warned about. What AIR refuses is an error;
 * a rule of ours is a warning, which `strict` loading turns into an error.
 */

interface CodeInfo {
  readonly title: string;
  readonly severity: "error" | "warning";
}

const ERRORS = [
  ["json.syntax", "The text is not JSON"],
  ["json.encoding", "The file is not UTF-8"],
  ["json.nesting", "The JSON is nested too deep"],
  ["json.duplicate_key", "A key stands twice in one object"],
  ["json.text", "A text holds a control character or half a surrogate pair"],

  ["definition.form", "A file holds something that is no definition"],
  ["definition.kind", "A definition does not say which kind it is"],
  ["definition.duplicate", "Two definitions of one kind have the same name"],
  ["definition.name_reused", "Definitions of two kinds have the same name"],
  ["definition.reserved", "A definition has a name of the built-ins"],

  ["shape.missing_field", "A field is missing"],
  ["shape.type", "A field holds another kind of JSON"],
  ["shape.value", "A field holds a word that is not allowed there"],
  ["shape.pattern", "A text does not follow the grammar of its field"],
  ["shape.range", "A number is out of range"],
  ["shape.size", "A list or an object has too few or too many members"],

  ["type.shape", "A type expression has the wrong form"],
  ["type.unknown", "A type expression names no type"],
  ["type.map_key", "A map has a key of a type that cannot be one"],
  ["type.ref", "A reference to a schema is no name"],
  ["type.name", "A field or an arm has a name that is not Unicode text"],
  ["type.no_arms", "A variant has no arms"],
  ["type.too_deep", "A type expression is nested too deep"],
  ["schema.cycle", "A schema contains itself"],
  ["schema.unknown_ref", "A type refers to a schema that is not there"],
  ["schema.too_deep", "Values of a schema would nest too deep"],

  ["reference.schema", "There is no such schema"],
  ["reference.module", "There is no such module"],
  ["reference.plan", "There is no such plan"],
  ["reference.effect", "There is no such effect"],
  ["reference.cap", "There is no such capability"],
  ["reference.policy", "There is no such policy"],
  ["reference.secret", "There is no such secret"],
  ["reference.grant", "There is no such grant"],

  ["value.wrong_type", "A value is of another type than its schema says"],
  ["value.out_of_range", "A number does not fit its type"],
  ["value.malformed", "A text does not follow the grammar of its type"],
  ["value.unknown_field", "A record has a field its schema does not know"],
  ["value.missing_field", "A record lacks a field of its schema"],
  ["value.unknown_tag", "A variant has an arm its schema does not know"],
  ["value.missing_payload", "An arm of a variant needs a value and has none"],
  ["value.not_canonical", "The bytes are not the canonical form of their value"],
  ["cbor.invalid", "The bytes are not CBOR"],

  ["expr.form", "Something that should be an expression is none"],
  ["expr.constant", "A constant does not hold what its tag says"],
  ["expr.operator", "There is no such operator"],
  ["expr.mixed", "Plain JSON has expressions inside"],

  ["manifest.none", "There is no manifest"],
  ["manifest.several", "There is more than one manifest"],
  ["manifest.listed_twice", "The manifest lists a name twice"],
  ["manifest.builtin_hash", "The manifest gives a built-in another hash than it has"],

  ["module.abi_word", "The ABI is spelled for another kind of module"],
  ["module.event_type", "The event of a module is no record, reference or variant"],
  ["module.event_arm", "An arm of a module's event is no reference"],
  ["module.event_arms_equal", "Two arms of a module's event hold the same schema"],
  ["module.receipt_arm", "A module emits an effect whose receipt its event cannot take"],

  ["effect.duplicate_kind", "Two effects have the same kind"],
  ["grant.duplicate", "Two grants have the same name"],

  ["plan.no_steps", "A plan has no steps"],
  ["plan.duplicate_step", "Two steps of a plan have the same id"],
  ["plan.unknown_step", "An edge names a step that is not there"],
  ["plan.duplicate_edge", "Two edges join the same steps"],
  ["plan.cycle", "Steps of a plan wait for one another"],
  ["plan.required_caps", "required_caps is not what the steps say"],
  ["plan.allowed_effects", "allowed_effects is not what the steps say"],
  ["plan.untyped_value", "Nothing says of which type a value is"],
  ["plan.result_without_output", "A plan without an output ends with a result"],
  ["plan.duplicate_handle", "Two steps bind the same effect handle"],
  ["plan.await_for", "An await_receipt does not name a handle"],
  ["plan.unknown_handle", "An await_receipt names a handle that no earlier step emits"],
  ["plan.where_reference", "A where refers to something that is not known there"],
  ["plan.invariant_reference", "An invariant refers to something it cannot see"],
  ["plan.correlation", "A correlated plan awaits an event without looking at the correlation"],
  ["plan.cap_type", "A step emits an effect under a grant of another capability type"],

  ["route.event_mismatch", "A route's event is none the module takes"],
  ["route.key_missing", "A route to a keyed module does not say where the key is"],
  ["route.key_unexpected", "A route to a module with a single cell says where a key is"],
  ["route.key_type", "The key field of a route is not of the key's type"],
  ["route.pure_module", "A route leads to a module that takes no events"],
  ["route.two_lists", "Routes stand under both spellings"],

  ["secret.inline", "A secret is declared inside the manifest"],
  ["secret.name", "The name of a secret is no alias and version"],
  ["secret.duplicate", "One version of a secret is declared twice"],
  ["secret.denied", "A secret is used where its declaration does not allow it"],

  ["settings.unknown_field", "The settings have a field that is not known"],
  ["settings.unknown_module", "The settings name a module that is not there"],

  ["later.air_v2", "This is AIR v2"],
  ["later.builtin", "A name belongs to a later built-in catalogue"],
  ["later.field", "A field belongs to a later form of the manifest"],
  ["later.word", "A word belongs to a later form of AIR"],

  ["patch.operation", "A patch holds something that is no operation"],
  ["patch.kind", "An operation says another kind than its definition"],
  ["patch.reserved", "An operation changes a built-in"],
] as const;

const WARNINGS = [
  ["shape.unknown_field", "A field is not known and is passed over"],
  ["shape.name", "A name does not follow the grammar of names"],
  ["type.extra_key", "A type expression says more than one thing"],

  ["definition.unlisted", "A definition is in no list of the manifest"],
  ["manifest.stale_hash", "The manifest gives a definition another hash than it has"],

  ["module.abi", "A module has another ABI than its kind says"],
  ["module.effect_scope", "A module emits an effect that only plans may emit"],
  ["module.no_receipt", "A module emits an effect whose receipt cannot come back to it"],
  ["effect.unlisted", "A module emits an effect the manifest does not list"],

  ["cap.enforcer_missing", "The module that checks a capability is not in force"],
  ["cap.enforcer_kind", "The module that checks a capability cannot do it"],
  ["cap.unenforced", "A capability has allow lists that nothing enforces"],

  ["binding.unknown_module", "Slots are bound for a module that is not there"],
  ["binding.cap_type", "A slot is bound to a grant of another capability type"],

  ["expr.reference", "A reference has a form that leads nowhere"],
  ["expr.arity", "An operator has too few or too many arguments"],
  ["expr.type", "An operator gets an argument of a kind it does not take"],
  ["expr.missing_field", "A record has no field of that name to get"],
  ["expr.condition", "A condition is no bool"],
  ["expr.never_equal", "Values of two kinds are compared, which are never equal"],
  ["expr.value_type", "An expression gives another type than its place needs"],

  ["plan.unknown_reference", "A reference leads nowhere"],
  ["plan.ignored_field", "A value has a field its schema does not know, and it is passed over"],
  ["plan.result_missing", "A plan with an output ends without a result"],
  ["plan.effect_scope", "A plan emits an effect that only modules may emit"],
  ["plan.unawaited_effect", "A plan emits an effect and never awaits its receipt"],

  ["policy.never_matches", "A rule of a policy never matches"],

  ["route.repeated", "An event goes to one module by two routes"],
  ["route.never_matches", "A route is for receipts that never come by it"],
  ["inbox.unknown_module", "An inbox leads to a module that is not there"],

  ["trigger.repeated", "An event starts one plan by two triggers"],
  ["trigger.unknown_plan", "A trigger starts a plan that is not there"],
  ["trigger.input_mismatch", "A trigger's event is not what its plan takes"],
  ["trigger.correlate_by", "A trigger correlates by something the input does not have"],

  ["secret.undeclared", "A secret is used that is not declared"],
  ["secret.unknown_grant", "A secret is limited to a grant that is not there"],
  ["secret.unknown_plan", "A secret is limited to a plan that is not there"],

  ["patch.name", "An operation says another name than its definition"],

  ["unsupported.effect", "This engine does not run this effect"],
  ["unsupported.enforcer", "This engine does not check capabilities of this type"],
  ["unsupported.builtin_module", "This engine does not run built-in modules"],
  ["unsupported.inbox", "This engine has no inboxes"],
] as const;

export type DiagnosticCode = (typeof ERRORS)[number][0] | (typeof WARNINGS)[number][0];

/** By code, in the order of the subjects they are about. */
export const DIAGNOSTIC_CODES: ReadonlyMap<string, CodeInfo> = new Map<string, CodeInfo>([
  ...ERRORS.map(([code, title]) => [code, { title, severity: "error" }] as const),
  ...WARNINGS.map(([code, title]) => [code, { title, severity: "warning" }] as const),
]);

/** Whether what has this code is refused; unknown codes are. */
export function isError(code: string): boolean {
  return DIAGNOSTIC_CODES.get(code)?.severity !== "warning";
}
