import { isIP } from "node:net";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { classifyAddress, formatAddress, parseAddress } from "../../host/gate/address.ts";
import { runsOf, seedOf } from "../values/support.ts";

const RUNS = { seed: seedOf("gate/address"), numRuns: runsOf(1000) };

describe("an address", () => {
  it.each([
    ["0.0.0.0", "unspecified"],
    ["0.1.2.3", "unspecified"],
    ["10.255.0.1", "private"],
    ["11.0.0.1", "public"],
    ["100.63.255.255", "public"],
    ["100.64.0.1", "carrier NAT"],
    ["100.127.255.255", "carrier NAT"],
    ["100.128.0.0", "public"],
    ["127.0.0.1", "loopback"],
    ["127.255.255.254", "loopback"],
    ["169.254.169.254", "link-local"],
    ["172.15.255.255", "public"],
    ["172.16.0.1", "private"],
    ["172.31.255.255", "private"],
    ["172.32.0.0", "public"],
    ["192.0.0.8", "reserved"],
    ["192.0.2.1", "reserved"],
    ["192.88.99.1", "6to4"],
    ["192.168.1.1", "private"],
    ["192.169.0.0", "public"],
    ["198.19.0.1", "reserved"],
    ["198.51.100.1", "reserved"],
    ["203.0.113.1", "reserved"],
    ["224.0.0.1", "multicast"],
    ["255.255.255.255", "reserved"],
    ["8.8.8.8", "public"],
    ["::", "unspecified"],
    ["::1", "loopback"],
    ["::2", "IPv4-mapped"],
    ["::7f00:1", "IPv4-mapped"],
    ["::ffff:127.0.0.1", "IPv4-mapped"],
    ["::ffff:808:808", "IPv4-mapped"],
    ["::ffff:0:127.0.0.1", "IPv4-mapped"],
    ["64:ff9b::7f00:1", "NAT64"],
    ["64:ff9b:1::a00:1", "NAT64"],
    ["2001::1", "reserved"],
    ["2001:db8::1", "reserved"],
    ["2002:7f00:1::", "6to4"],
    ["3fff::1", "reserved"],
    ["fc00::1", "private"],
    ["fd12:3456::1", "private"],
    ["fe80::1", "link-local"],
    ["febf::1", "link-local"],
    ["fec0::1", "private"],
    ["ff02::1", "multicast"],
    ["100::1", "reserved"],
    ["5f00::1", "reserved"],
    ["2606:4700::1111", "public"],
    ["2a00:1450::8a", "public"],
  ])("%s is %s", (text, found) => {
    expect(classifyAddress(parseAddress(text)!)).toBe(found);
  });

  it.each([
    "",
    "1",
    "127.1",
    "1.2.3",
    "1.2.3.4.5",
    "01.2.3.4",
    "1.2.3.256",
    "1.2.3.4 ",
    "0x1.2.3.4",
    "1.2.3.-4",
  ])("is not %j", (text) => {
    expect(parseAddress(text)).toBeNull();
  });

  it.each([
    ":",
    ":::",
    "1::2::3",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "::12345",
    "::g",
    "fe80::1%1",
    "[::1]",
  ])("nor %j", (text) => {
    expect(parseAddress(text)).toBeNull();
  });

  it("has one spelling, the one URLs have, and is what node takes for an address", () => {
    const bytes = fc.oneof(
      fc.uint8Array({ minLength: 4, maxLength: 4 }),
      fc
        .array(fc.oneof(fc.constant(0), fc.nat(255)), { minLength: 16, maxLength: 16 })
        .map((b) => Uint8Array.from(b)),
    );
    fc.assert(
      fc.property(bytes, (address) => {
        const text = formatAddress(address);
        expect(parseAddress(text)).toEqual(address);
        const host = address.length === 4 ? text : `[${text}]`;
        expect(new URL(`http://${host}/`).hostname).toBe(host);
      }),
      RUNS,
    );
    fc.assert(
      fc.property(fc.oneof(fc.ipV4Extended(), fc.ipV6()), (text) => {
        if (isIP(text) !== 0) expect(parseAddress(text)?.length).toBe(isIP(text) === 4 ? 4 : 16);
        else expect(parseAddress(text)).toBeNull();
      }),
      RUNS,
    );
  });
});
