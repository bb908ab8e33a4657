/* Numbers in lanes: the machine layer of Apus's interpreter and of the C it emits.
 *
 * Include once per lane count: `#define APUS_LANES 16`, then this file (or apus_math.h, which
 * includes it). Each function carries the lane count in its name: `apus_fma_16(a, b, c)`.
 * One lane is a plain float; more lanes are vectors of the GCC/Clang extension, on which + - * /
 * and the bit operators work. With APUS_SCALAR_ONLY only one lane exists and the text is C99.
 * Every function gives the same bits on every machine and for every lane count, provided that the
 * compiler keeps products and sums apart (-ffp-contract=off with gcc).
 */
#ifndef APUS_LANES_ONCE
#define APUS_LANES_ONCE
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#define APUS_JOIN_(a, b) a##_##b
#define APUS_JOIN(a, b) APUS_JOIN_(a, b)
#define APUS_N(name) APUS_JOIN(name, APUS_LANES)
#if defined(__AVX512F__) && defined(__AVX512DQ__) && !defined(APUS_AVX512)
#define APUS_AVX512
#endif
#if (defined(__AVX2__) && defined(__FMA__)) && !defined(APUS_AVX2)
#define APUS_AVX2
#endif
#if defined(APUS_SCALAR_ONLY)
#define APUS_INLINE static inline
#elif defined(__clang__) && defined(__x86_64__)
#define APUS_INLINE \
  static inline __attribute__((always_inline, unused, min_vector_width(512)))
#else
#define APUS_INLINE static inline __attribute__((always_inline, unused))
#endif
#if !defined(APUS_SCALAR_ONLY) && (defined(APUS_AVX512) || defined(APUS_AVX2))
#include <immintrin.h>
#endif
#if defined(__clang__)
#pragma clang fp contract(off)
#pragma clang diagnostic ignored "-Wpsabi"
#elif defined(__GNUC__)
#pragma GCC diagnostic ignored "-Wpsabi"
#endif
#if defined(__has_builtin)
#if __has_builtin(__builtin_elementwise_fma) && __has_builtin(__builtin_elementwise_sqrt)
#define APUS_ELEMENTWISE
#endif
#endif
#endif

#define APUS_F APUS_N(apus_f32)
#define APUS_I APUS_N(apus_i32)
#define APUS_U APUS_N(apus_u32)

#if APUS_LANES == 1
typedef float APUS_F;
typedef int32_t APUS_I;
typedef uint32_t APUS_U;
/* The bits of numbers, and back. */
APUS_INLINE APUS_I APUS_N(apus_bits)(APUS_F x) { APUS_I r; memcpy(&r, &x, 4); return r; }
APUS_INLINE APUS_F APUS_N(apus_real)(APUS_I x) { APUS_F r; memcpy(&r, &x, 4); return r; }
/* Tests give -1 for true and 0 for false in each lane. */
APUS_INLINE APUS_I APUS_N(apus_lt)(APUS_F a, APUS_F b) { return -(a < b); }
APUS_INLINE APUS_I APUS_N(apus_le)(APUS_F a, APUS_F b) { return -(a <= b); }
APUS_INLINE APUS_I APUS_N(apus_gt)(APUS_F a, APUS_F b) { return -(a > b); }
APUS_INLINE APUS_I APUS_N(apus_ge)(APUS_F a, APUS_F b) { return -(a >= b); }
APUS_INLINE APUS_I APUS_N(apus_eq)(APUS_F a, APUS_F b) { return -(a == b); }
APUS_INLINE APUS_I APUS_N(apus_ne)(APUS_F a, APUS_F b) { return -(a != b); }
/* The same number in all lanes. */
APUS_INLINE APUS_F APUS_N(apus_splat)(float x) { return x; }
APUS_INLINE APUS_I APUS_N(apus_isplat)(int32_t x) { return x; }
/* Memory of any alignment. */
APUS_INLINE APUS_F APUS_N(apus_load)(const float *p) { return *p; }
APUS_INLINE void APUS_N(apus_store)(float *p, APUS_F x) { *p = x; }
/* The number of one lane. */
APUS_INLINE float APUS_N(apus_lane)(APUS_F x, int i) { return (void)i, x; }
APUS_INLINE APUS_F APUS_N(apus_fma)(APUS_F a, APUS_F b, APUS_F c) { return fmaf(a, b, c); }
APUS_INLINE APUS_F APUS_N(apus_sqrt)(APUS_F x) { return sqrtf(x); }
/* Whole numbers as floats. */
APUS_INLINE APUS_F APUS_N(apus_from_int)(APUS_I x) { return (float)x; }
/* Whole numbers of floats that are in range. */
APUS_INLINE APUS_I APUS_N(apus_int_in_range)(APUS_F x) { return (int32_t)x; }
#else
typedef float APUS_F __attribute__((vector_size(4 * APUS_LANES)));
typedef float APUS_N(apus_f32u)
    __attribute__((vector_size(4 * APUS_LANES), aligned(4), may_alias));
