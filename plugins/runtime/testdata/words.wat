;; Says in an error what a terminal and a browser would obey.
(module
  (import "extism:host/env" "alloc" (func $alloc (param i64) (result i64)))
  (import "extism:host/env" "store_u8" (func $store (param i64 i32)))
  (import "extism:host/env" "error_set" (func $error (param i64)))
  (memory 1)
  (data (i32.const 0) "\1b[2J\1b]0;title\07tide <script>alert(1)</script>\0d\0a\e2\80\aeback\ff")
  (func (export "or3_page") (result i32) (local $i i32) (local $b i64)
    (local.set $b (call $alloc (i64.const 54)))
    (loop $copy
      (call $store (i64.add (local.get $b) (i64.extend_i32_u (local.get $i))) (i32.load8_u (local.get $i)))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $copy (i32.lt_u (local.get $i) (i32.const 54))))
    (call $error (local.get $b))
    (i32.const 1)))
