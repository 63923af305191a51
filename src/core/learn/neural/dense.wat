;; Arithmetic of a dense net's training step, on 32-bit floats, four at a time.
;;
;; All pointers and strides are in bytes and multiples of 16. Matrices are row-major; the column count of B and C is a multiple of 8 and
;; the row count of C a multiple of 4: callers pad with zeros. Sums run in one fixed order, so the same input gives the same
;; bits on every machine. kernels.ts holds the assembled bytes (npx node src/core/learn/neural/assemble.ts).
(module
  (memory (export "memory") 1)

  ;; C[rows x columns] = A B + bias (where bias is not 0), then max(., 0) where `rectify` is not 0.
  ;; A[i][p] lies at a + i * aRow + p * aStep, so A may be read transposed. B is steps x columns.
  (func (export "multiply")
    (param $a i32) (param $aRow i32) (param $aStep i32) (param $b i32) (param $bias i32) (param $c i32)
    (param $rows i32) (param $steps i32) (param $columns i32) (param $rectify i32)
    (local $stride i32) (local $j i32) (local $i i32) (local $p i32) (local $at i32) (local $bt i32) (local $ct i32)
    (local $row2 i32) (local $row3 i32)
    (local $b0 v128) (local $b1 v128) (local $s v128)
    (local $c00 v128) (local $c01 v128) (local $c10 v128) (local $c11 v128)
    (local $c20 v128) (local $c21 v128) (local $c30 v128) (local $c31 v128)
    (local.set $stride (i32.shl (local.get $columns) (i32.const 2)))
    (local.set $row2 (i32.shl (local.get $aRow) (i32.const 1)))
    (local.set $row3 (i32.add (local.get $row2) (local.get $aRow)))
    (local.set $j (i32.const 0))
    (loop $columnBlock
      (local.set $i (i32.const 0))
      (loop $rowBlock
        (local.set $c00 (v128.const f32x4 0 0 0 0))
        (local.set $c01 (v128.const f32x4 0 0 0 0))
        (if (local.get $bias) (then
          (local.set $c00 (v128.load (i32.add (local.get $bias) (local.get $j))))
          (local.set $c01 (v128.load offset=16 (i32.add (local.get $bias) (local.get $j))))))
        (local.set $c10 (local.get $c00)) (local.set $c11 (local.get $c01))
        (local.set $c20 (local.get $c00)) (local.set $c21 (local.get $c01))
        (local.set $c30 (local.get $c00)) (local.set $c31 (local.get $c01))
        (local.set $at (i32.add (local.get $a) (i32.mul (local.get $i) (local.get $aRow))))
        (local.set $bt (i32.add (local.get $b) (local.get $j)))
        (local.set $p (local.get $steps))
        (loop $sum
          (local.set $b0 (v128.load (local.get $bt)))
          (local.set $b1 (v128.load offset=16 (local.get $bt)))
          (local.set $s (v128.load32_splat (local.get $at)))
          (local.set $c00 (f32x4.add (local.get $c00) (f32x4.mul (local.get $s) (local.get $b0))))
          (local.set $c01 (f32x4.add (local.get $c01) (f32x4.mul (local.get $s) (local.get $b1))))
          (local.set $s (v128.load32_splat (i32.add (local.get $at) (local.get $aRow))))
          (local.set $c10 (f32x4.add (local.get $c10) (f32x4.mul (local.get $s) (local.get $b0))))
          (local.set $c11 (f32x4.add (local.get $c11) (f32x4.mul (local.get $s) (local.get $b1))))
          (local.set $s (v128.load32_splat (i32.add (local.get $at) (local.get $row2))))
          (local.set $c20 (f32x4.add (local.get $c20) (f32x4.mul (local.get $s) (local.get $b0))))
          (local.set $c21 (f32x4.add (local.get $c21) (f32x4.mul (local.get $s) (local.get $b1))))
          (local.set $s (v128.load32_splat (i32.add (local.get $at) (local.get $row3))))
          (local.set $c30 (f32x4.add (local.get $c30) (f32x4.mul (local.get $s) (local.get $b0))))
          (local.set $c31 (f32x4.add (local.get $c31) (f32x4.mul (local.get $s) (local.get $b1))))
          (local.set $at (i32.add (local.get $at) (local.get $aStep)))
          (local.set $bt (i32.add (local.get $bt) (local.get $stride)))
          (br_if $sum (local.tee $p (i32.sub (local.get $p) (i32.const 1)))))
        (if (local.get $rectify) (then
          (local.set $s (v128.const f32x4 0 0 0 0))
          (local.set $c00 (f32x4.max (local.get $c00) (local.get $s))) (local.set $c01 (f32x4.max (local.get $c01) (local.get $s)))
          (local.set $c10 (f32x4.max (local.get $c10) (local.get $s))) (local.set $c11 (f32x4.max (local.get $c11) (local.get $s)))
          (local.set $c20 (f32x4.max (local.get $c20) (local.get $s))) (local.set $c21 (f32x4.max (local.get $c21) (local.get $s)))
          (local.set $c30 (f32x4.max (local.get $c30) (local.get $s))) (local.set $c31 (f32x4.max (local.get $c31) (local.get $s)))))
        (local.set $ct (i32.add (i32.add (local.get $c) (local.get $j)) (i32.mul (local.get $i) (local.get $stride))))
        (v128.store (local.get $ct) (local.get $c00)) (v128.store offset=16 (local.get $ct) (local.get $c01))
        (local.set $ct (i32.add (local.get $ct) (local.get $stride)))
        (v128.store (local.get $ct) (local.get $c10)) (v128.store offset=16 (local.get $ct) (local.get $c11))
        (local.set $ct (i32.add (local.get $ct) (local.get $stride)))
        (v128.store (local.get $ct) (local.get $c20)) (v128.store offset=16 (local.get $ct) (local.get $c21))
        (local.set $ct (i32.add (local.get $ct) (local.get $stride)))
        (v128.store (local.get $ct) (local.get $c30)) (v128.store offset=16 (local.get $ct) (local.get $c31))
        (br_if $rowBlock (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 4))) (local.get $rows))))
      (br_if $columnBlock (i32.lt_u (local.tee $j (i32.add (local.get $j) (i32.const 32))) (local.get $stride)))))

  ;; out[columns x rows] = in[rows x columns] transposed.
  (func (export "transpose") (param $in i32) (param $out i32) (param $rows i32) (param $columns i32)
    (local $i i32) (local $j i32) (local $to i32)
    (loop $row
      (local.set $j (local.get $columns))
      (local.set $to (i32.add (local.get $out) (i32.shl (local.get $i) (i32.const 2))))
      (loop $column
        (i32.store (local.get $to) (i32.load (local.get $in)))
        (local.set $in (i32.add (local.get $in) (i32.const 4)))
        (local.set $to (i32.add (local.get $to) (i32.shl (local.get $rows) (i32.const 2))))
        (br_if $column (local.tee $j (i32.sub (local.get $j) (i32.const 1)))))
      (br_if $row (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $rows)))))

  ;; out[columns] = sum over the rows of in.
  (func (export "sumRows") (param $in i32) (param $out i32) (param $rows i32) (param $columns i32)
    (local $j i32) (local $i i32) (local $at i32) (local $stride i32) (local $sum v128)
    (local.set $stride (i32.shl (local.get $columns) (i32.const 2)))
    (loop $column
      (local.set $sum (v128.const f32x4 0 0 0 0))
      (local.set $at (i32.add (local.get $in) (local.get $j)))
      (local.set $i (local.get $rows))
      (loop $row
        (local.set $sum (f32x4.add (local.get $sum) (v128.load (local.get $at))))
        (local.set $at (i32.add (local.get $at) (local.get $stride)))
        (br_if $row (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))
      (v128.store (i32.add (local.get $out) (local.get $j)) (local.get $sum))
      (br_if $column (i32.lt_u (local.tee $j (i32.add (local.get $j) (i32.const 16))) (local.get $stride)))))

  ;; gradient[i] = 0 where unit[i] is not above 0: the derivative of max(., 0). `bytes` of each.
  (func (export "gate") (param $gradient i32) (param $unit i32) (param $bytes i32)
    (local $end i32)
    (local.set $end (i32.add (local.get $gradient) (local.get $bytes)))
    (loop $next
      (v128.store (local.get $gradient) (v128.and (v128.load (local.get $gradient))
        (f32x4.gt (v128.load (local.get $unit)) (v128.const f32x4 0 0 0 0))))
      (local.set $unit (i32.add (local.get $unit) (i32.const 16)))
      (br_if $next (i32.lt_u (local.tee $gradient (i32.add (local.get $gradient) (i32.const 16))) (local.get $end)))))

  ;; values[i] *= factors[i]. `bytes` of each.
  (func (export "scale") (param $values i32) (param $factors i32) (param $bytes i32)
    (local $end i32)
    (local.set $end (i32.add (local.get $values) (local.get $bytes)))
    (loop $next
      (v128.store (local.get $values) (f32x4.mul (v128.load (local.get $values)) (v128.load (local.get $factors))))
      (local.set $factors (i32.add (local.get $factors) (i32.const 16)))
      (br_if $next (i32.lt_u (local.tee $values (i32.add (local.get $values) (i32.const 16))) (local.get $end)))))

  ;; One step of Adam (Kingma & Ba 2015) on `bytes` of weights w with gradient g + decay * w, moments m and v.
  ;; correct1 = 1 / (1 - beta1^t), correct2 = 1 / (1 - beta2^t).
  (func (export "adam")
    (param $w i32) (param $g i32) (param $m i32) (param $v i32) (param $bytes i32)
    (param $rate f32) (param $beta1 f32) (param $beta2 f32) (param $correct1 f32) (param $correct2 f32)
    (param $epsilon f32) (param $decay f32)
    (local $end i32) (local $gradient v128) (local $first v128) (local $second v128) (local $weight v128)
    (local.set $end (i32.add (local.get $w) (local.get $bytes)))
    (loop $next
      (local.set $weight (v128.load (local.get $w)))
      (local.set $gradient (f32x4.add (v128.load (local.get $g))
        (f32x4.mul (f32x4.splat (local.get $decay)) (local.get $weight))))
      (local.set $first (f32x4.add (f32x4.mul (f32x4.splat (local.get $beta1)) (v128.load (local.get $m)))
        (f32x4.mul (f32x4.splat (f32.sub (f32.const 1) (local.get $beta1))) (local.get $gradient))))
      (local.set $second (f32x4.add (f32x4.mul (f32x4.splat (local.get $beta2)) (v128.load (local.get $v)))
        (f32x4.mul (f32x4.splat (f32.sub (f32.const 1) (local.get $beta2)))
          (f32x4.mul (local.get $gradient) (local.get $gradient)))))
      (v128.store (local.get $m) (local.get $first))
      (v128.store (local.get $v) (local.get $second))
      (v128.store (local.get $w) (f32x4.sub (local.get $weight)
        (f32x4.div (f32x4.mul (f32x4.splat (f32.mul (local.get $rate) (local.get $correct1))) (local.get $first))
          (f32x4.add (f32x4.sqrt (f32x4.mul (f32x4.splat (local.get $correct2)) (local.get $second)))
            (f32x4.splat (local.get $epsilon))))))
      (local.set $g (i32.add (local.get $g) (i32.const 16)))
      (local.set $m (i32.add (local.get $m) (i32.const 16)))
      (local.set $v (i32.add (local.get $v) (i32.const 16)))
      (br_if $next (i32.lt_u (local.tee $w (i32.add (local.get $w) (i32.const 16))) (local.get $end))))))
