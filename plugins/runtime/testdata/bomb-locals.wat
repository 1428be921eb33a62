;; A compile bomb: two thousand loops over two thousand locals.
(module (func (local (@repeat 2000 i32)) (@repeat 2000 (loop)))
  (func (export "or3_page") (result i32) (i32.const 0)))
