;; Asks for 8 MiB of randomness ten thousand times, without a loop.
(module
  (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
  (memory (export "memory") 128)
  (func $hundred (@repeat 100 (drop (call $random (i32.const 0) (i32.const 0x800000)))))
  (func (export "or3_page") (result i32) (@repeat 100 (call $hundred)) (i32.const 0)))
