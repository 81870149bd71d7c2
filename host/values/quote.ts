/** Text from outside, made fit for a message: on one line, cut, without anything that steers a terminal. */

const CUT_MAX = 64;

/** The text in quotes, at most `max` UTF-16 units of it; control codes become `?`. */
export function quote(text: string, max = CUT_MAX): string {
  return `"${plain(text, max)}"`;
}

/** The same without the quotes. */
export function plain(text: string, max = CUT_MAX): string {
  const cut = text.length > max ? text.slice(0, max) : text;
  let out = "";
  for (const character of cut) out += steers(character.codePointAt(0)!) ? "?" : character;
  return cut.length < text.length ? `${out}…` : out;
}

/** C0, DEL, C1, lone surrogates, line and paragraph separators, and what turns the direction of writing. */
function steers(point: number): boolean {
  if (point < 0x20 || (point >= 0x7f && point <= 0x9f)) return true;
  if (point === 0x200e || point === 0x200f || point === 0x061c) return true;
  if (point >= 0x2028 && point <= 0x202e) return true;
  return (point >= 0x2066 && point <= 0x2069) || (point >= 0xd800 && point <= 0xdfff);
}
