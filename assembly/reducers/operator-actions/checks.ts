import { Some } from "airloom/assembly/sdk";
import { ActionKind, ParamRule, ParamType, ParamValue, ParamValueKind, RetrySettings } from "./air";
import { Faults, shown } from "./faults";

/** Bounds that keep a workflow whose actions all start at once within one delivery's output. */
export const ACTIONS_MAX: i32 = 64;
const TEXT_BYTES_MAX: u64 = 16_384;
const URL_MAX: i32 = 512;
const KINDS_MAX: i32 = 256;
const PARAMS_MAX: i32 = 64;
const NAME_MAX: i32 = 64;

/** A kind by its name; null when there is none. */
export function kindNamed(kinds: Array<ActionKind>, name: string): ActionKind | null {
  for (let i = 0; i < kinds.length; i++) if (kinds[i].kind_ == name) return kinds[i];
  return null;
}

/** What is wrong with the parameters of action number `action`. */
export function checkParams(
  kind: ActionKind,
  given: Map<string, ParamValue>,
  action: u64,
  faults: Faults,
): void {
  const rules = kind.params;
  for (let i = 0; i < rules.length; i++) {
    const rule = rules[i];
    if (given.has(rule.name)) checkParam(rule, given.get(rule.name), kind.kind_, action, faults);
    else if (rule.required) {
      faults.add(action, kind.kind_, rule.name, "missing_parameter", shown(kind.kind_) + " needs it");
    }
  }
  const names = given.keys();
  for (let i = 0; i < names.length; i++) {
    if (ruleNamed(rules, names[i]) !== null) continue;
    faults.add(
      action,
      kind.kind_,
      names[i],
      "unknown_parameter",
      shown(kind.kind_) + " has none of that name",
    );
  }
}

/** UTF-8 bytes of the names and texts among parameters. */
export function bytesOf(params: Map<string, ParamValue>): u64 {
  let sum: u64 = 0;
  const names = params.keys();
  for (let i = 0; i < names.length; i++) {
    sum += utf8Length(names[i]);
    const text = params.get(names[i]).asText();
    if (text !== null) sum += utf8Length(text.value);
  }
  return sum;
}

export function utf8Length(text: string): u64 {
  return <u64>String.UTF8.byteLength(text);
}

/** A proposal that holds more text than that is refused, however it is cut up. */
export function checkSize(bytes: u64, faults: Faults): void {
  if (bytes > TEXT_BYTES_MAX)
    faults.add(
      0,
      null,
      null,
      "too_large",
      "names and texts have at most " + TEXT_BYTES_MAX.toString() + " bytes, found " + bytes.toString(),
    );
}

/** What is wrong with a registry of kinds. */
export function checkKinds(kinds: Array<ActionKind>, faults: Faults): void {
  if (kinds.length > KINDS_MAX)
    faults.add(0, null, null, "too_many_kinds", "there are at most " + KINDS_MAX.toString());
  for (let i = 0; i < kinds.length; i++) {
    const kind = kinds[i];
    if (!isId(kind.kind_))
      faults.add(0, kind.kind_, null, "bad_kind", "a kind is 1 to 64 of A-Z a-z 0-9 . _ -");
    const first = kindNamed(kinds, kind.kind_);
    if (first !== null && first != kind)
      faults.add(0, kind.kind_, null, "duplicate_kind", "it is there already");
    checkRules(kind, faults);
    const http = kind.runs.asHttp();
    if (http !== null) checkHttp(kind.kind_, http.value.method, http.value.url, faults);
  }
}

/** What is wrong with a retry policy. */
export function checkRetry(retry: RetrySettings, faults: Faults): void {
  if (retry.maxAttempts < 1) faults.add(0, null, null, "bad_retry", "max_attempts is at least 1");
  if (retry.base < 1 || retry.base > 1_000) faults.add(0, null, null, "bad_retry", "base is from 1 to 1000");
  if (retry.jitterPercent > 100) faults.add(0, null, null, "bad_retry", "jitter_percent is at most 100");
}

