/** A keyed reducer that does everything an outcome can show, in a folder of its own. */

import { mkdtempSync, rmSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { buildWorld } from "../../host/build/build.ts";
import { type WorldFolder, worldFolder } from "../../host/testing/index.ts";

export interface Deed {
  readonly id: string;
  readonly what: string;
  readonly amount: bigint;
}

export type AccountEvent =
  | { readonly $tag: "Deed"; readonly $value: Deed }
  | { readonly $tag: "Timer"; readonly $value: unknown };

export interface AccountState {
  readonly sum: bigint;
  readonly at: bigint;
  readonly draw: Uint8Array;
  readonly note: string | null;
}

export interface AccountWorld {
  schemas: { "bank/Deed@1": Deed; "bank/Moved@1": { readonly id: string; readonly amount: bigint } };
  reducers: { "bank/Account@1": { state: AccountState; event: AccountEvent; key: string } };
}

export const ACCOUNT = "bank/Account@1";

const SOURCE = `import { fail, satAdd } from "airloom/assembly/sdk";
import { AccountReducer, Deed, Moved, TimerFired } from "./air";

export class Account extends AccountReducer {
  onTimer(_event: TimerFired): void {}

  onDeed(deed: Deed): void {
    if (deed.what == "fail") fail("not today");
    if (deed.what == "throw") throw new Error("at a line");
    if (deed.what == "close") {
      this.state = null;
      return;
    }
    const s = this.state;
    s.sum = satAdd(s.sum, deed.amount);
    s.at = this.ctx.nowNs;
    s.draw = this.ctx.entropy;
    if (deed.what == "note") s.note = "noted";
    if (deed.what == "move") this.emit(new Moved(deed.id, deed.amount));
    if (deed.what == "timer") this.effects.timerSet(s.at, deed.id);
  }
}
`;

const TEXT = { text: {} };
const NAT = { nat: {} };

function schema(name: string, type: unknown) {
  return { $kind: "defschema", name, type };
}

const DEFINITIONS = [
  schema("bank/Id@1", TEXT),
  schema("bank/Deed@1", { record: { id: { ref: "bank/Id@1" }, what: TEXT, amount: NAT } }),
  schema("bank/Event@1", { variant: { Deed: { ref: "bank/Deed@1" }, Timer: { ref: "sys/TimerFired@1" } } }),
  schema("bank/Moved@1", { record: { id: { ref: "bank/Id@1" }, amount: NAT } }),
  schema("bank/State@1", { record: { sum: NAT, at: NAT, draw: { bytes: {} }, note: { option: TEXT } } }),
  {
    $kind: "defmodule",
    name: ACCOUNT,
    module_kind: "reducer",
    key_schema: "bank/Id@1",
    abi: {
      reducer: {
        state: "bank/State@1",
        event: "bank/Event@1",
        context: "sys/ReducerContext@1",
        effects_emitted: ["timer.set"],
        cap_slots: { default: "timer" },
      },
    },
  },
  { $kind: "defpolicy", name: "bank/none@1", rules: [{ when: {}, decision: "deny" }] },
];

const MANIFEST = {
  $kind: "manifest",
  air_version: "1",
  schemas: ["Id", "Deed", "Event", "Moved", "State"].map((name) => ({ name: `bank/${name}@1` })),
  modules: [{ name: ACCOUNT }],
  plans: [],
  effects: [{ name: "sys/timer.set@1" }],
  caps: [{ name: "sys/timer@1" }],
  policies: [{ name: "bank/none@1" }],
  defaults: {
    policy: "bank/none@1",
    cap_grants: [{ name: "timers", cap: "sys/timer@1", params: { record: {} } }],
  },
  module_bindings: { [ACCOUNT]: { slots: { default: "timers" } } },
  routing: { events: [{ event: "bank/Event@1", reducer: ACCOUNT, key_field: "$value.id" }] },
};

export interface AccountFolder {
  readonly world: WorldFolder<AccountWorld>;
  readonly path: string;
  remove(): void;
}

/** Writes the folder and builds it, so that what is generated is there. */
export async function accountFolder(): Promise<AccountFolder> {
  const path = mkdtempSync(join(tmpdir(), "airloom-account-"));
  const files = {
    "air/definitions.json": JSON.stringify([...DEFINITIONS, MANIFEST]),
    "world.json": JSON.stringify({ modules: { [ACCOUNT]: { source: "assembly/account.ts" } } }),
    "assembly/account.ts": SOURCE,
  };
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(path, name)), { recursive: true });
    await writeFile(join(path, name), text);
  }
  await buildWorld(path, { check: false });
  return { world: worldFolder(path), path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
