/** What a journal can be so wrong in that replaying it comes to nothing. */

import { type Frame, type ReadFrame, readFrame } from "../../journal/frame.ts";
import { AirloomError } from "../../values/errors.ts";

/** Reads the frame at `position`. The fault names the frame even where its own head cannot be read. */
export function readAt(bytes: Uint8Array, position: bigint): ReadFrame {
  const { frame, fault } = readFrame(bytes);
  if (fault === null) return { frame, fault };
  if (fault.fields.frame !== undefined) return { frame, fault };
  const fields = { ...fault.fields, frame: position, record: 0 };
  const message = `frame ${position}: ${fault.message}`;
  return { frame, fault: new AirloomError(fault.kind, fault.code, message, { fields, cause: fault }) };
}

export function corruptAt(frame: Frame, reason: string): AirloomError {
  const message = `the journal is corrupt in frame ${frame.head.frame}, record 0: ${reason}`;
  return new AirloomError("corrupt", "journal.corrupt", message, {
    fields: { frame: frame.head.frame, record: 0, reason },
  });
}

export function missingFrames(expected: bigint, found: bigint): AirloomError {
  const message = `frame ${expected} should come next, the journal goes on at ${found}`;
  return new AirloomError("corrupt", "journal.corrupt", message, {
    fields: { frame: expected, record: 0, reason: "a gap" },
  });
}
