;; The same through a table, where no call names what it calls.
(module
  (import "extism:host/env" "alloc" (func $alloc (param i64) (result i64)))
  (import "extism:host/env" "log_info" (func $log (param i64)))
  (table 1 funcref)
  (elem (i32.const 0) $log)
  (func $hundred (@repeat 100 (call_indirect (param i64) (call $alloc (i64.const 0x400000)) (i32.const 0))))
  (func (export "or3_page") (result i32) (@repeat 100 (call $hundred)) (i32.const 0)))
