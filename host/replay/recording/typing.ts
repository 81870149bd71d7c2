/** The definitions a recording carries, as they come into force: what gives its values names and types. */

import type { Manifest } from "../../air/manifest.ts";
import { manifestFromNodes } from "../../air/nodes.ts";
import { type Settings, settingsFromNode } from "../../air/settings.ts";
import type { JournalRecord } from "../../journal/record.ts";
import type { Definitions } from "../../kernel/state.ts";
import type { Hash } from "../../values/brand.ts";
import { AirloomError } from "../../values/errors.ts";
import type { RecordedBlob } from "./entry.ts";

export class RecordedDefinitions {
  readonly #nodes = new Map<Hash, Uint8Array>();
  readonly #settings = new Map<Hash, Settings>();
  readonly #modules = new Map<Hash, Uint8Array>();
  readonly #manifests = new Map<Hash, Manifest>();
  #current: Manifest | null = null;

  add({ role, hash, bytes }: RecordedBlob): void {
    if (role === "node") this.#nodes.set(hash, bytes);
    else if (role === "settings") this.#settings.set(hash, settingsFromNode(bytes));
    else if (role === "module") this.#modules.set(hash, bytes);
  }

  /** Takes note of the first record of a frame: genesis and changes name the definitions of what follows. */
  note(first: JournalRecord): void {
    if (first.kind === "genesis" || first.kind === "manifest")
      this.#current = this.#known(first.manifestHash);
  }

  /** What is in force; null where the recording does not carry it. */
  get manifest(): Manifest | null {
    return this.#current;
  }

  module(hash: Hash): Uint8Array | undefined {
    return this.#modules.get(hash);
  }

  /** Throws `definitions.missing` (kind `missing`) for what the recording does not carry. */
  definitions(manifestHash: Hash, settingsHash: Hash): Definitions {
    const settings = this.#settings.get(settingsHash);
    if (settings === undefined) {
      throw new AirloomError(
        "missing",
        "definitions.missing",
        `the recording lacks the settings ${settingsHash}`,
        {
          fields: { hash: settingsHash },
        },
      );
    }
    return { manifest: this.#manifest(manifestHash), settings, settingsHash };
  }

  #known(hash: Hash): Manifest | null {
    try {
      return this.#manifest(hash);
    } catch (error) {
      if (error instanceof AirloomError && error.code === "definitions.missing") return null;
      throw error;
    }
  }

  #manifest(hash: Hash): Manifest {
    const known = this.#manifests.get(hash);
    if (known !== undefined) return known;
    const manifest = manifestFromNodes(hash, (node) => this.#nodes.get(node));
    this.#manifests.set(hash, manifest);
    return manifest;
  }
}
