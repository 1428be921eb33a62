;; Grows a table by a hundred million entries; fails when it gets them.
(module
  (table $t 1 funcref)
  (func (export "or3_page") (result i32)
    (if (i32.ne (table.grow $t (ref.null func) (i32.const 100000000)) (i32.const -1)) (then (unreachable)))
    (i32.const 0)))