typedef int32_t APUS_I __attribute__((vector_size(4 * APUS_LANES)));
typedef uint32_t APUS_U __attribute__((vector_size(4 * APUS_LANES)));
APUS_INLINE APUS_I APUS_N(apus_bits)(APUS_F x) { return (APUS_I)x; }
APUS_INLINE APUS_F APUS_N(apus_real)(APUS_I x) { return (APUS_F)x; }
APUS_INLINE APUS_I APUS_N(apus_lt)(APUS_F a, APUS_F b) { return (APUS_I)(a < b); }
APUS_INLINE APUS_I APUS_N(apus_le)(APUS_F a, APUS_F b) { return (APUS_I)(a <= b); }
APUS_INLINE APUS_I APUS_N(apus_gt)(APUS_F a, APUS_F b) { return (APUS_I)(a > b); }
APUS_INLINE APUS_I APUS_N(apus_ge)(APUS_F a, APUS_F b) { return (APUS_I)(a >= b); }
APUS_INLINE APUS_I APUS_N(apus_eq)(APUS_F a, APUS_F b) { return (APUS_I)(a == b); }
APUS_INLINE APUS_I APUS_N(apus_ne)(APUS_F a, APUS_F b) { return (APUS_I)(a != b); }
APUS_INLINE APUS_F APUS_N(apus_splat)(float x) { return x - (APUS_F){0}; }
APUS_INLINE APUS_I APUS_N(apus_isplat)(int32_t x) { return x - (APUS_I){0}; }
APUS_INLINE APUS_F APUS_N(apus_load)(const float *p) { return *(const APUS_N(apus_f32u) *)p; }
APUS_INLINE void APUS_N(apus_store)(float *p, APUS_F x) { *(APUS_N(apus_f32u) *)p = x; }
APUS_INLINE float APUS_N(apus_lane)(APUS_F x, int i) { return x[i]; }
APUS_INLINE APUS_F APUS_N(apus_fma)(APUS_F a, APUS_F b, APUS_F c) {
#if defined(APUS_ELEMENTWISE)
  return __builtin_elementwise_fma(a, b, c);
#elif defined(APUS_AVX512) && APUS_LANES == 16
  return (APUS_F)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c);
#elif defined(APUS_AVX2) && APUS_LANES == 16
  union { APUS_F v; __m256 half[2]; } x = {a}, y = {b}, z = {c};
  z.half[0] = _mm256_fmadd_ps(x.half[0], y.half[0], z.half[0]);
  z.half[1] = _mm256_fmadd_ps(x.half[1], y.half[1], z.half[1]);
  return z.v;
#elif defined(APUS_AVX2) && APUS_LANES == 8
  return (APUS_F)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
#elif defined(APUS_AVX2) && APUS_LANES == 4
  return (APUS_F)_mm_fmadd_ps((__m128)a, (__m128)b, (__m128)c);
#else
  for (int i = 0; i < APUS_LANES; i++) c[i] = __builtin_fmaf(a[i], b[i], c[i]);
  return c;
#endif
}
APUS_INLINE APUS_F APUS_N(apus_sqrt)(APUS_F x) {
#if defined(APUS_ELEMENTWISE)
  return __builtin_elementwise_sqrt(x);
#elif defined(APUS_AVX512) && APUS_LANES == 16
  return (APUS_F)_mm512_sqrt_ps((__m512)x);
#elif defined(APUS_AVX2) && APUS_LANES == 8
  return (APUS_F)_mm256_sqrt_ps((__m256)x);
#else
  for (int i = 0; i < APUS_LANES; i++) x[i] = __builtin_sqrtf(x[i]);
  return x;
#endif
}
APUS_INLINE APUS_F APUS_N(apus_from_int)(APUS_I x) {
  return __builtin_convertvector(x, APUS_F);
}
APUS_INLINE APUS_I APUS_N(apus_int_in_range)(APUS_F x) {
  return __builtin_convertvector(x, APUS_I);
}
#endif

