;; Writes a thousand lines, on its output and into the log.
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "extism:host/env" "alloc" (func $alloc (param i64) (result i64)))
  (import "extism:host/env" "store_u64" (func $store (param i64 i64)))
  (import "extism:host/env" "log_warn" (func $warn (param i64)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\08\00\00\00\09\00\00\00" "on board\n")
  (func (export "or3_page") (result i32) (local $i i32) (local $b i64)
    (loop $again
      (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 64)))
      (local.set $b (call $alloc (i64.const 8)))
      (call $store (local.get $b) (i64.const 0x21656c6163206f67))
      (call $warn (local.get $b))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $again (i32.lt_u (local.get $i) (i32.const 1000))))
    (i32.const 0)))
