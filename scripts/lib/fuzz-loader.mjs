/** Definition files and settings, as bytes that may be no UTF-8. */

import { ensure } from "./fuzz-checks.mjs";

/** A diagnostic repeats names and texts from outside, cut. */
const TEXT_MAX = 4000;
const DIAGNOSTICS_MAX = 1000;

export function loaderTarget(modules) {
  const { loadWorldDefinitions, worlds } = modules;
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  const choice = { valid: validFiles(worlds), subject: null };
  return {
    choose: () => choice,
    attempt(bytes, random) {
      const text = decoder.decode(bytes);
      const settings = random.below(8) === 0;
      const files = settings ? [] : [{ path: "all.air.json", text }];
      try {
        loadWorldDefinitions(files, settings ? { path: "world.json", text } : null);
        return true;
      } catch (error) {
        ensureRefusal(modules, error);
        return false;
      }
    },
  };
}

/** Refusals say what is wrong, within bounds and without what steers a terminal; nothing else may be thrown. */
function ensureRefusal({ AirloomError }, error) {
  if (!(error instanceof AirloomError) || error.code !== "manifest.invalid") throw error;
  const { diagnostics } = error;
  ensure(
    diagnostics.some(({ severity }) => severity === "error"),
    "a refusal without an error",
  );
  ensure(diagnostics.length <= DIAGNOSTICS_MAX, "more diagnostics than are listed");
  for (const { code, message, expected, found, hint, file, line } of diagnostics) {
    ensure(/^[a-z0-9_]+(\.[a-z0-9_]+)+$/.test(code), `a code of another form: ${code}`);
    ensure(file === undefined || line > 0, `${code} names a file and no line`);
    for (const text of [message, expected, found, hint]) {
      if (text === undefined) continue;
      ensure(text.length <= TEXT_MAX, `${code} says too much: ${text.length} characters`);
      ensure(!hasControl(text), `${code} repeats a control character`);
    }
  }
}

function hasControl(text) {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x20 || (unit >= 0x7f && unit < 0xa0)) return true;
  }
  return false;
}

/** Every file of every world without white space, each definition alone, and each world as one array. */
function validFiles(worlds) {
  const texts = new Set();
  for (const { files, settingsFile } of worlds) {
    const definitions = files.flatMap(({ text }) => JSON.parse(text));
    for (const definition of definitions) texts.add(JSON.stringify(definition));
    texts.add(JSON.stringify(definitions));
    if (settingsFile !== null) texts.add(JSON.stringify(JSON.parse(settingsFile.text)));
  }
  const encoder = new TextEncoder();
  return [...texts].map((text) => encoder.encode(text));
}
