;; Scalar products of one point with many, on 64-bit floats, two at a time, for four points at once.
;;
;; Points are rows of `stride` bytes, a multiple of 16; their number is a multiple of 4: callers pad with zeros. Sums run in one fixed
;; order, so the same input gives the same bits on every machine. dots.ts holds the assembled bytes
;; (npx node src/core/learn/svm/assemble.ts).
(module
  (memory (export "memory") 1)
  (func $sum (param $v v128) (result f64)
    (f64.add (f64x2.extract_lane 0 (local.get $v)) (f64x2.extract_lane 1 (local.get $v))))

  ;; into[i] = point . points[i]
  (func (export "dots") (param $point i32) (param $points i32) (param $stride i32) (param $count i32) (param $into i32)
    (local $at i32) (local $p i32) (local $end i32) (local $row2 i32) (local $row3 i32) (local $x v128)
    (local $a v128) (local $b v128) (local $c v128) (local $d v128)
    (local.set $row2 (i32.shl (local.get $stride) (i32.const 1)))
    (local.set $row3 (i32.add (local.get $row2) (local.get $stride)))
    (loop $four
      (local.set $a (v128.const f64x2 0 0))
      (local.set $b (v128.const f64x2 0 0))
      (local.set $c (v128.const f64x2 0 0))
      (local.set $d (v128.const f64x2 0 0))
      (local.set $p (local.get $point))
      (local.set $at (local.get $points))
      (local.set $end (i32.add (local.get $points) (local.get $stride)))
      (loop $pair
        (local.set $x (v128.load (local.get $p)))
        (local.set $a (f64x2.add (local.get $a) (f64x2.mul (local.get $x) (v128.load (local.get $at)))))
        (local.set $b (f64x2.add (local.get $b)
          (f64x2.mul (local.get $x) (v128.load (i32.add (local.get $at) (local.get $stride))))))
        (local.set $c (f64x2.add (local.get $c)
          (f64x2.mul (local.get $x) (v128.load (i32.add (local.get $at) (local.get $row2))))))
        (local.set $d (f64x2.add (local.get $d)
          (f64x2.mul (local.get $x) (v128.load (i32.add (local.get $at) (local.get $row3))))))
        (local.set $p (i32.add (local.get $p) (i32.const 16)))
        (local.set $at (i32.add (local.get $at) (i32.const 16)))
        (br_if $pair (i32.lt_u (local.get $at) (local.get $end))))
      (f64.store (local.get $into) (call $sum (local.get $a)))
      (f64.store offset=8 (local.get $into) (call $sum (local.get $b)))
      (f64.store offset=16 (local.get $into) (call $sum (local.get $c)))
      (f64.store offset=24 (local.get $into) (call $sum (local.get $d)))
      (local.set $into (i32.add (local.get $into) (i32.const 32)))
      (local.set $points (i32.add (local.get $end) (local.get $row3)))
      (local.set $count (i32.sub (local.get $count) (i32.const 4)))
      (br_if $four (i32.gt_s (local.get $count) (i32.const 0)))))
)
