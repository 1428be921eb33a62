;; Calls the host for ever.
(module
  (import "extism:host/user" "or3_now" (func $now (param i64) (result i64)))
  (func (export "or3_page") (result i32) (loop (drop (call $now (i64.const 0))) (br 0)) (i32.const 0)))
