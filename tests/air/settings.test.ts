import { describe, expect, test } from "vitest";
import {
  completeSettings,
  DEFAULT_MODULE_LIMITS,
  DEFAULT_MODULE_SETTINGS,
  DEFAULT_SETTINGS,
  type ModuleLimits,
  type Settings,
  settingsFromJson,
  settingsFromNode,
  settingsToNode,
} from "../../host/air/settings.ts";
import { toHex } from "../../host/values/bytes.ts";
import { canon } from "../../host/values/cbor.ts";
import { jsonFrom } from "../../host/values/json.ts";

const LIMITED: ModuleLimits = {
  floats: "canonicalize",
  memoryPagesMax: 16,
  fuelMax: 2_147_483_647n,
  stackBytesMax: 4096,
};

const SETTINGS: Settings = {
  ...DEFAULT_SETTINGS,
  modules: new Map([
    ["t/B@1", { source: "b.ts", state: "opaque", limits: DEFAULT_MODULE_LIMITS }],
    ["t/A@1", { source: null, state: "checked", limits: LIMITED }],
  ]),
};

describe("world.json", () => {
  const read = (adapters: unknown) => settingsFromJson(jsonFrom({ adapters }));

  test("says how effects are done; what it leaves out has defaults", () => {
    expect(read({ http: {} }).adapters).toEqual(DEFAULT_SETTINGS.adapters);
    const credentials = { "https://a.example": { Authorization: { prefix: "Bearer ", secret: "env:A" } } };
    const { http } = read({
      http: { timeout_ms: 5, in_flight_max: 2, retry: { base: 3 }, credentials },
    }).adapters;
    expect(http).toEqual({
      timeoutMs: 5,
      inFlightMax: 2,
      retry: { maxAttempts: 3n, minWaitMs: 100n, maxWaitMs: 30_000n, base: 3n, jitterPercent: 0n },
      credentials: new Map([
        ["https://a.example", [{ header: "authorization", prefix: "Bearer ", secret: "env:A" }]],
      ]),
    });
  });
});

describe("recorded settings", () => {
  test("are read back but for the places of the sources", () => {
    const again = settingsFromNode(settingsToNode(SETTINGS));
    expect(again.modules).toEqual(
      new Map([
        ["t/A@1", { source: null, state: "checked", limits: LIMITED }],
        ["t/B@1", { source: null, state: "opaque", limits: DEFAULT_MODULE_LIMITS }],
      ]),
    );
    expect(again).toMatchObject({ limitsProfile: 1, fuelSchedule: 1 });
  });

  test("do not depend on where sources lie or on the order of modules, but on everything else", () => {
    const node = (settings: Settings) => toHex(settingsToNode(settings));
    const moved = { ...SETTINGS, modules: new Map([...SETTINGS.modules].reverse()) };
    moved.modules.set("t/A@1", { source: "elsewhere.ts", state: "checked", limits: LIMITED });
    expect(node(moved)).toBe(node(SETTINGS));
    const checked = { ...SETTINGS, modules: new Map([["t/B@1", DEFAULT_MODULE_SETTINGS]]) };
    expect(node(completeSettings(checked, ["t/A@1"]))).not.toBe(node(SETTINGS));
    const changes: readonly Partial<ModuleLimits>[] = [
      { floats: "refuse" },
      { memoryPagesMax: 17 },
      { fuelMax: 1n },
      { stackBytesMax: 4097 },
    ];
    for (const change of changes) {
      const modules = new Map(SETTINGS.modules);
      modules.set("t/A@1", { source: null, state: "checked", limits: { ...LIMITED, ...change } });
      expect(node({ ...SETTINGS, modules })).not.toBe(node(SETTINGS));
    }
  });

  test("hold what the gate and whoever checks receipts go by, and nothing of how effects are done", () => {
    const node = (settings: Settings) => toHex(settingsToNode(settings));
    const keys = { effectKinds: ["demo.charge"], keys: ["ab".repeat(32)] };
    const said: Settings = { ...SETTINGS, compat: "agentos", receiptKeys: new Map([["psp", keys]]) };
    expect(settingsFromNode(settingsToNode(said))).toMatchObject({
      compat: "agentos",
      receiptKeys: new Map([["psp", keys]]),
    });
    expect(settingsFromNode(settingsToNode(SETTINGS))).toMatchObject({
      compat: "none",
      receiptKeys: new Map(),
    });
    const others: readonly Partial<Settings>[] = [
      { compat: "none" },
      { receiptKeys: new Map() },
      { receiptKeys: new Map([["psp", { ...keys, effectKinds: ["demo.other"] }]]) },
      { receiptKeys: new Map([["psp", { ...keys, keys: ["cd".repeat(32)] }]]) },
    ];
    for (const other of others) expect(node({ ...said, ...other })).not.toBe(node(said));
    const { http } = DEFAULT_SETTINGS.adapters;
    expect(node({ ...said, adapters: { http: { ...http, timeoutMs: 1 } } })).toBe(node(said));
  });

  test("name every module, as if the author had written the defaults", () => {
    const complete = completeSettings(DEFAULT_SETTINGS, ["t/A@1"]);
    expect(complete.modules).toEqual(new Map([["t/A@1", DEFAULT_MODULE_SETTINGS]]));
  });

  test("are refused when they are something else", () => {
    const refused = [
      canon(5n),
      canon(new Map()),
      canon(
        new Map<string, string | bigint>([
          ["fuel_schedule", "full"],
          ["limits_profile", 1n],
        ]),
      ),
      canon(
        new Map<string, string | bigint>([
          ["fuel_schedule", 1n],
          ["limits_profile", 1n],
          ["modules", 1n],
        ]),
      ),
    ];
    for (const bytes of refused) {
      expect(() => settingsFromNode(bytes)).toThrow(expect.objectContaining({ code: "settings.corrupt" }));
    }
  });
});
