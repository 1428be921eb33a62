;; The same, two functions that call each other through a table.
(module
  (table 2 funcref)
  (elem (i32.const 0) $even $odd)
  (func $even (param $n i32) (if (local.get $n) (then
    (call_indirect (param i32) (i32.sub (local.get $n) (i32.const 1)) (i32.const 1))
    (call_indirect (param i32) (i32.sub (local.get $n) (i32.const 1)) (i32.const 1)))))
  (func $odd (param $n i32) (if (local.get $n) (then
    (call_indirect (param i32) (i32.sub (local.get $n) (i32.const 1)) (i32.const 0))
    (call_indirect (param i32) (i32.sub (local.get $n) (i32.const 1)) (i32.const 0)))))
  (func (export "or3_page") (result i32) (call $even (i32.const 60)) (i32.const 0)))
