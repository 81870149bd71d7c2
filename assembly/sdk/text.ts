/** Texts and the bytes they are in UTF-8, as bodies and blobs hold them. */

import { decodeUtf8, encodeUtf8, utf8Length } from "../cbor/utf8";

/** The text these bytes are; null when they are no UTF-8. */
export function utf8Text(bytes: Uint8Array): string | null {
  return decodeUtf8(bytes.dataStart, bytes.length);
}

/** A text as UTF-8. Aborts on a lone surrogate, which has no UTF-8 form. */
export function utf8Bytes(text: string): Uint8Array {
  const length = utf8Length(text);
  const bytes = new Uint8Array(<i32>length);
  encodeUtf8(text, length, bytes.dataStart);
  return bytes;
}
