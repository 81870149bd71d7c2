;; A counter by hand. Its state is a nat; `Add` adds its value, `Clear` makes it 0, anything else traps.
;; `step` is exported in the struct-return form; a test exports $multi_value instead for the other.
(module
  (memory (export "memory") 1)

  (global $heap (mut i32) (i32.const 1024))
  (global $pos (mut i32) (i32.const 0))
  (global $major (mut i32) (i32.const 0))
  (global $count (mut i64) (i64.const 0))
  ;; Where the answer lies; written by $write unless an arm has left one.
  (global $out_at (mut i32) (i32.const 0))
  (global $out_length (mut i32) (i32.const 0))

  (export "alloc" (func $alloc))
  (func $alloc (param $length i32) (result i32)
    (local $at i32)
    (local.set $at (global.get $heap))
    (global.set $heap
      (i32.and (i32.add (i32.add (local.get $at) (local.get $length)) (i32.const 7)) (i32.const -8)))
    (loop $more
      (if (i32.gt_u (global.get $heap) (i32.mul (memory.size) (i32.const 65536)))
        (then
          (if (i32.eq (memory.grow (i32.const 1)) (i32.const -1)) (then (unreachable)))
          (br $more))))
    (local.get $at))

  (export "step" (func $struct_return))
  (func $struct_return (param $ret i32) (param $at i32) (param $length i32)
    (call $reduce (local.get $at))
    (i32.store (local.get $ret) (global.get $out_at))
    (i32.store offset=4 (local.get $ret) (global.get $out_length)))

  (func $multi_value (param $at i32) (param $length i32) (result i32 i32)
    (call $reduce (local.get $at))
    (global.get $out_at)
    (global.get $out_length))

  ;; {"version": 1, "state": bytes or null, "event": {"schema": text, "value": bytes, ...}, ...}
  (func $reduce (param $at i32)
    (global.set $pos (local.get $at))
    (drop (call $head))
    (call $skip)
    (drop (call $head))
    (call $skip)
    (call $read_state)
    (call $skip)
    (drop (call $head))
    (call $skip)
    (call $skip)
    (call $skip)
    (drop (call $head))
    (call $read_event)
    (if (i32.eqz (global.get $out_length)) (then (call $write))))

  (func $read_state
    (if (i32.eq (i32.load8_u (global.get $pos)) (i32.const 0xf6))
      (then (global.set $pos (i32.add (global.get $pos) (i32.const 1))))
      (else
        (drop (call $head))
        (global.set $count (call $head)))))

  ;; {"$tag": text, "$value": nat}
  (func $read_event
    (local $length i32)
    (drop (call $head))
    (if (i32.eq (global.get $major) (i32.const 6)) (then (drop (call $head))))
    (call $skip)
    (local.set $length (i32.wrap_i64 (call $head)))
    (if (call $tag_is (local.get $length) (i32.const 3) (i32.const 0x00646441)) ;; "Add"
      (then
        (global.set $pos (i32.add (global.get $pos) (local.get $length)))
        (call $skip)
        (global.set $count (i64.add (global.get $count) (call $head)))
        (return)))
    (if (call $tag_is (local.get $length) (i32.const 5) (i32.const 0x61656c43)) ;; "Clea"
      (then
        (global.set $count (call $clear))
        (return)))
    (unreachable))

  ;; Whether the tag has this length and begins with these bytes.
  (func $tag_is (param $length i32) (param $expected i32) (param $first i32) (result i32)
    (local $mask i32)
    (local.set $mask
      (select (i32.const 0x00ffffff) (i32.const -1) (i32.eq (local.get $expected) (i32.const 3))))
    (i32.and
      (i32.eq (local.get $length) (local.get $expected))
      (i32.eq (i32.and (i32.load align=1 (global.get $pos)) (local.get $mask)) (local.get $first))))

  (func $clear (result i64) (i64.const 0))

  ;; {"state": bytes of the count}
  (func $write
    (local $at i32) (local $size i32)
    (local.set $at (call $alloc (i32.const 17)))
    (i64.store align=1 (local.get $at) (i64.const 0x65746174_7365a1)) ;; a1 65 "state"
    (local.set $size (call $write_nat (i32.add (local.get $at) (i32.const 8)) (global.get $count)))
    (i32.store8 offset=7 (local.get $at) (i32.or (i32.const 0x40) (local.get $size)))
    (global.set $out_at (local.get $at))
    (global.set $out_length (i32.add (local.get $size) (i32.const 8))))

  ;; Writes a nat in its shortest form and gives its length.
  (func $write_nat (param $at i32) (param $value i64) (result i32)
    (local $bytes i32) (local $i i32)
    (if (i64.lt_u (local.get $value) (i64.const 24))
      (then
        (i32.store8 (local.get $at) (i32.wrap_i64 (local.get $value)))
        (return (i32.const 1))))
    (local.set $bytes
      (i32.shl
        (i32.const 1)
        (i32.add
          (i64.gt_u (local.get $value) (i64.const 0xff))
          (i32.add
            (i64.gt_u (local.get $value) (i64.const 0xffff))
            (i64.gt_u (local.get $value) (i64.const 0xffffffff))))))
    (i32.store8 (local.get $at) (i32.add (i32.const 24) (i32.ctz (local.get $bytes))))
    (local.set $i (local.get $bytes))
    (loop $next
      (i64.store8 (i32.add (local.get $at) (local.get $i)) (local.get $value))
      (local.set $value (i64.shr_u (local.get $value) (i64.const 8)))
      (br_if $next (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))
    (i32.add (local.get $bytes) (i32.const 1)))

  ;; Reads the head at $pos: leaves $major and gives the argument.
  (func $head (result i64)
    (local $info i32) (local $bytes i32) (local $value i64)
    (local.set $info (i32.load8_u (global.get $pos)))
    (global.set $pos (i32.add (global.get $pos) (i32.const 1)))
    (global.set $major (i32.shr_u (local.get $info) (i32.const 5)))
    (local.set $info (i32.and (local.get $info) (i32.const 31)))
    (if (i32.lt_u (local.get $info) (i32.const 24))
      (then (return (i64.extend_i32_u (local.get $info)))))
    (if (i32.gt_u (local.get $info) (i32.const 27)) (then (unreachable)))
    (local.set $bytes (i32.shl (i32.const 1) (i32.sub (local.get $info) (i32.const 24))))
    (loop $next
      (local.set $value
        (i64.or
          (i64.shl (local.get $value) (i64.const 8))
          (i64.load8_u (global.get $pos))))
      (global.set $pos (i32.add (global.get $pos) (i32.const 1)))
      (br_if $next (local.tee $bytes (i32.sub (local.get $bytes) (i32.const 1)))))
    (local.get $value))

  ;; Passes a text or byte string.
  (func $skip
    (local $length i32)
    (local.set $length (i32.wrap_i64 (call $head)))
    (global.set $pos (i32.add (global.get $pos) (local.get $length)))))
