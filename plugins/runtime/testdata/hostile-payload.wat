;; Hands 2 MiB to a host function.
(module
  (import "extism:host/env" "alloc" (func $alloc (param i64) (result i64)))
  (import "extism:host/user" "or3_now" (func $now (param i64) (result i64)))
  (func (export "or3_page") (result i32) (drop (call $now (call $alloc (i64.const 0x200000)))) (i32.const 0)))
