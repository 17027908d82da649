;; Products with one row or column, which wait for memory rather than for arithmetic: the matrix is read once, in the order it lies
;; in, in the memory of tfjs's wasm backend. All pointers are byte offsets, all numbers float32.
(module
  (import "tfjs" "memory" (memory 0))

  ;; One row times each of $count rows of x, results $stride bytes apart; rows hold a multiple of sixteen numbers. Four sums,
  ;; since one would wait for itself.
  (func (export "dots") (param $row i32) (param $x i32) (param $columns i32) (param $count i32) (param $out i32) (param $stride i32)
    (local $end i32) (local $at i32) (local $a v128) (local $b v128) (local $c v128) (local $d v128)
    (local.set $end (i32.add (local.get $row) (i32.shl (local.get $columns) (i32.const 2))))
    (loop $rows
      (local.set $at (local.get $row))
      (local.set $a (v128.const f32x4 0 0 0 0))
      (local.set $b (v128.const f32x4 0 0 0 0))
      (local.set $c (v128.const f32x4 0 0 0 0))
      (local.set $d (v128.const f32x4 0 0 0 0))
      (loop $numbers
        (local.set $a (f32x4.add (local.get $a) (f32x4.mul (v128.load (local.get $at)) (v128.load (local.get $x)))))
        (local.set $b (f32x4.add (local.get $b) (f32x4.mul (v128.load offset=16 (local.get $at)) (v128.load offset=16 (local.get $x)))))
        (local.set $c (f32x4.add (local.get $c) (f32x4.mul (v128.load offset=32 (local.get $at)) (v128.load offset=32 (local.get $x)))))
        (local.set $d (f32x4.add (local.get $d) (f32x4.mul (v128.load offset=48 (local.get $at)) (v128.load offset=48 (local.get $x)))))
        (local.set $at (i32.add (local.get $at) (i32.const 64)))
        (local.set $x (i32.add (local.get $x) (i32.const 64)))
        (br_if $numbers (i32.lt_u (local.get $at) (local.get $end))))
      (local.set $a (f32x4.add (f32x4.add (local.get $a) (local.get $b)) (f32x4.add (local.get $c) (local.get $d))))
      (f32.store (local.get $out) (f32.add
        (f32.add (f32x4.extract_lane 0 (local.get $a)) (f32x4.extract_lane 1 (local.get $a)))
        (f32.add (f32x4.extract_lane 2 (local.get $a)) (f32x4.extract_lane 3 (local.get $a)))))
      (local.set $out (i32.add (local.get $out) (local.get $stride)))
      (local.set $count (i32.sub (local.get $count) (i32.const 1)))
      (br_if $rows (local.get $count))))

  ;; x [$rows] times w [$rows, $columns] into out [$columns]; columns come in fours.
  (func (export "rowProduct") (param $x i32) (param $w i32) (param $rows i32) (param $columns i32) (param $out i32)
    (local $end i32) (local $step i32)
    (local.set $end (i32.add (local.get $x) (i32.shl (local.get $rows) (i32.const 2))))
    (memory.fill (local.get $out) (i32.const 0) (i32.shl (local.get $columns) (i32.const 2)))
    (loop $all
      (if (i32.ge_u (i32.sub (local.get $end) (local.get $x)) (i32.const 32))
        (then
          (call $addEight (local.get $x) (local.get $w) (local.get $columns) (local.get $out))
          (local.set $step (i32.const 32)))
        (else
          (call $addOne (local.get $x) (local.get $w) (local.get $columns) (local.get $out))
          (local.set $step (i32.const 4))))
      (local.set $x (i32.add (local.get $x) (local.get $step)))
      (local.set $w (i32.add (local.get $w) (i32.mul (local.get $step) (local.get $columns))))
      (br_if $all (i32.lt_u (local.get $x) (local.get $end)))))

  ;; Adds one row of w, weighted by the number at x, to out.
  (func $addOne (param $x i32) (param $w i32) (param $columns i32) (param $out i32)
    (local $end i32) (local $a v128)
    (local.set $end (i32.add (local.get $out) (i32.shl (local.get $columns) (i32.const 2))))
    (local.set $a (v128.load32_splat (local.get $x)))
    (loop $numbers
      (v128.store (local.get $out) (f32x4.add (v128.load (local.get $out)) (f32x4.mul (local.get $a) (v128.load (local.get $w)))))
      (local.set $w (i32.add (local.get $w) (i32.const 16)))
      (local.set $out (i32.add (local.get $out) (i32.const 16)))
      (br_if $numbers (i32.lt_u (local.get $out) (local.get $end)))))

  ;; Eight rows, weighted by eight numbers: out is read and written an eighth as often, and eight streams keep the memory busy.
  (func $addEight (param $x i32) (param $w i32) (param $columns i32) (param $out i32)
    (local $bytes i32) (local $end i32)
    (local $w1 i32) (local $w2 i32) (local $w3 i32) (local $w4 i32) (local $w5 i32) (local $w6 i32) (local $w7 i32)
    (local $a v128) (local $b v128) (local $c v128) (local $d v128) (local $e v128) (local $f v128) (local $g v128) (local $h v128)
    (local.set $bytes (i32.shl (local.get $columns) (i32.const 2)))
    (local.set $end (i32.add (local.get $out) (local.get $bytes)))
    (local.set $w1 (i32.add (local.get $w) (local.get $bytes)))
    (local.set $w2 (i32.add (local.get $w1) (local.get $bytes)))
    (local.set $w3 (i32.add (local.get $w2) (local.get $bytes)))
    (local.set $w4 (i32.add (local.get $w3) (local.get $bytes)))
    (local.set $w5 (i32.add (local.get $w4) (local.get $bytes)))
    (local.set $w6 (i32.add (local.get $w5) (local.get $bytes)))
    (local.set $w7 (i32.add (local.get $w6) (local.get $bytes)))
    (local.set $a (v128.load32_splat (local.get $x)))
    (local.set $b (v128.load32_splat offset=4 (local.get $x)))
    (local.set $c (v128.load32_splat offset=8 (local.get $x)))
    (local.set $d (v128.load32_splat offset=12 (local.get $x)))
    (local.set $e (v128.load32_splat offset=16 (local.get $x)))
    (local.set $f (v128.load32_splat offset=20 (local.get $x)))
    (local.set $g (v128.load32_splat offset=24 (local.get $x)))
    (local.set $h (v128.load32_splat offset=28 (local.get $x)))
    (loop $numbers
      (v128.store (local.get $out) (f32x4.add (v128.load (local.get $out)) (f32x4.add
        (f32x4.add (f32x4.add (f32x4.mul (local.get $a) (v128.load (local.get $w))) (f32x4.mul (local.get $b) (v128.load (local.get $w1))))
                   (f32x4.add (f32x4.mul (local.get $c) (v128.load (local.get $w2))) (f32x4.mul (local.get $d) (v128.load (local.get $w3)))))
        (f32x4.add (f32x4.add (f32x4.mul (local.get $e) (v128.load (local.get $w4))) (f32x4.mul (local.get $f) (v128.load (local.get $w5))))
                   (f32x4.add (f32x4.mul (local.get $g) (v128.load (local.get $w6))) (f32x4.mul (local.get $h) (v128.load (local.get $w7))))))))
      (local.set $w (i32.add (local.get $w) (i32.const 16)))
      (local.set $w1 (i32.add (local.get $w1) (i32.const 16)))
      (local.set $w2 (i32.add (local.get $w2) (i32.const 16)))
      (local.set $w3 (i32.add (local.get $w3) (i32.const 16)))
      (local.set $w4 (i32.add (local.get $w4) (i32.const 16)))
      (local.set $w5 (i32.add (local.get $w5) (i32.const 16)))
      (local.set $w6 (i32.add (local.get $w6) (i32.const 16)))
      (local.set $w7 (i32.add (local.get $w7) (i32.const 16)))
      (local.set $out (i32.add (local.get $out) (i32.const 16)))
      (br_if $numbers (i32.lt_u (local.get $out) (local.get $end))))))
