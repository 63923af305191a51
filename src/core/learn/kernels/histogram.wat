;; Inner loops of boosted trees on 64-bit floats, two at a time.
;;
;; Memory is shared by all threads that help with a fit; each call touches only the stretches it is given. All pointers are in bytes. Sums
;; run in the order of the rows, so the same input gives the same bits whatever the number of threads. kernels.ts holds the
;; assembled bytes (npx node src/core/learn/boosting/assemble.ts).
(module
  (memory (import "bedside" "memory") 1 65536 shared)

  ;; Adds each listed row's pair (gradient, hessian) to the bins it falls in, for eight columns at once. A row's eight codes
  ;; lie at codes + 8 * row, its pair at pairs + 16 * row; a column's 256 bins are 4,096 bytes of pairs.
  (func (export "accumulate")
    (param $codes i32) (param $order i32) (param $count i32) (param $pairs i32) (param $sums i32)
    (local $end i32) (local $row i32) (local $at i32) (local $pair v128)
    (local.set $end (i32.add (local.get $order) (i32.shl (local.get $count) (i32.const 2))))
    (if (i32.eqz (local.get $count)) (then (return)))
    (loop $rows
      (local.set $row (i32.load (local.get $order)))
      (local.set $pair (v128.load (i32.add (local.get $pairs) (i32.shl (local.get $row) (i32.const 4)))))
      (local.set $row (i32.add (local.get $codes) (i32.shl (local.get $row) (i32.const 3))))
      (local.set $at (i32.add (local.get $sums) (i32.shl (i32.load8_u offset=0 (local.get $row)) (i32.const 4))))
      (v128.store offset=0 (local.get $at) (f64x2.add (v128.load offset=0 (local.get $at)) (local.get $pair)))
      (local.set $at (i32.add (local.get $sums) (i32.shl (i32.load8_u offset=1 (local.get $row)) (i32.const 4))))
      (v128.store offset=4096 (local.get $at) (f64x2.add (v128.load offset=4096 (local.get $at)) (local.get $pair)))
      (local.set $at (i32.add (local.get $sums) (i32.shl (i32.load8_u offset=2 (local.get $row)) (i32.const 4))))
      (v128.store offset=8192 (local.get $at) (f64x2.add (v128.load offset=8192 (local.get $at)) (local.get $pair)))
      (local.set $at (i32.add (local.get $sums) (i32.shl (i32.load8_u offset=3 (local.get $row)) (i32.const 4))))
      (v128.store offset=12288 (local.get $at) (f64x2.add (v128.load offset=12288 (local.get $at)) (local.get $pair)))
      (local.set $at (i32.add (local.get $sums) (i32.shl (i32.load8_u offset=4 (local.get $row)) (i32.const 4))))
      (v128.store offset=16384 (local.get $at) (f64x2.add (v128.load offset=16384 (local.get $at)) (local.get $pair)))
      (local.set $at (i32.add (local.get $sums) (i32.shl (i32.load8_u offset=5 (local.get $row)) (i32.const 4))))
      (v128.store offset=20480 (local.get $at) (f64x2.add (v128.load offset=20480 (local.get $at)) (local.get $pair)))
      (local.set $at (i32.add (local.get $sums) (i32.shl (i32.load8_u offset=6 (local.get $row)) (i32.const 4))))
      (v128.store offset=24576 (local.get $at) (f64x2.add (v128.load offset=24576 (local.get $at)) (local.get $pair)))
      (local.set $at (i32.add (local.get $sums) (i32.shl (i32.load8_u offset=7 (local.get $row)) (i32.const 4))))
      (v128.store offset=28672 (local.get $at) (f64x2.add (v128.load offset=28672 (local.get $at)) (local.get $pair)))
      (br_if $rows (i32.lt_u (local.tee $order (i32.add (local.get $order) (i32.const 4))) (local.get $end)))))

  ;; Sets `bytes` (a multiple of 16) to zero.
  (func (export "clear") (param $at i32) (param $bytes i32)
    (local $end i32)
    (local.set $end (i32.add (local.get $at) (local.get $bytes)))
    (loop $next
      (v128.store (local.get $at) (v128.const f64x2 0 0))
      (br_if $next (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 16))) (local.get $end)))))

  ;; Takes the sums at `part` from those at `whole`, `bytes` long (a multiple of 16).
  (func (export "subtract") (param $whole i32) (param $part i32) (param $bytes i32)
    (local $end i32)
    (local.set $end (i32.add (local.get $whole) (local.get $bytes)))
    (loop $next
      (v128.store (local.get $whole) (f64x2.sub (v128.load (local.get $whole)) (v128.load (local.get $part))))
      (local.set $part (i32.add (local.get $part) (i32.const 16)))
      (br_if $next (i32.lt_u (local.tee $whole (i32.add (local.get $whole) (i32.const 16))) (local.get $end)))))

  ;; Moves the listed rows that go left before those that go right, keeping their order; returns how many go left. A row's code
  ;; lies at codes + 8 * row, and goes left where table[code] is 1. `spare` holds as many rows.
  (func (export "partition")
    (param $order i32) (param $count i32) (param $codes i32) (param $table i32) (param $spare i32) (result i32)
    (local $end i32) (local $from i32) (local $left i32) (local $right i32) (local $row i32) (local $goes i32)
    (local.set $from (local.get $order))
    (local.set $left (local.get $order))
    (local.set $right (local.get $spare))
    (local.set $end (i32.add (local.get $order) (i32.shl (local.get $count) (i32.const 2))))
    (if (i32.eqz (local.get $count)) (then (return (i32.const 0))))
    (loop $rows
      (local.set $row (i32.load (local.get $from)))
      (local.set $goes (i32.shl (i32.load8_u (i32.add (local.get $table)
        (i32.load8_u (i32.add (local.get $codes) (i32.shl (local.get $row) (i32.const 3)))))) (i32.const 2)))
      (i32.store (local.get $left) (local.get $row))
      (i32.store (local.get $right) (local.get $row))
      (local.set $left (i32.add (local.get $left) (local.get $goes)))
      (local.set $right (i32.add (local.get $right) (i32.sub (i32.const 4) (local.get $goes))))
      (br_if $rows (i32.lt_u (local.tee $from (i32.add (local.get $from) (i32.const 4))) (local.get $end))))
    (local.set $goes (i32.shr_u (i32.sub (local.get $left) (local.get $order)) (i32.const 2)))
    (local.set $from (local.get $spare))
    (if (i32.lt_u (local.get $from) (local.get $right)) (then
      (loop $back
        (i32.store (local.get $left) (i32.load (local.get $from)))
        (local.set $left (i32.add (local.get $left) (i32.const 4)))
        (br_if $back (i32.lt_u (local.tee $from (i32.add (local.get $from) (i32.const 4))) (local.get $right))))))
    (local.get $goes)))
