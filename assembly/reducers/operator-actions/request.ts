import { utf8Bytes } from "airloom/assembly/sdk";
import { Action, ParamValue } from "./air";

/** What an operator API is sent: the action as JSON, the same at every attempt. */
export function requestBody(a: Action): Uint8Array {
  const fields = new Array<string>();
  const names = a.params.keys();
  for (let i = 0; i < names.length; i++) fields.push(quoted(names[i]) + ":" + jsonOf(a.params.get(names[i])));
  const head = '{"action_id":' + quoted(a.actionId) + ',"kind":' + quoted(a.kind_);
  return utf8Bytes(head + ',"params":{' + fields.join(",") + "}}");
}

function jsonOf(value: ParamValue): string {
  const text = value.asText();
  if (text !== null) return quoted(text.value);
  const int = value.asInt();
  if (int !== null) return int.value.toString();
  const bool = value.asBool();
  return bool !== null && bool.value ? "true" : "false";
}

/** A JSON string (RFC 8259 section 7). */
function quoted(text: string): string {
  let out = '"';
  let done = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 0x20 && unit != 0x22 && unit != 0x5c) continue;
    out += text.substring(done, i) + escaped(unit);
    done = i + 1;
  }
  return out + text.substring(done) + '"';
}

function escaped(unit: i32): string {
  if (unit == 0x22) return '\\"';
  if (unit == 0x5c) return "\\\\";
  return "\\u" + unit.toString(16).padStart(4, "0");
}
