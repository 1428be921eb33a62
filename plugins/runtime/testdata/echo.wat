;; Hands its input back where it lies.
(module
  (import "extism:host/env" "input_offset" (func $in (result i64)))
  (import "extism:host/env" "input_length" (func $len (result i64)))
  (import "extism:host/env" "output_set" (func $out (param i64 i64)))
  (func $echo (result i32) (call $out (call $in) (call $len)) (i32.const 0))
  (export "or3_page" (func $echo))
  (export "or3_widget" (func $echo))
  (export "or3_filter" (func $echo)))
