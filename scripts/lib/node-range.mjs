/**
 * Whether a Node version is in a range such as `^20.19 || >=24`: caret and `>=` over major and minor are all
 * that `engines` uses. No package does it here, because it is asked before any is installed.
 */
export function isInRange(version, range) {
  const [major, minor] = numbers(version);
  return range.split("||").some((part) => {
    const [, operator, least] = /^(\^|>=)(\d+(?:\.\d+)?)$/.exec(part.trim()) ?? [];
    if (operator === undefined) throw new Error(`engines has a range this cannot read: ${part.trim()}`);
    const [leastMajor, leastMinor] = numbers(least);
    if (major === leastMajor) return minor >= leastMinor;
    return operator === ">=" && major > leastMajor;
  });
}

function numbers(version) {
  const [major, minor = 0] = version.split(".").map(Number);
  return [major, minor];
}
