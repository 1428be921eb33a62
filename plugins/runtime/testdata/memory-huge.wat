;; Wants 4 GiB to begin with.
(module (memory 65535) (func (export "or3_page") (result i32) (i32.const 0)))