/* The first n numbers at p; the other lanes are 0. */
APUS_INLINE APUS_F APUS_N(apus_load_part)(const float *p, size_t n) {
  float buffer[APUS_LANES] = {0};
  memcpy(buffer, p, n * 4);
  return APUS_N(apus_load)(buffer);
}
/* Stores the first n lanes. */
APUS_INLINE void APUS_N(apus_store_part)(float *p, APUS_F x, size_t n) {
  float buffer[APUS_LANES];
  APUS_N(apus_store)(buffer, x);
  memcpy(p, buffer, n * 4);
}
/* Lanes of a where the mask is -1, of b where it is 0. */
APUS_INLINE APUS_I APUS_N(apus_iselect)(APUS_I mask, APUS_I a, APUS_I b) {
  return (mask & a) | (~mask & b);
}
APUS_INLINE APUS_F APUS_N(apus_select)(APUS_I mask, APUS_F a, APUS_F b) {
#if APUS_LANES == 1
  return mask ? a : b;
#elif defined(APUS_AVX512) && APUS_LANES == 16
  /* clang 21 miscompiles the plain form together with apus_copysign. */
  return (APUS_F)_mm512_mask_blend_ps(_mm512_movepi32_mask((__m512i)mask), (__m512)b, (__m512)a);
#else
  return APUS_N(apus_real)(
      (mask & APUS_N(apus_bits)(a)) | (~mask & APUS_N(apus_bits)(b)));
#endif
}
/* Without the sign. */
APUS_INLINE APUS_F APUS_N(apus_abs)(APUS_F x) {
  return APUS_N(apus_real)(APUS_N(apus_bits)(x) & 0x7fffffff);
}
/* |x| with the sign of s. */
APUS_INLINE APUS_F APUS_N(apus_copysign)(APUS_F x, APUS_F s) {
  return APUS_N(apus_real)((APUS_N(apus_bits)(x) & 0x7fffffff) |
                           (APUS_N(apus_bits)(s) & ~0x7fffffff));
}
/* The smaller and the larger number; NaN when either is NaN; b when they are equal. */
APUS_INLINE APUS_F APUS_N(apus_min)(APUS_F a, APUS_F b) {
  return APUS_N(apus_select)(APUS_N(apus_lt)(a, b) | APUS_N(apus_ne)(a, a), a, b);
}
APUS_INLINE APUS_F APUS_N(apus_max)(APUS_F a, APUS_F b) {
  return APUS_N(apus_select)(APUS_N(apus_gt)(a, b) | APUS_N(apus_ne)(a, a), a, b);
}
/* To whole numbers: nearest (ties to even), down, up, towards zero. */
APUS_INLINE APUS_F APUS_N(apus_round)(APUS_F x) {
  APUS_F a = APUS_N(apus_abs)(x);
  APUS_F r = APUS_N(apus_copysign)((a + 8388608.0f) - 8388608.0f, x);
  return APUS_N(apus_select)(APUS_N(apus_lt)(a, APUS_N(apus_splat)(8388608.0f)), r, x);
}
APUS_INLINE APUS_F APUS_N(apus_floor)(APUS_F x) {
  APUS_F r = APUS_N(apus_round)(x);
  APUS_F less = r - APUS_N(apus_splat)(1.0f);
  return APUS_N(apus_copysign)(APUS_N(apus_select)(APUS_N(apus_gt)(r, x), less, r), x);
}
APUS_INLINE APUS_F APUS_N(apus_ceil)(APUS_F x) { return -APUS_N(apus_floor)(-x); }
APUS_INLINE APUS_F APUS_N(apus_trunc)(APUS_F x) {
  return APUS_N(apus_copysign)(APUS_N(apus_floor)(APUS_N(apus_abs)(x)), x);
}
/* -1, 0 or 1; NaN stays. */
APUS_INLINE APUS_F APUS_N(apus_sign)(APUS_F x) {
  APUS_F zero = APUS_N(apus_splat)(0.0f);
  APUS_F one = APUS_N(apus_copysign)(APUS_N(apus_splat)(1.0f), x);
  APUS_I whole = APUS_N(apus_lt)(x, zero) | APUS_N(apus_gt)(x, zero);
  return APUS_N(apus_select)(whole, one, x + zero);
}
/* Towards zero; saturates, NaN becomes 0. */
APUS_INLINE APUS_I APUS_N(apus_to_int)(APUS_F x) {
  APUS_I high = APUS_N(apus_ge)(x, APUS_N(apus_splat)(2147483648.0f));
  APUS_I low = APUS_N(apus_lt)(x, APUS_N(apus_splat)(-2147483648.0f));
  APUS_I fine = APUS_N(apus_eq)(x, x) & ~high & ~low;
  APUS_F safe = APUS_N(apus_select)(fine, x, APUS_N(apus_splat)(0.0f));
  APUS_I r = APUS_N(apus_int_in_range)(safe);
  return r | (high & INT32_MAX) | (low & INT32_MIN);
}
/* All lanes combined in a tree: lane i with lane i + half, then half of that. */
#define APUS_ACROSS(name, combine)                               \
  APUS_INLINE float APUS_N(name)(APUS_F x) {                     \
    float p[APUS_LANES];                                         \
    APUS_N(apus_store)(p, x);                                    \
    for (int half = APUS_LANES / 2; half > 0; half /= 2)         \
      for (int i = 0; i < half; i++) {                           \
        float a = p[i], b = p[i + half];                         \
        p[i] = (combine);                                        \
      }                                                          \
    return p[0];                                                 \
  }
APUS_ACROSS(apus_across_add, a + b)
APUS_ACROSS(apus_across_mul, a *b)
APUS_ACROSS(apus_across_min, a < b || a != a ? a : b)
APUS_ACROSS(apus_across_max, a > b || a != a ? a : b)
#undef APUS_ACROSS
