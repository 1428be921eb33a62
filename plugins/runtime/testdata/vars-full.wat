;; Puts more into a variable than all may hold together.
(module
  (import "extism:host/env" "alloc" (func $alloc (param i64) (result i64)))
  (import "extism:host/env" "var_set" (func $set (param i64 i64)))
  (func (export "or3_page") (result i32)
    (call $set (call $alloc (i64.const 8)) (call $alloc (i64.const 40000)))
    (call $set (call $alloc (i64.const 8)) (call $alloc (i64.const 50000)))
    (call $set (call $alloc (i64.const 9)) (call $alloc (i64.const 50000)))
    (i32.const 0)))
