/** The desk of the world operator-actions: its registry of kinds, its retry policy, its mode. */

import { beforeAll, describe, expect, it } from "vitest";
import {
  BY_HAND,
  COMPILE_TIMEOUT_MS,
  compileOnce,
  configure,
  DESK,
  KINDS,
  kind,
  lastEvent,
  opened,
  RETRY,
} from "./operations.ts";
import { openExample } from "./world.ts";

beforeAll(compileOnce, COMPILE_TIMEOUT_MS);

describe("a configuration", () => {
  it("changes what it names and nothing else", async () => {
    const world = await openExample("operator-actions");
    await configure(world, { observe_only: true });
    expect(await lastEvent(world, "Configured")).toEqual({
      observe_only: true,
      kinds: [],
      retry: {
        max_attempts: 3,
        min_wait_ns: 1_000_000_000,
        max_wait_ns: 60_000_000_000,
        base: 2,
        jitter_percent: 50,
      },
    });
    await configure(world, { kinds: KINDS });
    await configure(world, { retry: RETRY });
    await configure(world, { observe_only: false });
    expect(await lastEvent(world, "Configured")).toEqual({
      observe_only: false,
      kinds: KINDS.map((each) => each.kind),
      retry: RETRY,
    });
  });

  const hooked = (url: string, method = "POST") => kind("hook", { Http: { method, url } });
  it.each([
    ["a policy without attempts", { retry: { ...RETRY, max_attempts: 0 } }, ["bad_retry"]],
    ["a base of 0", { retry: { ...RETRY, base: 0 } }, ["bad_retry"]],
    ["a base of 1,001", { retry: { ...RETRY, base: 1001 } }, ["bad_retry"]],
    ["more jitter than the wait", { retry: { ...RETRY, jitter_percent: 101 } }, ["bad_retry"]],
    ["one kind twice", { kinds: [kind("a", BY_HAND), kind("a", BY_HAND)] }, ["duplicate_kind"]],
    ["a kind without a name", { kinds: [kind("", BY_HAND)] }, ["bad_kind"]],
    ["a kind with a blank", { kinds: [kind("a b", BY_HAND)] }, ["bad_kind"]],
    [
      "one parameter twice",
      { kinds: [kind("a", BY_HAND, { p: { Bool: null }, "p?": { Bool: null } })] },
      ["duplicate_parameter"],
    ],
    [
      "a range of texts that nothing is in",
      { kinds: [kind("a", BY_HAND, { p: { Text: { min: 2, max: 1 } } })] },
      ["empty_range"],
    ],
    [
      "a range of numbers that nothing is in",
      { kinds: [kind("a", BY_HAND, { p: { Int: { min: 0, max: -1 } } })] },
      ["empty_range"],
    ],
    ["a URL of another scheme", { kinds: [hooked("file:///etc/passwd")] }, ["bad_url"]],
    ["a URL that is too long", { kinds: [hooked(`http://h/${"x".repeat(512)}`)] }, ["bad_url"]],
    ["a method that does nothing", { kinds: [hooked("http://h/", "GET")] }, ["bad_method"]],
    [
      "several faults, all of them",
      { retry: { ...RETRY, base: 0 }, kinds: [hooked("x", "HEAD")] },
      ["bad_method", "bad_url", "bad_retry"],
    ],
  ] as const)("with %s is refused as a whole", async (_, value, codes) => {
    const world = await opened();
    const before = await world.state(DESK);
    await configure(world, { observe_only: true, ...value });
    const told = (await lastEvent(world, "ConfigurationRefused"))!.faults as { code: string }[];
    expect(told.map(({ code }) => code)).toEqual(codes);
    expect(await world.state(DESK)).toEqual(before);
  });
});
