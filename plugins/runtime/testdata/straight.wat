;; Has Extism copy a log line of 4 MiB ten thousand times, without a loop.
(module
  (import "extism:host/env" "alloc" (func $alloc (param i64) (result i64)))
  (import "extism:host/env" "log_info" (func $log (param i64)))
  (func $hundred (@repeat 100 (call $log (call $alloc (i64.const 0x400000)))))
  (func (export "or3_page") (result i32) (@repeat 100 (call $hundred)) (i32.const 0)))
