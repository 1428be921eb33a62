;; Fills 16 MiB of memory ten thousand times, without a loop.
(module
  (memory 256)
  (func $hundred (@repeat 100 (memory.fill (i32.const 0) (i32.const 1) (i32.const 0x1000000))))
  (func (export "or3_page") (result i32) (@repeat 100 (call $hundred)) (i32.const 0)))
