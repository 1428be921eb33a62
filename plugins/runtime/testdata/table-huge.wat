;; Wants a table of a hundred million entries to begin with.
(module (table 100000000 funcref) (func (export "or3_page") (result i32) (i32.const 0)))
