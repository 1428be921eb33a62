;; Leaves the head of Extism's memory, and all that lies behind it, in a state that
;; Extism's own code would never make.
(module
  (import "extism:host/env" "store_u64" (func $store (param i64 i64)))
  (import "extism:host/env" "alloc" (func $alloc (param i64) (result i64)))
  (func (export "or3_page") (result i32) (local $at i64)
    (drop (call $alloc (i64.const 4000000)))
    (local.set $at (i64.const 65))
    (loop $more
      (call $store (local.get $at) (i64.const 0xfffffff4_fffffff4))
      (local.set $at (i64.add (local.get $at) (i64.const 1)))
      (br_if $more (i64.lt_u (local.get $at) (i64.const 4000))))
    (call $store (i64.const 25) (i64.const 0))
    (call $store (i64.const 33) (i64.const 0))
    (call $store (i64.const 41) (i64.const 0))
    (call $store (i64.const 49) (i64.const 0))
    (call $store (i64.const 57) (i64.const 0))
    (call $store (i64.const 9) (i64.const 0x0000_0000_ffff_ff00))
    (call $store (i64.const 17) (i64.const 0x7fff_ffff_ffff_ffff))
    (i32.const 0)))
