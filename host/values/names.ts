/** The grammars of AIR's names (docs/air.md, "Names"). */

const NAME = /^[a-z][a-z0-9._-]*\/[A-Za-z][A-Za-z0-9._-]*@([1-9][0-9]*)$/;
const KIND = /^[a-z][a-z0-9_.-]*(\.[a-z0-9_.-]+)*$/;
const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_.-]{0,63}$/;

/** Of a definition: `namespace/Name@version`. */
export function isName(text: string): boolean {
  return NAME.test(text);
}

/** Of an effect kind or a capability type: `timer.set`. */
export function isKind(text: string): boolean {
  return KIND.test(text);
}

/** Of a variable, a step, a capability grant or a slot; dots are legal. */
export function isIdentifier(text: string): boolean {
  return IDENTIFIER.test(text);
}

/** Whether a definition's name belongs to the built-in catalogue. */
export function isBuiltin(name: string): boolean {
  return name.startsWith("sys/");
}
