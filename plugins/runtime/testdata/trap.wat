;; Does what it must not.
(module (func (export "or3_page") (result i32) (unreachable)))