function checkParam(rule: ParamRule, value: ParamValue, kind: string, action: u64, faults: Faults): void {
  const text = rule.type.asText();
  const int = rule.type.asInt();
  const givenText = value.asText();
  const givenInt = value.asInt();
  if (text !== null && givenText !== null) {
    const length = codePoints(givenText.value);
    if (isOutside<u64>(length, text.value.min, text.value.max))
      faults.add(
        action,
        kind,
        rule.name,
        "out_of_range",
        "its length" +
          range(natText(text.value.min), natText(text.value.max)) +
          ", found " +
          length.toString(),
      );
    const oneOf = text.value.oneOf;
    if (oneOf !== null && !oneOf.has(givenText.value))
      faults.add(
        action,
        kind,
        rule.name,
        "not_allowed",
        "it is one of " + shown(oneOf.values().join(", ")) + ", found '" + shown(givenText.value) + "'",
      );
  } else if (int !== null && givenInt !== null) {
    if (isOutside<i64>(givenInt.value, int.value.min, int.value.max))
      faults.add(
        action,
        kind,
        rule.name,
        "out_of_range",
        "it" + range(intText(int.value.min), intText(int.value.max)) + ", found " + givenInt.value.toString(),
      );
  } else if (value.kind != ParamValueKind.Bool || rule.type.asBool() === null) {
    const message = "it is " + nameOfType(rule.type) + ", found " + nameOfValue(value);
    faults.add(action, kind, rule.name, "wrong_type", message);
  }
}

function checkRules(kind: ActionKind, faults: Faults): void {
  const rules = kind.params;
  if (rules.length > PARAMS_MAX)
    faults.add(
      0,
      kind.kind_,
      null,
      "too_many_parameters",
      "a kind has at most " + PARAMS_MAX.toString() + " parameters",
    );
  for (let i = 0; i < rules.length; i++) {
    const name = rules[i].name;
    if (ruleNamed(rules, name) != rules[i])
      faults.add(0, kind.kind_, name, "duplicate_parameter", "it is there already");
    const text = rules[i].type.asText();
    const int = rules[i].type.asInt();
    if (
      (text !== null && isEmpty<u64>(text.value.min, text.value.max)) ||
      (int !== null && isEmpty<i64>(int.value.min, int.value.max))
    )
      faults.add(0, kind.kind_, name, "empty_range", "its min is above its max");
  }
}

function checkHttp(kind: string, method: string, url: string, faults: Faults): void {
  if (method != "POST" && method != "PUT" && method != "PATCH" && method != "DELETE")
    faults.add(
      0,
      kind,
      null,
      "bad_method",
      "it is POST, PUT, PATCH or DELETE, found '" + shown(method) + "'",
    );
  if (url.length > URL_MAX || !(url.startsWith("http://") || url.startsWith("https://")))
    faults.add(
      0,
      kind,
      null,
      "bad_url",
      "an http or https URL of at most " + URL_MAX.toString() + " characters, found '" + shown(url) + "'",
    );
}

function ruleNamed(rules: Array<ParamRule>, name: string): ParamRule | null {
  for (let i = 0; i < rules.length; i++) if (rules[i].name == name) return rules[i];
  return null;
}

/** Whether a text may be an id or a kind: 1 to 64 of A-Z a-z 0-9 . _ -. No action of a workflow has such an id. */
export function isId(text: string): bool {
  if (text.length == 0 || text.length > NAME_MAX) return false;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    const letter = (unit | 0x20) >= 0x61 && (unit | 0x20) <= 0x7a;
    const digit = unit >= 0x30 && unit <= 0x39;
    if (!letter && !digit && unit != 0x2e && unit != 0x5f && unit != 0x2d) return false;
  }
  return true;
}

/** Every unit counts but the second of a pair. */
function codePoints(text: string): u64 {
  let count: u64 = 0;
  for (let i = 0; i < text.length; i++) if ((text.charCodeAt(i) & 0xfc00) != 0xdc00) count++;
  return count;
}

function isOutside<T>(n: T, min: Some<T> | null, max: Some<T> | null): bool {
  return (min !== null && n < min.value) || (max !== null && n > max.value);
}

function isEmpty<T>(min: Some<T> | null, max: Some<T> | null): bool {
  return min !== null && max !== null && min.value > max.value;
}

/** An end that is not there is an empty text. */
function range(min: string, max: string): string {
  if (min == "") return " is at most " + max;
  return max == "" ? " is at least " + min : " is from " + min + " to " + max;
}

function natText(n: Some<u64> | null): string {
  return n !== null ? n.value.toString() : "";
}

function intText(n: Some<i64> | null): string {
  return n !== null ? n.value.toString() : "";
}

function nameOfType(type: ParamType): string {
  return type.asText() !== null ? "a Text" : type.asInt() !== null ? "an Int" : "a Bool";
}

function nameOfValue(value: ParamValue): string {
  return value.asText() !== null ? "a Text" : value.asInt() !== null ? "an Int" : "a Bool";
}
