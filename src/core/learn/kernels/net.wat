;; Arithmetic of a net's training step, on 32-bit floats, four at a time: dense layers, convolutions as sums of products,
;; pooling, gated recurrent cells, optimisers.
;;
;; All pointers and strides are in bytes and multiples of 16. Matrices are row-major; the column count of B and C is a multiple of 8 and
;; the row count of C a multiple of 4: callers pad with zeros. Sums run in one fixed order, so the same input gives the same
;; bits on every machine. kernels.ts holds the assembled bytes (npx node src/core/learn/neural/assemble.ts).
(module
  (memory (export "memory") 1)

  ;; C[rows x columns] = A B + bias (where bias is not 0), or C + A B where `add` is not 0; then max(., 0) where `rectify` is not 0.
  ;; A[i][p] lies at a + i * aRow + p * aStep, so A may be read transposed. B is steps x columns.
  (func (export "multiply")
    (param $a i32) (param $aRow i32) (param $aStep i32) (param $b i32) (param $bias i32) (param $c i32)
    (param $rows i32) (param $steps i32) (param $columns i32) (param $rectify i32) (param $add i32)
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
        (if (local.get $add) (then
          (local.set $ct (i32.add (i32.add (local.get $c) (local.get $j)) (i32.mul (local.get $i) (local.get $stride))))
          (local.set $c00 (v128.load (local.get $ct))) (local.set $c01 (v128.load offset=16 (local.get $ct)))
          (local.set $ct (i32.add (local.get $ct) (local.get $stride)))
          (local.set $c10 (v128.load (local.get $ct))) (local.set $c11 (v128.load offset=16 (local.get $ct)))
          (local.set $ct (i32.add (local.get $ct) (local.get $stride)))
          (local.set $c20 (v128.load (local.get $ct))) (local.set $c21 (v128.load offset=16 (local.get $ct)))
          (local.set $ct (i32.add (local.get $ct) (local.get $stride)))
          (local.set $c30 (v128.load (local.get $ct))) (local.set $c31 (v128.load offset=16 (local.get $ct)))))
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
  ;; correct1 = 1 / (1 - beta1^t), correct2 = 1 / (1 - beta2^t). `keep` times the weight stays: decoupled weight decay.
  (func (export "adam")
    (param $w i32) (param $g i32) (param $m i32) (param $v i32) (param $bytes i32)
    (param $rate f32) (param $beta1 f32) (param $beta2 f32) (param $correct1 f32) (param $correct2 f32)
    (param $epsilon f32) (param $decay f32) (param $keep f32)
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
      (v128.store (local.get $w) (f32x4.sub (f32x4.mul (f32x4.splat (local.get $keep)) (local.get $weight))
        (f32x4.div (f32x4.mul (f32x4.splat (f32.mul (local.get $rate) (local.get $correct1))) (local.get $first))
          (f32x4.add (f32x4.sqrt (f32x4.mul (f32x4.splat (local.get $correct2)) (local.get $second)))
            (f32x4.splat (local.get $epsilon))))))
      (local.set $g (i32.add (local.get $g) (i32.const 16)))
      (local.set $m (i32.add (local.get $m) (i32.const 16)))
      (local.set $v (i32.add (local.get $v) (i32.const 16)))
      (br_if $next (i32.lt_u (local.tee $w (i32.add (local.get $w) (i32.const 16))) (local.get $end)))))

  ;; One step of gradient descent with momentum (plain where it is 0): m = momentum * m + g + decay * w; w = keep * w - rate * m.
  (func (export "descend")
    (param $w i32) (param $g i32) (param $m i32) (param $bytes i32)
    (param $rate f32) (param $momentum f32) (param $decay f32) (param $keep f32)
    (local $end i32) (local $weight v128) (local $speed v128)
    (local.set $end (i32.add (local.get $w) (local.get $bytes)))
    (loop $next
      (local.set $weight (v128.load (local.get $w)))
      (local.set $speed (f32x4.add (f32x4.mul (f32x4.splat (local.get $momentum)) (v128.load (local.get $m)))
        (f32x4.add (v128.load (local.get $g)) (f32x4.mul (f32x4.splat (local.get $decay)) (local.get $weight)))))
      (v128.store (local.get $m) (local.get $speed))
      (v128.store (local.get $w) (f32x4.sub (f32x4.mul (f32x4.splat (local.get $keep)) (local.get $weight))
        (f32x4.mul (f32x4.splat (local.get $rate)) (local.get $speed))))
      (local.set $g (i32.add (local.get $g) (i32.const 16)))
      (local.set $m (i32.add (local.get $m) (i32.const 16)))
      (br_if $next (i32.lt_u (local.tee $w (i32.add (local.get $w) (i32.const 16))) (local.get $end)))))

  ;; e^x to about 1e-7 (Cephes' expf: x = n ln 2 + r, a polynomial in r), x held within what 32 bits can tell.
  (func $exp (param $x v128) (result v128)
    (local $n v128) (local $y v128)
    (local.set $x (f32x4.max (v128.const f32x4 -87 -87 -87 -87) (f32x4.min (v128.const f32x4 88 88 88 88) (local.get $x))))
    (local.set $n (f32x4.nearest (f32x4.mul (local.get $x) (f32x4.splat (f32.const 1.44269504)))))
    (local.set $x (f32x4.sub (local.get $x) (f32x4.mul (local.get $n) (f32x4.splat (f32.const 0.693359375)))))
    (local.set $x (f32x4.add (local.get $x) (f32x4.mul (local.get $n) (f32x4.splat (f32.const 2.12194440e-4)))))
    (local.set $y (f32x4.splat (f32.const 1.9875691500e-4)))
    (local.set $y (f32x4.add (f32x4.mul (local.get $y) (local.get $x)) (f32x4.splat (f32.const 1.3981999507e-3))))
    (local.set $y (f32x4.add (f32x4.mul (local.get $y) (local.get $x)) (f32x4.splat (f32.const 8.3334519073e-3))))
    (local.set $y (f32x4.add (f32x4.mul (local.get $y) (local.get $x)) (f32x4.splat (f32.const 4.1665795894e-2))))
    (local.set $y (f32x4.add (f32x4.mul (local.get $y) (local.get $x)) (f32x4.splat (f32.const 1.6666665459e-1))))
    (local.set $y (f32x4.add (f32x4.mul (local.get $y) (local.get $x)) (f32x4.splat (f32.const 5.0000001201e-1))))
    (local.set $y (f32x4.add (f32x4.add (f32x4.mul (local.get $y) (f32x4.mul (local.get $x) (local.get $x))) (local.get $x))
      (f32x4.splat (f32.const 1))))
    (f32x4.mul (local.get $y)
      (i32x4.shl (i32x4.add (i32x4.trunc_sat_f32x4_s (local.get $n)) (i32x4.splat (i32.const 127))) (i32.const 23))))

  (func $sigmoid (param $x v128) (result v128)
    (f32x4.div (f32x4.splat (f32.const 1)) (f32x4.add (f32x4.splat (f32.const 1)) (call $exp (f32x4.neg (local.get $x))))))

  (func $tanh (param $x v128) (result v128)
    (f32x4.sub (f32x4.splat (f32.const 1))
      (f32x4.div (f32x4.splat (f32.const 2))
        (f32x4.add (f32x4.splat (f32.const 1)) (call $exp (f32x4.add (local.get $x) (local.get $x)))))))

  ;; u (1 - u)
  (func $slope (param $u v128) (result v128)
    (f32x4.mul (local.get $u) (f32x4.sub (f32x4.splat (f32.const 1)) (local.get $u))))

  ;; The gates of a recurrent unit lie one after another, `pitch` bytes apart: update z, reset r, candidate c.
  ;; First half of a step: r = sigmoid(r), and what it lets through of the state before.
  (func (export "gruReset") (param $gates i32) (param $pitch i32) (param $before i32) (param $passed i32) (param $bytes i32)
    (local $r v128) (local $end i32)
    (local.set $gates (i32.add (local.get $gates) (local.get $pitch)))
    (local.set $end (i32.add (local.get $gates) (local.get $bytes)))
    (loop $next
      (local.set $r (call $sigmoid (v128.load (local.get $gates))))
      (v128.store (local.get $gates) (local.get $r))
      (v128.store (local.get $passed) (f32x4.mul (local.get $r) (v128.load (local.get $before))))
      (local.set $before (i32.add (local.get $before) (i32.const 16)))
      (local.set $passed (i32.add (local.get $passed) (i32.const 16)))
      (br_if $next (i32.lt_u (local.tee $gates (i32.add (local.get $gates) (i32.const 16))) (local.get $end)))))

  ;; Second half: z = sigmoid(z), c = tanh(c), state = z * before + (1 - z) * c.
  (func (export "gruState") (param $gates i32) (param $pitch i32) (param $before i32) (param $state i32) (param $bytes i32)
    (local $z v128) (local $c v128) (local $end i32) (local $at i32)
    (local.set $end (i32.add (local.get $gates) (local.get $bytes)))
    (loop $next
      (local.set $at (i32.add (local.get $gates) (i32.shl (local.get $pitch) (i32.const 1))))
      (local.set $z (call $sigmoid (v128.load (local.get $gates))))
      (local.set $c (call $tanh (v128.load (local.get $at))))
      (v128.store (local.get $gates) (local.get $z))
      (v128.store (local.get $at) (local.get $c))
      (v128.store (local.get $state) (f32x4.add (local.get $c)
        (f32x4.mul (local.get $z) (f32x4.sub (v128.load (local.get $before)) (local.get $c)))))
      (local.set $before (i32.add (local.get $before) (i32.const 16)))
      (local.set $state (i32.add (local.get $state) (i32.const 16)))
      (br_if $next (i32.lt_u (local.tee $gates (i32.add (local.get $gates) (i32.const 16))) (local.get $end)))))

  ;; Backwards through gruState: gradients of z and c before their activation from that of the state; the state's becomes what
  ;; z hands on to the state before.
  (func (export "gruBack")
    (param $gates i32) (param $pitch i32) (param $before i32) (param $gradient i32) (param $into i32) (param $bytes i32)
    (local $z v128) (local $c v128) (local $d v128) (local $end i32) (local $two i32)
    (local.set $two (i32.shl (local.get $pitch) (i32.const 1)))
    (local.set $end (i32.add (local.get $gates) (local.get $bytes)))
    (loop $next
      (local.set $z (v128.load (local.get $gates)))
      (local.set $c (v128.load (i32.add (local.get $gates) (local.get $two))))
      (local.set $d (v128.load (local.get $gradient)))
      (v128.store (local.get $into) (f32x4.mul (f32x4.mul (local.get $d)
        (f32x4.sub (v128.load (local.get $before)) (local.get $c))) (call $slope (local.get $z))))
      (v128.store (i32.add (local.get $into) (local.get $two))
        (f32x4.mul (f32x4.mul (local.get $d) (f32x4.sub (f32x4.splat (f32.const 1)) (local.get $z)))
          (f32x4.sub (f32x4.splat (f32.const 1)) (f32x4.mul (local.get $c) (local.get $c)))))
      (v128.store (local.get $gradient) (f32x4.mul (local.get $d) (local.get $z)))
      (local.set $before (i32.add (local.get $before) (i32.const 16)))
      (local.set $gradient (i32.add (local.get $gradient) (i32.const 16)))
      (local.set $into (i32.add (local.get $into) (i32.const 16)))
      (br_if $next (i32.lt_u (local.tee $gates (i32.add (local.get $gates) (i32.const 16))) (local.get $end)))))

  ;; Backwards through gruReset: gradient of r before its activation from that of `passed`, whose share joins the state's.
  (func (export "gruBackReset")
    (param $gates i32) (param $pitch i32) (param $before i32) (param $passed i32) (param $gradient i32) (param $into i32)
    (param $bytes i32)
    (local $r v128) (local $d v128) (local $end i32)
    (local.set $gates (i32.add (local.get $gates) (local.get $pitch)))
    (local.set $into (i32.add (local.get $into) (local.get $pitch)))
    (local.set $end (i32.add (local.get $gates) (local.get $bytes)))
    (loop $next
      (local.set $r (v128.load (local.get $gates)))
      (local.set $d (v128.load (local.get $passed)))
      (v128.store (local.get $into) (f32x4.mul (f32x4.mul (local.get $d) (v128.load (local.get $before))) (call $slope (local.get $r))))
      (v128.store (local.get $gradient) (f32x4.add (v128.load (local.get $gradient)) (f32x4.mul (local.get $d) (local.get $r))))
      (local.set $before (i32.add (local.get $before) (i32.const 16)))
      (local.set $passed (i32.add (local.get $passed) (i32.const 16)))
      (local.set $gradient (i32.add (local.get $gradient) (i32.const 16)))
      (local.set $into (i32.add (local.get $into) (i32.const 16)))
      (br_if $next (i32.lt_u (local.tee $gates (i32.add (local.get $gates) (i32.const 16))) (local.get $end)))))

  ;; A step of a long short-term memory; gates input i, forget f, candidate g, output o. `before` holds the cell before, `cell`
  ;; takes the new one, `turned` its tanh, `state` o * tanh(cell).
  (func (export "lstmState")
    (param $gates i32) (param $pitch i32) (param $before i32) (param $cell i32) (param $turned i32) (param $state i32)
    (param $bytes i32)
    (local $i v128) (local $f v128) (local $g v128) (local $o v128) (local $c v128) (local $end i32) (local $two i32) (local $at i32)
    (local.set $two (i32.shl (local.get $pitch) (i32.const 1)))
    (local.set $end (i32.add (local.get $gates) (local.get $bytes)))
    (loop $next
      (local.set $at (i32.add (local.get $gates) (local.get $two)))
      (local.set $i (call $sigmoid (v128.load (local.get $gates))))
      (local.set $f (call $sigmoid (v128.load (i32.add (local.get $gates) (local.get $pitch)))))
      (local.set $g (call $tanh (v128.load (local.get $at))))
      (local.set $o (call $sigmoid (v128.load (i32.add (local.get $at) (local.get $pitch)))))
      (v128.store (local.get $gates) (local.get $i))
      (v128.store (i32.add (local.get $gates) (local.get $pitch)) (local.get $f))
      (v128.store (local.get $at) (local.get $g))
      (v128.store (i32.add (local.get $at) (local.get $pitch)) (local.get $o))
      (local.set $c (f32x4.add (f32x4.mul (local.get $f) (v128.load (local.get $before))) (f32x4.mul (local.get $i) (local.get $g))))
      (v128.store (local.get $cell) (local.get $c))
      (local.set $c (call $tanh (local.get $c)))
      (v128.store (local.get $turned) (local.get $c))
      (v128.store (local.get $state) (f32x4.mul (local.get $o) (local.get $c)))
      (local.set $before (i32.add (local.get $before) (i32.const 16)))
      (local.set $cell (i32.add (local.get $cell) (i32.const 16)))
      (local.set $turned (i32.add (local.get $turned) (i32.const 16)))
      (local.set $state (i32.add (local.get $state) (i32.const 16)))
      (br_if $next (i32.lt_u (local.tee $gates (i32.add (local.get $gates) (i32.const 16))) (local.get $end)))))

  ;; Backwards through lstmState: gradients of the four gates before their activation; the cell's becomes that of the cell before,
  ;; the state's 0, for the gates' share to be added.
  (func (export "lstmBack")
    (param $gates i32) (param $pitch i32) (param $before i32) (param $turned i32) (param $gradient i32) (param $cell i32)
    (param $into i32) (param $bytes i32)
    (local $i v128) (local $f v128) (local $g v128) (local $o v128) (local $t v128) (local $d v128) (local $c v128)
    (local $end i32) (local $two i32) (local $at i32)
    (local.set $two (i32.shl (local.get $pitch) (i32.const 1)))
    (local.set $end (i32.add (local.get $gates) (local.get $bytes)))
    (loop $next
      (local.set $at (i32.add (local.get $gates) (local.get $two)))
      (local.set $i (v128.load (local.get $gates)))
      (local.set $f (v128.load (i32.add (local.get $gates) (local.get $pitch))))
      (local.set $g (v128.load (local.get $at)))
      (local.set $o (v128.load (i32.add (local.get $at) (local.get $pitch))))
      (local.set $t (v128.load (local.get $turned)))
      (local.set $d (v128.load (local.get $gradient)))
      (local.set $c (f32x4.add (v128.load (local.get $cell)) (f32x4.mul (f32x4.mul (local.get $d) (local.get $o))
        (f32x4.sub (f32x4.splat (f32.const 1)) (f32x4.mul (local.get $t) (local.get $t))))))
      (v128.store (local.get $into) (f32x4.mul (f32x4.mul (local.get $c) (local.get $g)) (call $slope (local.get $i))))
      (v128.store (i32.add (local.get $into) (local.get $pitch))
        (f32x4.mul (f32x4.mul (local.get $c) (v128.load (local.get $before))) (call $slope (local.get $f))))
      (local.set $at (i32.add (local.get $into) (local.get $two)))
      (v128.store (local.get $at) (f32x4.mul (f32x4.mul (local.get $c) (local.get $i))
        (f32x4.sub (f32x4.splat (f32.const 1)) (f32x4.mul (local.get $g) (local.get $g)))))
      (v128.store (i32.add (local.get $at) (local.get $pitch))
        (f32x4.mul (f32x4.mul (local.get $d) (local.get $t)) (call $slope (local.get $o))))
      (v128.store (local.get $cell) (f32x4.mul (local.get $c) (local.get $f)))
      (v128.store (local.get $gradient) (v128.const f32x4 0 0 0 0))
      (local.set $before (i32.add (local.get $before) (i32.const 16)))
      (local.set $turned (i32.add (local.get $turned) (i32.const 16)))
      (local.set $gradient (i32.add (local.get $gradient) (i32.const 16)))
      (local.set $cell (i32.add (local.get $cell) (i32.const 16)))
      (local.set $into (i32.add (local.get $into) (i32.const 16)))
      (br_if $next (i32.lt_u (local.tee $gates (i32.add (local.get $gates) (i32.const 16))) (local.get $end)))))

  ;; One row of pooling: out[i] = max of units 2i and 2i + 1 (where `pair` is their distance, 0: of one only) and of the same in
  ;; the row `below` bytes further (0: of this row only). A unit is `bytes` of channels.
  (func (export "pool")
    (param $from i32) (param $below i32) (param $pair i32) (param $to i32) (param $count i32) (param $bytes i32)
    (local $at i32) (local $next i32) (local $most v128)
    (loop $unit
      (local.set $at (i32.const 0))
      (loop $channels
        (local.set $next (i32.add (local.get $from) (local.get $at)))
        (local.set $most (v128.load (local.get $next)))
        (if (local.get $pair) (then
          (local.set $most (f32x4.max (local.get $most) (v128.load (i32.add (local.get $next) (local.get $pair)))))))
        (if (local.get $below) (then
          (local.set $next (i32.add (local.get $next) (local.get $below)))
          (local.set $most (f32x4.max (local.get $most) (v128.load (local.get $next))))
          (if (local.get $pair) (then
            (local.set $most (f32x4.max (local.get $most) (v128.load (i32.add (local.get $next) (local.get $pair)))))))))
        (v128.store (i32.add (local.get $to) (local.get $at)) (local.get $most))
        (br_if $channels (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 16))) (local.get $bytes))))
      (local.set $from (i32.add (local.get $from) (i32.add (local.get $bytes) (local.get $pair))))
      (local.set $to (i32.add (local.get $to) (local.get $bytes)))
      (br_if $unit (local.tee $count (i32.sub (local.get $count) (i32.const 1))))))

  ;; Gives `gradient` to the unit at `from` where it is the maximum, above 0 and not yet `taken`; returns who has taken.
  (func $give (param $from i32) (param $into i32) (param $most v128) (param $gradient v128) (param $taken v128) (result v128)
    (local $mine v128) (local $unit v128)
    (local.set $unit (v128.load (local.get $from)))
    (local.set $mine (v128.andnot (v128.and (f32x4.eq (local.get $unit) (local.get $most))
      (f32x4.gt (local.get $unit) (v128.const f32x4 0 0 0 0))) (local.get $taken)))
    (v128.store (local.get $into) (v128.and (local.get $gradient) (local.get $mine)))
    (v128.or (local.get $taken) (local.get $mine)))

  ;; Backwards through one row of pooling and through max(., 0) before it: `pooled` are its outputs with `gradient`, `from` its
  ;; inputs, `into` takes their gradient.
  (func (export "poolBack")
    (param $from i32) (param $into i32) (param $below i32) (param $pair i32) (param $pooled i32) (param $gradient i32)
    (param $count i32) (param $bytes i32)
    (local $at i32) (local $most v128) (local $d v128) (local $taken v128) (local $shift i32)
    (local.set $shift (i32.sub (local.get $into) (local.get $from)))
    (loop $unit
      (local.set $at (i32.const 0))
      (loop $channels
        (local.set $most (v128.load (i32.add (local.get $pooled) (local.get $at))))
        (local.set $d (v128.load (i32.add (local.get $gradient) (local.get $at))))
        (local.set $into (i32.add (local.get $from) (local.get $at)))
        (local.set $taken (call $give (local.get $into) (i32.add (local.get $into) (local.get $shift)) (local.get $most)
          (local.get $d) (v128.const f32x4 0 0 0 0)))
        (if (local.get $pair) (then
          (local.set $into (i32.add (i32.add (local.get $from) (local.get $at)) (local.get $pair)))
          (local.set $taken (call $give (local.get $into) (i32.add (local.get $into) (local.get $shift)) (local.get $most)
            (local.get $d) (local.get $taken)))))
        (if (local.get $below) (then
          (local.set $into (i32.add (i32.add (local.get $from) (local.get $at)) (local.get $below)))
          (local.set $taken (call $give (local.get $into) (i32.add (local.get $into) (local.get $shift)) (local.get $most)
            (local.get $d) (local.get $taken)))
          (if (local.get $pair) (then
            (local.set $into (i32.add (local.get $into) (local.get $pair)))
            (local.set $taken (call $give (local.get $into) (i32.add (local.get $into) (local.get $shift)) (local.get $most)
              (local.get $d) (local.get $taken)))))))
        (br_if $channels (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 16))) (local.get $bytes))))
      (local.set $from (i32.add (local.get $from) (i32.add (local.get $bytes) (local.get $pair))))
      (local.set $pooled (i32.add (local.get $pooled) (local.get $bytes)))
      (local.set $gradient (i32.add (local.get $gradient) (local.get $bytes)))
      (br_if $unit (local.tee $count (i32.sub (local.get $count) (i32.const 1)))))))
