//! The counter in Rust, without its standard library: what counter.wat does.
//!
//! A `repr(C)` struct of two words is returned through a pointer that comes first (the C ABI of wasm32), which
//! is the struct-return form of `step`.

#![no_std]

use core::ptr::addr_of_mut;

#[repr(C)]
pub struct Answer {
    at: *const u8,
    length: usize,
}

const MAJOR_TAG: u8 = 6;
const NULL_BYTE: u8 = 0xf6;

/// More than the largest state and event together.
const ARENA_BYTES: usize = 1 << 20;

static mut ARENA: [u8; ARENA_BYTES] = [0; ARENA_BYTES];
static mut USED: usize = 0;

#[no_mangle]
pub extern "C" fn alloc(length: usize) -> *mut u8 {
    // One thread, and each call begins with memory as it was.
    unsafe {
        let at = USED;
        let end = at + ((length + 7) & !7);
        assert!(end <= ARENA_BYTES);
        USED = end;
        addr_of_mut!(ARENA).cast::<u8>().add(at)
    }
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn byte(&mut self) -> u8 {
        self.take(1)[0]
    }

    fn take(&mut self, length: usize) -> &'a [u8] {
        let (taken, rest) = self.rest.split_at(length);
        self.rest = rest;
        taken
    }

    /// Major type and argument of the next head.
    fn head(&mut self) -> (u8, u64) {
        let first = self.byte();
        let info = first & 31;
        let argument = match info {
            0..=23 => u64::from(info),
            24..=27 => {
                let bytes = self.take(1 << (info - 24));
                bytes.iter().fold(0, |value, byte| value << 8 | u64::from(*byte))
            }
            _ => panic!(),
        };
        (first >> 5, argument)
    }

    fn argument(&mut self) -> u64 {
        self.head().1
    }

    /// A text or byte string.
    fn string(&mut self) -> &'a [u8] {
        let length = self.argument() as usize;
        self.take(length)
    }
}

/// The count that this input leads to.
fn reduce(input: &[u8]) -> u64 {
    let mut r = Reader { rest: input };
    r.argument();
    r.string();
    r.argument();
    r.string();
    let count = if r.rest[0] == NULL_BYTE {
        r.byte();
        0
    } else {
        r.argument();
        r.argument()
    };
    r.string();
    r.argument();
    r.string();
    r.string();
    r.string();
    r.argument();
    apply_event(&mut r, count)
}

/// `{"$tag": text, "$value": nat}`, perhaps behind the self-describe tag.
fn apply_event(r: &mut Reader, count: u64) -> u64 {
    if r.head().0 == MAJOR_TAG {
        r.argument();
    }
    r.string();
    match r.string() {
        b"Add" => {
            r.string();
            count.wrapping_add(r.argument())
        }
        b"Clear" => 0,
        _ => panic!(),
    }
}

/// Writes a nat in its shortest form and gives its length.
fn write_nat(out: &mut [u8], value: u64) -> usize {
    if value < 24 {
        out[0] = value as u8;
        return 1;
    }
    let log = usize::from(value > 0xff) + usize::from(value > 0xffff) + usize::from(value > 0xffff_ffff);
    let bytes = 1 << log;
    out[0] = 24 + log as u8;
    out[1..=bytes].copy_from_slice(&value.to_be_bytes()[8 - bytes..]);
    bytes + 1
}

#[no_mangle]
pub extern "C" fn step(at: *const u8, length: usize) -> Answer {
    const OPENING: &[u8] = b"\xa1\x65state";
    const STATE: usize = OPENING.len() + 1;
    let input = unsafe { core::slice::from_raw_parts(at, length) };
    let count = reduce(input);
    let output = unsafe { core::slice::from_raw_parts_mut(alloc(STATE + 9), STATE + 9) };
    output[..OPENING.len()].copy_from_slice(OPENING);
    let size = write_nat(&mut output[STATE..], count);
    output[OPENING.len()] = 0x40 | size as u8;
    Answer { at: output.as_ptr(), length: STATE + size }
}

#[cfg(target_arch = "wasm32")]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    core::arch::wasm32::unreachable()
}
