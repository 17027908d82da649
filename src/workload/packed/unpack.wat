;; Packed rows to float32, sixteen numbers at a time, in the memory of tfjs's wasm backend.
;; All pointers are byte offsets; rows and groups hold a multiple of sixteen numbers.
(module
  (import "tfjs" "memory" (memory 0))

  ;; $columns int8 numbers, a scale for each $group of them.
  (func (export "unpack8") (param $from i32) (param $to i32) (param $columns i32) (param $group i32) (param $scales i32)
    (local $end i32) (local $stop i32) (local $scale v128) (local $bytes v128) (local $words v128)
    (local.set $end (i32.add (local.get $from) (local.get $columns)))
    (loop $groups
      (local.set $scale (v128.load32_splat (local.get $scales)))
      (local.set $stop (i32.add (local.get $from) (local.get $group)))
      (if (i32.gt_u (local.get $stop) (local.get $end)) (then (local.set $stop (local.get $end))))
      (loop $numbers
        (local.set $bytes (v128.load (local.get $from)))
        (local.set $words (i16x8.extend_low_i8x16_s (local.get $bytes)))
        (v128.store (local.get $to) (f32x4.mul (local.get $scale) (f32x4.convert_i32x4_s (i32x4.extend_low_i16x8_s (local.get $words)))))
        (v128.store offset=16 (local.get $to) (f32x4.mul (local.get $scale) (f32x4.convert_i32x4_s (i32x4.extend_high_i16x8_s (local.get $words)))))
        (local.set $words (i16x8.extend_high_i8x16_s (local.get $bytes)))
        (v128.store offset=32 (local.get $to) (f32x4.mul (local.get $scale) (f32x4.convert_i32x4_s (i32x4.extend_low_i16x8_s (local.get $words)))))
        (v128.store offset=48 (local.get $to) (f32x4.mul (local.get $scale) (f32x4.convert_i32x4_s (i32x4.extend_high_i16x8_s (local.get $words)))))
        (local.set $from (i32.add (local.get $from) (i32.const 16)))
        (local.set $to (i32.add (local.get $to) (i32.const 64)))
        (br_if $numbers (i32.lt_u (local.get $from) (local.get $stop))))
      (local.set $scales (i32.add (local.get $scales) (i32.const 4)))
      (br_if $groups (i32.lt_u (local.get $from) (local.get $end)))))

  ;; The same for int4, the first of two in the lower half of a byte.
  (func (export "unpack4") (param $from i32) (param $to i32) (param $columns i32) (param $group i32) (param $scales i32)
    (local $end i32) (local $stop i32) (local $scale v128) (local $bytes v128) (local $words v128)
    (local.set $end (i32.add (local.get $from) (i32.shr_u (local.get $columns) (i32.const 1))))
    (loop $groups
      (local.set $scale (v128.load32_splat (local.get $scales)))
      (local.set $stop (i32.add (local.get $from) (i32.shr_u (local.get $group) (i32.const 1))))
      (if (i32.gt_u (local.get $stop) (local.get $end)) (then (local.set $stop (local.get $end))))
      (loop $numbers
        (local.set $bytes (v128.load64_zero (local.get $from)))
        (local.set $bytes (i8x16.shuffle 0 16 1 17 2 18 3 19 4 20 5 21 6 22 7 23
          (i8x16.shr_s (i8x16.shl (local.get $bytes) (i32.const 4)) (i32.const 4))
          (i8x16.shr_s (local.get $bytes) (i32.const 4))))
        (local.set $words (i16x8.extend_low_i8x16_s (local.get $bytes)))
        (v128.store (local.get $to) (f32x4.mul (local.get $scale) (f32x4.convert_i32x4_s (i32x4.extend_low_i16x8_s (local.get $words)))))
        (v128.store offset=16 (local.get $to) (f32x4.mul (local.get $scale) (f32x4.convert_i32x4_s (i32x4.extend_high_i16x8_s (local.get $words)))))
        (local.set $words (i16x8.extend_high_i8x16_s (local.get $bytes)))
        (v128.store offset=32 (local.get $to) (f32x4.mul (local.get $scale) (f32x4.convert_i32x4_s (i32x4.extend_low_i16x8_s (local.get $words)))))
        (v128.store offset=48 (local.get $to) (f32x4.mul (local.get $scale) (f32x4.convert_i32x4_s (i32x4.extend_high_i16x8_s (local.get $words)))))
        (local.set $from (i32.add (local.get $from) (i32.const 8)))
        (local.set $to (i32.add (local.get $to) (i32.const 64)))
        (br_if $numbers (i32.lt_u (local.get $from) (local.get $stop))))
      (local.set $scales (i32.add (local.get $scales) (i32.const 4)))
      (br_if $groups (i32.lt_u (local.get $from) (local.get $end)))))

  ;; Finite halves: exponent and fraction moved into place make a float 2^112 too small, subnormal ones included.
  ;; An infinite one, which no parameter is and a key or value beyond 65519 becomes, is read as 65536.
  (func (export "unpack16") (param $from i32) (param $to i32) (param $columns i32) (param $group i32) (param $scales i32)
    (local $end i32) (local $halves v128) (local $four v128)
    (local.set $end (i32.add (local.get $from) (i32.shl (local.get $columns) (i32.const 1))))
    (loop $numbers
      (local.set $halves (v128.load (local.get $from)))
      (local.set $four (i32x4.extend_low_i16x8_u (local.get $halves)))
      (v128.store (local.get $to) (v128.or
        (i32x4.shl (v128.and (local.get $four) (v128.const i32x4 0x8000 0x8000 0x8000 0x8000)) (i32.const 16))
        (f32x4.mul (v128.const f32x4 0x1p112 0x1p112 0x1p112 0x1p112)
          (i32x4.shl (v128.and (local.get $four) (v128.const i32x4 0x7fff 0x7fff 0x7fff 0x7fff)) (i32.const 13)))))
      (local.set $four (i32x4.extend_high_i16x8_u (local.get $halves)))
      (v128.store offset=16 (local.get $to) (v128.or
        (i32x4.shl (v128.and (local.get $four) (v128.const i32x4 0x8000 0x8000 0x8000 0x8000)) (i32.const 16))
        (f32x4.mul (v128.const f32x4 0x1p112 0x1p112 0x1p112 0x1p112)
          (i32x4.shl (v128.and (local.get $four) (v128.const i32x4 0x7fff 0x7fff 0x7fff 0x7fff)) (i32.const 13)))))
      (local.set $from (i32.add (local.get $from) (i32.const 16)))
      (local.set $to (i32.add (local.get $to) (i32.const 32)))
      (br_if $numbers (i32.lt_u (local.get $from) (local.get $end))))))
