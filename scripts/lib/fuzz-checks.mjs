/** What every target says of what it tried. */

export function ensure(holds, what) {
  if (!holds) throw new Error(what);
}

/** Runs what may be refused: undefined when it was; anything but a refusal goes on up. */
export function unlessRefused({ AirloomError }, work) {
  try {
    return work();
  } catch (error) {
    if (error instanceof AirloomError && error.kind !== "bug") return undefined;
    throw error;
  }
}
