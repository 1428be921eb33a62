;; Writes into the head of a block of Extism's memory, so that Extism's own code
;; walks in circles when it looks for the next one; then has it look from a place
;; that gets no deadline, the log.
(module
  (import "extism:host/env" "alloc" (func $alloc (param i64) (result i64)))
  (import "extism:host/env" "store_u64" (func $store (param i64 i64)))
  (import "extism:host/env" "log_info" (func $log (param i64)))
  (func (export "or3_page") (result i32) (local $a i64) (local $b i64)
    (local.set $a (call $alloc (i64.const 64)))
    (local.set $b (call $alloc (i64.const 64)))
    ;; A size of -12 leads from the block's end back to its head.
    (call $store (i64.sub (local.get $a) (i64.const 8)) (i64.const 0xfffffff4_fffffff4))
    (call $log (local.get $b))
    (drop (call $alloc (i64.const 0x10000)))
    (i32.const 0)))
