/** Makes the footer of a recording as its frames pass by. */

import type { Frame } from "../../journal/frame.ts";
import { Checks } from "./checks.ts";
import { type RecordingFooter, type RecordingHeader, rootOf } from "./entry.ts";
import { corruptRecording } from "./parse.ts";

export class Footing {
  readonly #checks = new Checks();
  #digest: Uint8Array | null = null;
  #records = 0n;

  add(frame: Frame): void {
    this.#checks.add(frame);
    this.#digest = frame.digest;
    this.#records += BigInt(frame.records.length);
  }

  /** `sign` gives null where the key is not at hand. Throws `recording.corrupt` without any frame. */
  footer(header: RecordingHeader, sign: (root: Uint8Array) => Uint8Array | null): RecordingFooter {
    const digest = this.#digest;
    if (digest === null) throw corruptRecording("a journal without frames");
    const root = rootOf(header, digest);
    return {
      frames: BigInt(this.#checks.length),
      records: this.#records,
      digest,
      root,
      checks: this.#checks,
      signature: sign(root),
    };
  }
}
