;; A compile bomb of 48 KiB: two thousand fills, each with a loop before it.
(module (memory 1)
  (func (@repeat 2000 (loop) (memory.fill (i32.const 0) (i32.const 0) (i32.const 9))))
  (func (export "or3_page") (result i32) (i32.const 0)))
