/*
 * The counter in C, without a library: what counter.wat does.
 *
 * A struct of two words is returned through a pointer that comes first (the C ABI of wasm32), which is the
 * struct-return form of `step`.
 */

typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned long long u64;

struct answer {
  const u8 *at;
  u32 length;
};

enum { MAJOR_TAG = 6, NULL_BYTE = 0xf6 };

/* More than the largest state and event together. */
static u8 arena[1 << 20];
static u32 used;

u8 *alloc(u32 length) {
  u32 rounded = (length + 7u) & ~7u;
  if (rounded < length || rounded > sizeof arena - used) __builtin_trap();
  u8 *at = arena + used;
  used += rounded;
  return at;
}

static const u8 *cursor;

/* The argument of the head at the cursor. */
static u64 head(u32 *major) {
  u8 first = *cursor++;
  u8 info = first & 31;
  *major = first >> 5;
  if (info < 24) return info;
  if (info > 27) __builtin_trap();
  u64 value = 0;
  for (u32 left = 1u << (info - 24); left > 0; left--) value = value << 8 | *cursor++;
  return value;
}

static u64 argument(void) {
  u32 major;
  return head(&major);
}

/* Passes a text or byte string. */
static void skip(void) {
  u32 length = (u32)argument();
  cursor += length;
}

static u64 read_state(void) {
  if (*cursor == NULL_BYTE) {
    cursor++;
    return 0;
  }
  argument();
  return argument();
}

static int is(const u8 *text, u32 length, const char *expected) {
  for (u32 i = 0; i < length; i++) {
    if (expected[i] == 0 || text[i] != (u8)expected[i]) return 0;
  }
  return expected[length] == 0;
}

/* {"$tag": text, "$value": nat}, perhaps behind the self-describe tag. */
static u64 apply_event(u64 count) {
  u32 major;
  head(&major);
  if (major == MAJOR_TAG) argument();
  skip();
  u32 length = (u32)argument();
  const u8 *tag = cursor;
  cursor += length;
  if (is(tag, length, "Clear")) return 0;
  if (!is(tag, length, "Add")) __builtin_trap();
  skip();
  return count + argument();
}

/* Writes a nat in its shortest form and gives its length. */
static u32 write_nat(u8 *at, u64 value) {
  if (value < 24) {
    at[0] = (u8)value;
    return 1;
  }
  u32 log = (value > 0xff) + (value > 0xffff) + (value > 0xffffffff);
  u32 bytes = 1u << log;
  at[0] = (u8)(24 + log);
  for (u32 i = bytes; i > 0; i--) {
    at[i] = (u8)value;
    value >>= 8;
  }
  return bytes + 1;
}

struct answer step(const u8 *input, u32 length) {
  (void)length;
  cursor = input;
  argument();
  skip();
  argument();
  skip();
  u64 count = read_state();
  skip();
  argument();
  skip();
  skip();
  skip();
  argument();
  count = apply_event(count);

  static const u8 opening[] = {0xa1, 0x65, 's', 't', 'a', 't', 'e'};
  u8 *output = alloc(sizeof opening + 10);
  for (u32 i = 0; i < sizeof opening; i++) output[i] = opening[i];
  u32 size = write_nat(output + sizeof opening + 1, count);
  output[sizeof opening] = (u8)(0x40 | size);
  return (struct answer){output, (u32)sizeof opening + 1 + size};
}
