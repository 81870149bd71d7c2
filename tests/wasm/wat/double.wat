;; A pure module by hand: its input is a nat below 2^31, its output twice that.
(module
  (memory (export "memory") 1)
  (global $heap (mut i32) (i32.const 1024))

  (func (export "alloc") (param $length i32) (result i32)
    (global.get $heap)
    (global.set $heap (i32.add (global.get $heap) (local.get $length))))

  (export "run" (func $struct_return))
  (func $struct_return (param $ret i32) (param $at i32) (param $length i32)
    (i32.store (local.get $ret) (call $double (local.get $at)))
    (i32.store offset=4 (local.get $ret) (i32.const 14)))

  (func $multi_value (param $at i32) (param $length i32) (result i32 i32)
    (call $double (local.get $at))
    (i32.const 14))

  ;; {"version": 1, "input": 8 bytes: d9 d9 f7 1a and four of the number}: the number is at 21.
  (func $double (param $at i32) (result i32)
    (if (i32.ne (i32.load8_u offset=20 (local.get $at)) (i32.const 0x1a)) (then (unreachable)))
    (i64.store (i32.const 0) (i64.const 0x7475_7074_756f_66a1)) ;; a1 66 "output"
    (i32.store8 offset=8 (i32.const 0) (i32.const 0x45))
    (i32.store8 offset=9 (i32.const 0) (i32.const 0x1a))
    (i32.store offset=10 align=1 (i32.const 0)
      (call $swap (i32.shl (call $swap (i32.load offset=21 align=1 (local.get $at))) (i32.const 1))))
    (i32.const 0))

  (func $swap (param $value i32) (result i32)
    (i32.or
      (i32.or (i32.shl (local.get $value) (i32.const 24)) (i32.shr_u (local.get $value) (i32.const 24)))
      (i32.or
        (i32.and (i32.shr_u (local.get $value) (i32.const 8)) (i32.const 0xff00))
        (i32.and (i32.shl (local.get $value) (i32.const 8)) (i32.const 0xff0000))))))
