import { describe, expect, test } from "vitest";
import {
  completeSettings,
  DEFAULT_SETTINGS,
  type Settings,
  settingsFromNode,
  settingsToNode,
} from "../../host/air/settings.ts";
import { toHex } from "../../host/values/bytes.ts";
import { canon } from "../../host/values/cbor.ts";

const SETTINGS: Settings = {
  modules: new Map([
    ["t/B@1", { source: "b.ts", state: "opaque" }],
    ["t/A@1", { source: null, state: "checked" }],
  ]),
  limitsProfile: 1,
  fuelSchedule: "none",
};

describe("recorded settings", () => {
  test("are read back but for the places of the sources", () => {
    const again = settingsFromNode(settingsToNode(SETTINGS));
    expect(again.modules).toEqual(
      new Map([
        ["t/A@1", { source: null, state: "checked" }],
        ["t/B@1", { source: null, state: "opaque" }],
      ]),
    );
    expect(again).toMatchObject({ limitsProfile: 1, fuelSchedule: "none" });
  });

  test("do not depend on where sources lie or on the order of modules, but on everything else", () => {
    const node = (settings: Settings) => toHex(settingsToNode(settings));
    const moved = { ...SETTINGS, modules: new Map([...SETTINGS.modules].reverse()) };
    moved.modules.set("t/A@1", { source: "elsewhere.ts", state: "checked" });
    expect(node(moved)).toBe(node(SETTINGS));
    const checked = {
      ...SETTINGS,
      modules: new Map([["t/B@1", { source: null, state: "checked" as const }]]),
    };
    expect(node(completeSettings(checked, ["t/A@1"]))).not.toBe(node(SETTINGS));
  });

  test("name every module, as if the author had written the defaults", () => {
    const complete = completeSettings(DEFAULT_SETTINGS, ["t/A@1"]);
    expect(complete.modules).toEqual(new Map([["t/A@1", { source: null, state: "checked" }]]));
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
          ["fuel_schedule", "none"],
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
