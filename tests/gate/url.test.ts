/** The grammar of URLs: what it takes it rebuilds, and reads as everybody else does. */

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatUrl, isUnderPath, parseUrl } from "../../host/gate/url.ts";
import { LIMITS } from "../../host/values/limits.ts";
import { runsOf, seedOf } from "../values/support.ts";

const seed = seedOf("gate/url");
const RUNS = { seed, numRuns: runsOf(3000) };

/** Rebuilt, or null where it is refused. */
function rebuilt(text: string): string | null {
  const reading = parseUrl(text);
  return reading.ok ? formatUrl(reading.url) : null;
}

describe("a URL", () => {
  it.each([
    ["https://api.example.com/v1/charges?expand[]=a&q=x/y?z", undefined],
    ["https://example.com", "https://example.com/"],
    ["HTTPS://API.Example.COM/Path", "https://api.example.com/Path"],
    ["http://example.com:80/", "http://example.com/"],
    ["https://example.com:443/", "https://example.com/"],
    ["https://example.com:80/", undefined],
    ["http://example.com:8080?a=b", "http://example.com:8080/?a=b"],
    ["http://example.com/?", undefined],
    ["http://192.0.2.7/x", undefined],
    ["http://[2001:db8::1]:8080/x", undefined],
    ["http://xn--bcher-kva.example/", undefined],
    ["http://a_b.example/%20%C3%BC", undefined],
    ["http://example.com//a//b/", undefined],
    ["http://example.com/a.b/..c/...", undefined],
  ])("%s passes", (text, expected) => {
    expect(rebuilt(text)).toBe(expected ?? text);
  });

  it.each([
    ["user information", "http://example.com@evil.example/"],
    ["user and password", "http://user:pw@example.com/"],
    ["an empty user", "http://@example.com/"],
    ["user information in code", "http://example.com%40evil.example/"],
    ["a backslash for a slash", "http:\\\\example.com/"],
    ["a backslash before the host ends", "http://example.com\\@evil.example/"],
    ["a backslash in the path", "http://example.com/a\\..\\b"],
    ["a backslash in code", "http://example.com/a%5c..%5Cb"],
    ["a segment of two dots", "http://example.com/public/../admin"],
    ["a last segment of dots", "http://example.com/public/.."],
    ["a segment of one dot", "http://example.com/./admin"],
    ["dots in code", "http://example.com/public/%2e%2E/admin"],
    ["one dot in code", "http://example.com/public/.%2e/admin"],
    ["dots in code twice", "http://example.com/public/%252e%252e/admin"],
    ["dots in code three times", "http://example.com/public/%25252e%25252e/admin"],
    ["a slash in code", "http://example.com/public%2f..%2Fadmin"],
    ["a slash in code twice", "http://example.com/public%252Fadmin"],
    ["a zero byte", "http://example.com/a%00.txt"],
    ["a decimal address", "http://2130706433/"],
    ["a short address", "http://127.1/"],
    ["an octal address", "http://0177.0.0.1/"],
    ["an octal address of zeros", "http://127.0.0.01/"],
    ["a hexadecimal address", "http://0x7f.0.0.1/"],
    ["a hexadecimal number", "http://0x7f000001/"],
    ["an address out of range", "http://127.0.0.256/"],
    ["five parts", "http://127.0.0.0.1/"],
    ["a name that ends in a number", "http://example.1/"],
    ["a name that ends in 0x", "http://example.0x/"],
    ["a trailing dot", "http://example.com./"],
    ["a trailing dot of an address", "http://127.0.0.1./"],
    ["a leading dot", "http://.example.com/"],
    ["an empty label", "http://a..example/"],
    ["an IPv6 address with IPv4 inside, not as it is written", "http://[::ffff:127.0.0.1]/"],
    ["an IPv6 address not in its one spelling", "http://[0:0:0:0:0:0:0:1]/"],
    ["an IPv6 address with leading zeros", "http://[2001:0db8::1]/"],
    ["an IPv6 address with a zone", "http://[fe80::1%25eth0]/"],
    ["an open bracket", "http://[::1/"],
    ["text behind a bracket", "http://[::1]x/"],
    ["IPv4 in brackets", "http://[127.0.0.1]/"],
    ["a letter that is no ASCII", "http://exämple.com/"],
    ["a full-width letter", "http://\uff45xample.com/"],
    ["a full-width dot", "http://127\u30020\u30020\u30021/"],
    ["a circled digit", "http://\u246027.0.0.1/"],
    ["a soft hyphen", "http://exam\u00adple.com/"],
    ["a tab", "http://exa\tmple.com/"],
    ["a newline", "http://example.com/\n"],
    ["a leading space", " http://example.com/"],
    ["a space", "http://example.com/a b"],
    ["a host in code", "http://%65xample.com/"],
    ["no host", "http:///etc/passwd"],
    ["no slashes", "http:example.com"],
    ["one slash", "http:/example.com/"],
    ["three slashes", "http:///example.com/"],
    ["another scheme", "file:///etc/passwd"],
    ["no scheme", "//example.com/"],
    ["port 0", "http://example.com:0/"],
    ["a port out of range", "http://example.com:65536/"],
    ["a port with a leading zero", "http://example.com:080/"],
    ["an empty port", "http://example.com:/"],
    ["two ports", "http://example.com:80:81/"],
    ["a fragment", "http://example.com/#top"],
    ["a bad escape", "http://example.com/%zz"],
    ["a cut escape", "http://example.com/?%4"],
    ["a label that begins with a hyphen", "http://-a.example/"],
    ["too long a label", `http://${"a".repeat(64)}.example/`],
    ["too long a name", `http://${"a.".repeat(127)}example/`],
    ["too many characters", `http://example.com/${"a".repeat(LIMITS.urlLengthMax)}`],
  ])("with %s is refused", (_, text) => {
    expect(rebuilt(text)).toBeNull();
  });
});

