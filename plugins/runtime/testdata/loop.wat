;; Never ends.
(module (func (export "or3_page") (result i32) (loop (br 0)) (i32.const 0)))
