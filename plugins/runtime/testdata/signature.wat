;; Takes host functions and its own page for something else.
(module
  (import "extism:host/user" "or3_now" (func (param i32 i32)))
  (func (export "or3_page") (param i64) (result i64) (local.get 0)))