describe("a URL that passes", () => {
  const pieces = fc.constantFrom(
    ..."http https :// / ? # @ : [ ] :: . .. %2e %2F %5c % \\ a A example.com 127.0.0.1 0x7f 017 1 80 443 - _ ".split(
      " ",
    ),
    " ",
    "\t",
    "ü",
    "xn--",
    "::ffff:",
  );
  const soup = fc.array(pieces, { maxLength: 12 }).map((parts) => `http://${parts.join("")}`);
  const near = fc
    .tuple(
      fc.constantFrom("http", "https", "HTTP"),
      fc.oneof(
        fc.domain(),
        fc.ipV4(),
        fc.ipV4Extended(),
        fc.ipV6().map((ip) => `[${ip}]`),
      ),
      fc.option(fc.integer({ min: 0, max: 66_000 })),
      fc.webPath(),
      fc.option(fc.webQueryParameters()),
    )
    .map(([scheme, host, port, path, query]) => {
      return `${scheme}://${host}${port === null ? "" : `:${port}`}${path}${query === null ? "" : `?${query}`}`;
    });

  it("is rebuilt to itself, and read alike by node", () => {
    let passed = 0;
    const check = (text: string): void => {
      const reading = parseUrl(text);
      if (!reading.ok) return;
      const { url } = reading;
      const built = formatUrl(url);
      expect(rebuilt(built)).toBe(built);
      if (url.host.includes("xn--") && !URL.canParse(text)) return; // node refuses labels that decode to nothing
      passed += 1;
      for (const theirs of [new URL(text), new URL(built)]) {
        expect(theirs.hostname).toBe(url.address?.length === 16 ? `[${url.host}]` : url.host);
        expect(theirs.port === "" ? { http: 80, https: 443 }[url.scheme] : Number(theirs.port)).toBe(
          url.port,
        );
        expect(theirs.pathname).toBe(url.path);
        expect(theirs.search).toBe(url.query === "?" ? "" : url.query.replaceAll("'", "%27"));
        expect([theirs.username, theirs.password, theirs.hash]).toEqual(["", "", ""]);
      }
    };
    fc.assert(fc.property(fc.oneof(near, soup), check), RUNS);
    expect(passed).toBeGreaterThan(0);
  });
});

describe("a path prefix", () => {
  it.each([
    ["/api", "/api", true],
    ["/api/", "/api", true],
    ["/api/x", "/api", true],
    ["/api-x", "/api", false],
    ["/apix/y", "/api", false],
    ["/api;v=1", "/api", false],
    ["/API/x", "/api", false],
    ["//api", "/api", false],
    ["/%61pi", "/api", false],
    ["/api", "/api/", false],
    ["/api/x", "/api/", true],
    ["/anything", "/", true],
    ["/anything", "", false],
    ["/api", "api", false],
  ])("%s under %s: %s", (path, prefix, covered) => {
    expect(isUnderPath(path, prefix)).toBe(covered);
  });
});
