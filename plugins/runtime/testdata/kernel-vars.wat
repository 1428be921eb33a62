;; As kernel.wat, but it is Extism's variables that send Extism's own code to look
;; for a block.
(module
  (import "extism:host/env" "alloc" (func $alloc (param i64) (result i64)))
  (import "extism:host/env" "store_u64" (func $store (param i64 i64)))
  (import "extism:host/env" "var_set" (func $set (param i64 i64)))
  (import "extism:host/env" "var_get" (func $get (param i64) (result i64)))
  (func (export "or3_page") (result i32) (local $a i64) (local $b i64)
    (local.set $a (call $alloc (i64.const 64)))
    (local.set $b (call $alloc (i64.const 64)))
    (call $store (i64.sub (local.get $a) (i64.const 8)) (i64.const 0xfffffff4_fffffff4))
    (drop (call $get (local.get $b)))
    (call $set (local.get $b) (local.get $b))
    (i32.const 0)))
