;; A compile bomb of functions that are each within their limits.
(module (@repeat 1000 (func (local (@repeat 1000 i32)) (@repeat 198 (loop))))
  (func (export "or3_page") (result i32) (i32.const 0)))
