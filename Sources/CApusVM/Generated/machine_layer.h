/* Written by Sources/CApusVM/generate.py from Sources/ApusC/Runtime/machine_layer.h.in; do not edit. */
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#if defined(__GNUC__) || defined(__clang__)
#define APUS_INLINE static inline __attribute__((always_inline, unused))
#define APUS_ALIGNED __attribute__((aligned(64)))
#define APUS_RESTRICT __restrict__
#else
#define APUS_INLINE static inline
#define APUS_ALIGNED
#define APUS_RESTRICT restrict
#endif
#if defined(__GNUC__)
#define APUS_FETCH(p) __builtin_prefetch((p), 0, 2)
#define APUS_SETTLE() __asm__ volatile("" ::: "memory")
#else
#define APUS_FETCH(p) ((void)(p))
#define APUS_SETTLE() ((void)0)
#endif
#if defined(__clang__)
#define APUS_ROLLED _Pragma("clang loop unroll(disable)")
#else
#define APUS_ROLLED
#endif
#if defined(__AVX512F__) && defined(__AVX512DQ__) && !defined(APUS_AVX512)
#define APUS_AVX512
#endif
#if defined(__AVX2__) && defined(__FMA__) && !defined(APUS_AVX2)
#define APUS_AVX2
#endif
#if defined(__FMA__) || defined(__AVX512F__) || defined(__ARM_FEATURE_FMA) || defined(__riscv_f)
#define APUS_FUSES
#endif
#if defined(__clang__) && defined(APUS_AVX512)
#define APUS_KERNEL __attribute__((noinline, min_vector_width(512)))
#elif defined(__GNUC__)
#define APUS_KERNEL __attribute__((noinline))
#else
#define APUS_KERNEL
#endif
typedef float apus_f32_1;
typedef int32_t apus_i32_1;
typedef int apus_mask_1;
/* Rounded down; 0 for division by 0. */
APUS_INLINE int64_t apus_quotient(int64_t a, int64_t b) {
  if (b == 0) return 0;
  if (b == -1) return (int64_t)(0u - (uint64_t)a);
  return a / b - (a % b != 0 && (a < 0) != (b < 0));
}
APUS_INLINE int64_t apus_larger(int64_t a, int64_t b) { return a > b ? a : b; }
APUS_INLINE int64_t apus_smaller(int64_t a, int64_t b) { return a < b ? a : b; }
/* An index as ONNX counts it, kept inside 0..<extent. */
APUS_INLINE ptrdiff_t apus_index(int64_t i, ptrdiff_t extent) {
  if (i < 0) i += extent;
  return i < 0 ? 0 : i >= extent ? extent - 1 : (ptrdiff_t)i;
}
APUS_INLINE float apus_f16_to_f32(uint16_t h) {
  const uint32_t sign = (uint32_t)(h & 0x8000u) << 16, magnitude = h & 0x7fffu;
  uint32_t bits;
  float result;
  if (magnitude >= 0x7c00u) {
    bits = sign | 0x7f800000u | ((magnitude & 0x3ffu) << 13);
  } else if (magnitude >= 0x400u) {
    bits = sign | ((magnitude + 0x1c000u) << 13);
  } else {
    const float small = (float)magnitude * 0x1p-24f;
    memcpy(&bits, &small, sizeof bits);
    bits |= sign;
  }
  memcpy(&result, &bits, sizeof result);
  return result;
}
APUS_INLINE uint16_t apus_f32_to_f16(float x) {
  uint32_t bits;
  memcpy(&bits, &x, sizeof bits);
  const uint32_t sign = bits >> 16 & 0x8000u, magnitude = bits & 0x7fffffffu;
  if (magnitude > 0x7f800000u) {
    const uint32_t payload = magnitude >> 13 & 0x3ffu;
    return (uint16_t)(sign | 0x7c00u | (payload ? payload : 0x200u));
  }
  if (magnitude >= 0x477ff000u) return (uint16_t)(sign | 0x7c00u);
  if (magnitude >= 0x38800000u) {
    const uint32_t odd = magnitude >> 13 & 1u;
    return (uint16_t)(sign | ((magnitude + 0xfffu + odd - 0x38000000u) >> 13));
  }
  float small;
  memcpy(&small, &magnitude, sizeof small);
  return (uint16_t)(sign | (uint32_t)rintf(small * 0x1p24f));
}
APUS_INLINE float apus_bf16_to_f32(uint16_t h) {
  const uint32_t bits = (uint32_t)h << 16;
  float result;
  memcpy(&result, &bits, sizeof result);
  return result;
}
APUS_INLINE uint16_t apus_f32_to_bf16(float x) {
  uint32_t bits;
  memcpy(&bits, &x, sizeof bits);
  if ((bits & 0x7fffffffu) > 0x7f800000u)
    return (uint16_t)(bits >> 16 | (bits & 0x7f0000u ? 0 : 0x40u));
  return (uint16_t)((bits + 0x7fffu + (bits >> 16 & 1u)) >> 16);
}
/* For exponents of normal numbers. */
APUS_INLINE float apus_power_of_2(int exponent) {
  const uint32_t bits = (uint32_t)(exponent + 127) << 23;
  float result;
  memcpy(&result, &bits, sizeof result);
  return result;
}
/* A magnitude of m fraction bits and an exponent with a bias, without infinities and NaN. */
APUS_INLINE float apus_small_to_f32(uint32_t sign, uint32_t magnitude, int m, int bias) {
  uint32_t bits = magnitude << (23 - m);
  float result;
  if (magnitude >> m) {
    bits += (uint32_t)(127 - bias) << 23;
  } else {
    const float small = (float)magnitude * apus_power_of_2(1 - bias - m);
    memcpy(&bits, &small, sizeof bits);
  }
  bits |= sign << 31;
  memcpy(&result, &bits, sizeof result);
  return result;
}
/* The magnitude to nearest, ties to even; what is too large runs on past the largest number. */
APUS_INLINE uint32_t apus_f32_to_small(float x, int m, int bias) {
  uint32_t bits;
  memcpy(&bits, &x, sizeof bits);
  bits &= 0x7fffffffu;
  if (bits < (uint32_t)(128 - bias) << 23)
    return (uint32_t)rintf(fabsf(x) * apus_power_of_2(bias - 1 + m));
  const uint32_t odd = bits >> (23 - m) & 1u;
  return ((bits + (1u << (22 - m)) - 1u + odd) >> (23 - m)) - ((uint32_t)(127 - bias) << m);
}
APUS_INLINE uint32_t apus_sign_bit(float x) {
  uint32_t bits;
  memcpy(&bits, &x, sizeof bits);
  return bits >> 31;
}
APUS_INLINE float apus_f8e4m3fn_to_f32(uint8_t b) {
  if ((b & 0x7fu) == 0x7fu) return b >> 7 ? -NAN : NAN;
  return apus_small_to_f32(b >> 7, b & 0x7fu, 3, 7);
}
/* To nearest, ties to even; too large numbers become NaN. */
APUS_INLINE uint8_t apus_f32_to_f8e4m3fn(float x) {
  const uint32_t sign = apus_sign_bit(x) << 7;
  if (x != x) return (uint8_t)(sign | 0x7fu);
  const uint32_t magnitude = apus_f32_to_small(x, 3, 7);
  return (uint8_t)(sign | (magnitude > 0x7eu ? 0x7fu : magnitude));
}
APUS_INLINE float apus_f8e4m3fnuz_to_f32(uint8_t b) {
  return b == 0x80u ? NAN : apus_small_to_f32(b >> 7, b & 0x7fu, 3, 8);
}
/* To nearest, ties to even; too large numbers become NaN, -0 becomes 0. */
APUS_INLINE uint8_t apus_f32_to_f8e4m3fnuz(float x) {
  const uint32_t magnitude = x != x ? 0x80u : apus_f32_to_small(x, 3, 8);
  if (magnitude > 0x7fu) return 0x80u;
  return (uint8_t)(magnitude == 0 ? 0 : apus_sign_bit(x) << 7 | magnitude);
}
APUS_INLINE float apus_f8e5m2_to_f32(uint8_t b) { return apus_f16_to_f32((uint16_t)(b << 8)); }
/* To nearest, ties to even; too large numbers become infinite. */
APUS_INLINE uint8_t apus_f32_to_f8e5m2(float x) {
  const uint32_t sign = apus_sign_bit(x) << 7;
  if (x != x) return (uint8_t)(apus_f32_to_f16(x) >> 8 | (apus_f32_to_f16(x) & 0x300u ? 0 : 2u));
  const uint32_t magnitude = apus_f32_to_small(x, 2, 15);
  return (uint8_t)(sign | (magnitude > 0x7bu ? 0x7cu : magnitude));
}
APUS_INLINE float apus_f8e5m2fnuz_to_f32(uint8_t b) {
  return b == 0x80u ? NAN : apus_small_to_f32(b >> 7, b & 0x7fu, 2, 16);
}
/* To nearest, ties to even; too large numbers become NaN, -0 becomes 0. */
APUS_INLINE uint8_t apus_f32_to_f8e5m2fnuz(float x) {
  const uint32_t magnitude = x != x ? 0x80u : apus_f32_to_small(x, 2, 16);
  if (magnitude > 0x7fu) return 0x80u;
  return (uint8_t)(magnitude == 0 ? 0 : apus_sign_bit(x) << 7 | magnitude);
}
APUS_INLINE float apus_f8e8m0_to_f32(uint8_t b) {
  return b == 0xffu ? NAN : b == 0 ? 0x1p-127f : apus_power_of_2(b - 127);
}
/* The nearest power of 2, the larger one in the middle, saturating; signs are lost. */
APUS_INLINE uint8_t apus_f32_to_f8e8m0(float x) {
  uint32_t bits;
  memcpy(&bits, &x, sizeof bits);
  bits &= 0x7fffffffu;
  if (bits > 0x7f800000u) return 0xffu;
  if (bits < 0x600000u) return 0;
  const uint32_t exponent = (bits + 0x400000u) >> 23;
  return (uint8_t)(exponent > 0xfeu ? 0xfeu : exponent);
}
APUS_INLINE float apus_f6e2m3_to_f32(uint8_t b) {
  return apus_small_to_f32(b >> 5 & 1u, b & 0x1fu, 3, 1);
}
/* To nearest, ties to even, saturating; NaN becomes a zero of the other sign. */
APUS_INLINE uint8_t apus_f32_to_f6e2m3(float x) {
  const uint32_t sign = apus_sign_bit(x) << 5;
  if (x != x) return (uint8_t)(sign ^ 0x20u);
  const uint32_t magnitude = apus_f32_to_small(x, 3, 1);
  return (uint8_t)(sign | (magnitude > 0x1fu ? 0x1fu : magnitude));
}
APUS_INLINE float apus_f6e3m2_to_f32(uint8_t b) {
  return apus_small_to_f32(b >> 5 & 1u, b & 0x1fu, 2, 3);
}
/* To nearest, ties to even, saturating; NaN becomes a zero of the other sign. */
APUS_INLINE uint8_t apus_f32_to_f6e3m2(float x) {
  const uint32_t sign = apus_sign_bit(x) << 5;
  if (x != x) return (uint8_t)(sign ^ 0x20u);
  const uint32_t magnitude = apus_f32_to_small(x, 2, 3);
  return (uint8_t)(sign | (magnitude > 0x1fu ? 0x1fu : magnitude));
}
APUS_INLINE float apus_f4e2m1_to_f32(uint8_t b) {
  return apus_small_to_f32(b >> 3 & 1u, b & 7u, 1, 1);
}
/* To nearest, ties to even, saturating; NaN becomes a zero of the other sign. */
APUS_INLINE uint8_t apus_f32_to_f4e2m1(float x) {
  const uint32_t sign = apus_sign_bit(x) << 3;
  if (x != x) return (uint8_t)(sign ^ 8u);
  const uint32_t magnitude = apus_f32_to_small(x, 1, 1);
  return (uint8_t)(sign | (magnitude > 7u ? 7u : magnitude));
}
APUS_INLINE uint64_t apus_bits_f64(double x) {
  uint64_t bits;
  memcpy(&bits, &x, sizeof bits);
  return bits;
}
APUS_INLINE double apus_from_bits_f64(uint64_t bits) {
  double x;
  memcpy(&x, &bits, sizeof x);
  return x;
}
APUS_INLINE int32_t apus_bits_1(float x) {
  int32_t bits;
  memcpy(&bits, &x, sizeof bits);
  return bits;
}
APUS_INLINE float apus_from_bits_1(int32_t bits) {
  float x;
  memcpy(&x, &bits, sizeof x);
  return x;
}
APUS_INLINE int32_t apus_shl_bits_1(int32_t x, int n) { return (int32_t)((uint32_t)x << n); }
APUS_INLINE float apus_splat_1(float x) { return x; }
/* x / 2^n, ties to even, for n below 64. */
APUS_INLINE uint64_t apus_shift_to_nearest(uint64_t x, int n) {
  if (n == 0) return x;
  const uint64_t whole = x >> n, rest = x - (whole << n), half = UINT64_C(1) << (n - 1);
  return whole + (rest > half || (rest == half && (whole & 1u)));
}
/* The nearest integer that f32 holds, ties to even. */
APUS_INLINE uint64_t apus_as_f32(uint64_t x) {
  int n = 0;
#if defined(__GNUC__)
  if (x >> 24) n = 40 - __builtin_clzll(x);
#else
  while (x >> n >> 24) n++;
#endif
  return apus_shift_to_nearest(x, n) << n;
}
/* round(min(max((float)sum * factor, low), high)), ties to even and NaN as 0, in integers. */
APUS_INLINE int32_t apus_requantize(int32_t sum, float factor, int32_t low, int32_t high) {
  const uint32_t bits = (uint32_t)apus_bits_1(factor);
  const int exponent = (int)(bits >> 23 & 255u), shift = 150 - exponent;
  const uint64_t size = sum < 0 ? 0u - (uint32_t)sum : (uint32_t)sum;
  if (exponent == 255 && (bits << 9 || size == 0)) return 0;
  uint64_t x = apus_as_f32(apus_as_f32(size) * ((bits & 0x7fffffu) | 0x800000u));
  if (shift > 60 || exponent == 0) x = 0;
  else if (shift > 0) x = apus_shift_to_nearest(x, shift);
  else if (x) x = shift > -8 ? x << -shift : UINT64_C(1) << 62;
  const int64_t y = (sum < 0) != (bits >> 31) ? -(int64_t)x : (int64_t)x;
  return y < low ? low : y > high ? high : (int32_t)y;
}
/* The sum of four products of bytes, added to another sum. */
APUS_INLINE int32_t apus_dot_1(const uint8_t *a, const int8_t *b, int32_t sum) {
  const int32_t products = a[0] * b[0] + a[1] * b[1] + a[2] * b[2] + a[3] * b[3];
  return (int32_t)((uint32_t)sum + (uint32_t)products);
}
/* a * b + c, with one rounding where the machine can. */
APUS_INLINE float apus_fma_1(float a, float b, float c) {
#if defined(APUS_FUSES) || defined(APUS_FUSES_ALWAYS)
  return __builtin_fmaf(a, b, c);
#else
  return a * b + c;
#endif
}
APUS_INLINE float apus_select_1(int m, float a, float b) { return m ? a : b; }
/* x where a < b, else y. */
APUS_INLINE apus_f32_1 apus_select_less_1(apus_f32_1 a, apus_f32_1 b, apus_f32_1 x, apus_f32_1 y) {
#if defined(APUS_AVX512) && 1 == 16
  const __mmask16 k = _mm512_cmp_ps_mask((__m512)a, (__m512)b, _CMP_LT_OQ);
  return (apus_f32_1)_mm512_mask_blend_ps(k, (__m512)y, (__m512)x);
#else
  return apus_select_1(a < b, x, y);
#endif
}
/* The larger number, where a is no NaN; a NaN in b stays. */
APUS_INLINE apus_f32_1 apus_max_known_1(apus_f32_1 a, apus_f32_1 b) {
#if defined(APUS_AVX512) && 1 == 16
  return (apus_f32_1)_mm512_max_ps((__m512)a, (__m512)b);
#elif defined(__AVX__) && 1 == 8
  return (apus_f32_1)_mm256_max_ps((__m256)a, (__m256)b);
#elif defined(__SSE__) && 1 == 4
  return (apus_f32_1)_mm_max_ps((__m128)a, (__m128)b);
#else
  return apus_select_1(a > b, a, b);
#endif
}
/* The smaller number, where a is no NaN; a NaN in b stays. */
APUS_INLINE apus_f32_1 apus_min_known_1(apus_f32_1 a, apus_f32_1 b) {
#if defined(APUS_AVX512) && 1 == 16
  return (apus_f32_1)_mm512_min_ps((__m512)a, (__m512)b);
#elif defined(__AVX__) && 1 == 8
  return (apus_f32_1)_mm256_min_ps((__m256)a, (__m256)b);
#elif defined(__SSE__) && 1 == 4
  return (apus_f32_1)_mm_min_ps((__m128)a, (__m128)b);
#else
  return apus_select_1(a < b, a, b);
#endif
}
/* The larger number; NaN when either is NaN. */
APUS_INLINE apus_f32_1 apus_max_1(apus_f32_1 a, apus_f32_1 b) {
  return apus_select_1(a != a, a, apus_max_known_1(a, b));
}
/* The smaller number; NaN when either is NaN. */
APUS_INLINE apus_f32_1 apus_min_1(apus_f32_1 a, apus_f32_1 b) {
  return apus_select_1(a != a, a, apus_min_known_1(a, b));
}
APUS_INLINE apus_f32_1 apus_abs_1(apus_f32_1 x) {
  return apus_from_bits_1(apus_bits_1(x) & 0x7fffffff);
}
APUS_INLINE apus_f32_1 apus_copysign_1(apus_f32_1 x, apus_f32_1 sign) {
  return apus_from_bits_1(
      (apus_bits_1(x) & 0x7fffffff) | (apus_bits_1(sign) & (-0x7fffffff - 1)));
}
/* To the nearest integer, ties to even. */
APUS_INLINE apus_f32_1 apus_round_1(apus_f32_1 x) {
#if defined(APUS_AVX512) && 1 == 16
  return (apus_f32_1)_mm512_roundscale_ps((__m512)x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
#elif defined(APUS_AVX2) && 1 == 8
  return (apus_f32_1)_mm256_round_ps((__m256)x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
#elif defined(__SSE4_1__) && 1 == 4
  return (apus_f32_1)_mm_round_ps((__m128)x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
#elif defined(__aarch64__) && defined(__ARM_NEON) && 1 == 4
  return (apus_f32_1)vrndnq_f32((float32x4_t)x);
#else
  const apus_f32_1 big = apus_copysign_1(apus_splat_1(0x1p23f), x);
  const apus_f32_1 rounded = apus_copysign_1((x + big) - big, x);
  return apus_select_1(apus_abs_1(x) < 0x1p23f, rounded, x);
#endif
}
APUS_INLINE apus_f32_1 apus_floor_1(apus_f32_1 x) {
  const apus_f32_1 r = apus_round_1(x);
  return apus_copysign_1(apus_select_1(r > x, r - 1.0f, r), x);
}
APUS_INLINE apus_f32_1 apus_ceil_1(apus_f32_1 x) {
  const apus_f32_1 r = apus_round_1(x);
  return apus_copysign_1(apus_select_1(r < x, r + 1.0f, r), x);
}
APUS_INLINE apus_f32_1 apus_sign_1(apus_f32_1 x) {
  const apus_f32_1 one = apus_copysign_1(apus_splat_1(1.0f), x);
  return apus_select_1(x != 0.0f, apus_select_1(x == x, one, x), apus_splat_1(0.0f));
}
APUS_INLINE apus_f32_1 apus_recip_1(apus_f32_1 x) { return 1.0f / x; }
APUS_INLINE float apus_sqrt_1(float x) { return sqrtf(x); }
/* (exp(r) - 1) / r for |r| up to ln 2 / 2. */
APUS_INLINE apus_f32_1 apus_exp_slope_1(apus_f32_1 r) {
  apus_f32_1 p = apus_splat_1(1.382129034e-03f);
  p = apus_fma_1(p, r, apus_splat_1(8.368669078e-03f));
  p = apus_fma_1(p, r, apus_splat_1(4.166825861e-02f));
  p = apus_fma_1(p, r, apus_splat_1(1.666652113e-01f));
  p = apus_fma_1(p, r, apus_splat_1(4.999999404e-01f));
  return apus_fma_1(p, r, apus_splat_1(1.0f));
}
/* x - n ln 2: the first product is exact. */
APUS_INLINE apus_f32_1 apus_exp_rest_1(apus_f32_1 x, apus_f32_1 n) {
  const apus_f32_1 r = apus_fma_1(n, apus_splat_1(-0x1.62e4p-1f), x);
  return apus_fma_1(n, apus_splat_1(-1.42860677e-06f), r);
}
/* p 2^n where shifted is n + 3 * 2^22; two factors reach denormals. */
APUS_INLINE apus_f32_1 apus_scale_1(apus_f32_1 p, apus_f32_1 shifted) {
#if defined(APUS_AVX512) && 1 == 16
  return (apus_f32_1)_mm512_scalef_ps((__m512)p, (__m512)(shifted - 0x1.8p23f));
#else
  const apus_i32_1 n = apus_bits_1(shifted) - 0x4B400000, half = n >> 1;
  const apus_f32_1 low = apus_from_bits_1(apus_shl_bits_1(half + 127, 23));
  return p * low * apus_from_bits_1(apus_shl_bits_1(n - half + 127, 23));
#endif
}
/* 2^n times a polynomial of the rest. */
APUS_INLINE apus_f32_1 apus_exp_1(apus_f32_1 x) {
  x = apus_max_known_1(apus_splat_1(-104.0f), apus_min_known_1(apus_splat_1(89.0f), x));
  const apus_f32_1 shifted = apus_fma_1(x, apus_splat_1(0x1.715476p0f), apus_splat_1(0x1.8p23f));
  const apus_f32_1 n = shifted - 0x1.8p23f;
  const apus_f32_1 r = apus_exp_rest_1(x, n);
  const apus_f32_1 p = apus_fma_1(apus_exp_slope_1(r), r, apus_splat_1(1.0f));
  return apus_scale_1(p, shifted);
}
/* x P(x^2) up to 0.55, 1 - 2 s / (s + exp(r)) above, exp(-2|x|) being s / exp(r). */
APUS_INLINE apus_f32_1 apus_tanh_1(apus_f32_1 x) {
  const apus_f32_1 u = x * x, a = apus_min_known_1(apus_splat_1(9.02f), apus_abs_1(x));
  const apus_f32_1 magic = apus_splat_1(0x1.8p23f + 128.0f);
  const apus_f32_1 shifted = apus_fma_1(a, apus_splat_1(-0x1.715476p1f), magic);
  const apus_f32_1 n = shifted - magic;
  const apus_f32_1 r = apus_fma_1(n, apus_splat_1(0x1.62e43p-2f), a);
  apus_f32_1 p = apus_splat_1(2.660024725e-01f);
  p = apus_fma_1(p, r, apus_splat_1(6.702433824e-01f));
  p = apus_fma_1(p, r, apus_splat_1(1.333369136e+00f));
  p = apus_fma_1(p, r, apus_splat_1(1.999969244e+00f));
  p = apus_fma_1(p, r, apus_splat_1(2.0f));
  const apus_f32_1 twice = apus_from_bits_1(apus_shl_bits_1(apus_bits_1(shifted), 23));
  p = apus_fma_1(p, r, apus_fma_1(twice, apus_splat_1(0.5f), apus_splat_1(1.0f)));
  apus_f32_1 s = apus_splat_1(1.643787883e-02f);
  s = apus_fma_1(s, u, apus_splat_1(-5.267200992e-02f));
  s = apus_fma_1(s, u, apus_splat_1(1.332072914e-01f));
  s = apus_fma_1(s, u, apus_splat_1(-3.333294690e-01f));
  s = apus_fma_1(s * u, a, a);
  return apus_copysign_1(apus_select_less_1(a, apus_splat_1(0.55f), s, 1.0f - twice / p), x);
}
/* s / (s + exp(r)) below 0 and 1 minus that above, exp(-|x|) being s / exp(r). */
APUS_INLINE apus_f32_1 apus_sigmoid_1(apus_f32_1 x) {
  const apus_f32_1 a = apus_min_known_1(apus_splat_1(104.0f), apus_abs_1(x));
  /* Times 2^64, s is no denormal. */
  const apus_f32_1 magic = apus_splat_1(0x1.8p23f + 191.0f);
  const apus_f32_1 shifted = apus_fma_1(a, apus_splat_1(-0x1.715476p0f), magic);
  const apus_f32_1 r = apus_exp_rest_1(a, magic - shifted);
  const apus_f32_1 s = apus_from_bits_1(apus_shl_bits_1(apus_bits_1(shifted), 23));
  const apus_f32_1 p = apus_fma_1(apus_exp_slope_1(r), r, s * 0x1p-64f) + 1.0f;
  const apus_f32_1 y = s / p * 0x1p-64f;
  return apus_select_1(apus_bits_1(x) >> 31, y, 1.0f - y);
}
/* x P(x^2) up to 0.95, 1 - 2^Q(|x|) above. */
APUS_INLINE apus_f32_1 apus_erf_1(apus_f32_1 x) {
  const apus_f32_1 u = x * x, a = apus_min_known_1(apus_splat_1(3.95f), apus_abs_1(x));
  apus_f32_1 s = apus_splat_1(-5.811427254e-04f);
  s = apus_fma_1(s, u, apus_splat_1(4.955862649e-03f));
  s = apus_fma_1(s, u, apus_splat_1(-2.673948742e-02f));
  s = apus_fma_1(s, u, apus_splat_1(1.128101349e-01f));
  s = apus_fma_1(s, u, apus_splat_1(-3.761241138e-01f));
  s = apus_fma_1(s, u, apus_splat_1(1.283791363e-01f));
  s = apus_fma_1(s, x, x);
  apus_f32_1 q = apus_splat_1(-1.731860684e-03f);
  q = apus_fma_1(q, a, apus_splat_1(2.189902030e-02f));
  q = apus_fma_1(q, a, apus_splat_1(-1.296847612e-01f));
  q = apus_fma_1(q, a, apus_splat_1(-9.414539933e-01f));
  q = apus_fma_1(q, a, apus_splat_1(-1.614198804e+00f));
  q = apus_fma_1(q, a, apus_splat_1(-3.246114589e-03f));
  const apus_f32_1 magic = apus_splat_1(0x1.8p23f + 127.0f), shifted = q + magic;
  q = q - (shifted - magic);
  apus_f32_1 p = apus_splat_1(1.326953759e-03f);
  p = apus_fma_1(p, q, apus_splat_1(9.671292268e-03f));
  p = apus_fma_1(p, q, apus_splat_1(5.550710857e-02f));
  p = apus_fma_1(p, q, apus_splat_1(2.402224690e-01f));
  p = apus_fma_1(p, q, apus_splat_1(6.931470037e-01f));
  p = apus_fma_1(p, q, apus_splat_1(1.0f));
  const apus_f32_1 power = apus_from_bits_1(apus_shl_bits_1(apus_bits_1(shifted), 23));
  const apus_f32_1 y = apus_fma_1(-p, power, apus_splat_1(1.0f));
  return apus_select_less_1(apus_splat_1(0.95f), a, apus_copysign_1(y, x), s);
}
APUS_INLINE float apus_i32_to_f32_1(int32_t x) { return (float)x; }
/* The exponent times ln 2 plus a polynomial of the mantissa (Cephes logf). */
APUS_INLINE apus_f32_1 apus_log_1(apus_f32_1 x) {
  const apus_mask_1 tiny = x < 0x1p-126f;
  const apus_f32_1 scaled = apus_select_1(tiny, x * 0x1p23f, x);
  /* Without the sign nothing overflows; the end gives negative numbers NaN. */
  const apus_i32_1 bits = (apus_bits_1(scaled) & 0x7fffffff) - 0x3f3504f3;
  apus_f32_1 e = apus_i32_to_f32_1(bits >> 23);
  e = e - apus_select_1(tiny, apus_splat_1(23.0f), apus_splat_1(0.0f));
  const apus_f32_1 r = apus_from_bits_1((bits & 0x7fffff) + 0x3f3504f3) - 1.0f;
  const apus_f32_1 z = r * r;
  apus_f32_1 p = apus_splat_1(7.0376836292e-2f);
  p = apus_fma_1(p, r, apus_splat_1(-1.1514610310e-1f));
  p = apus_fma_1(p, r, apus_splat_1(1.1676998740e-1f));
  p = apus_fma_1(p, r, apus_splat_1(-1.2420140846e-1f));
  p = apus_fma_1(p, r, apus_splat_1(1.4249322787e-1f));
  p = apus_fma_1(p, r, apus_splat_1(-1.6668057665e-1f));
  p = apus_fma_1(p, r, apus_splat_1(2.0000714765e-1f));
  p = apus_fma_1(p, r, apus_splat_1(-2.4999993993e-1f));
  p = apus_fma_1(p, r, apus_splat_1(3.3333331174e-1f));
  apus_f32_1 y = apus_fma_1(e, apus_splat_1(-2.12194440e-4f), p * r * z);
  y = apus_fma_1(z, apus_splat_1(-0.5f), y);
  y = apus_fma_1(e, apus_splat_1(0.693359375f), r + y);
  y = apus_select_1(x == 0.0f, apus_splat_1(-INFINITY), y);
  y = apus_select_1(x == INFINITY, x, y);
  return apus_select_1(x >= 0.0f, y, apus_splat_1(NAN));
}
APUS_INLINE int apus_any_1(int m) { return m; }
/* The sine of |x| + quarter * pi / 2, for |x| below 2^17, on machines that fuse: polynomials of the
 * distance to the nearest multiple of pi / 2, which three parts take off (Cody and Waite 1980). */
APUS_INLINE apus_f32_1 apus_wave_1(apus_f32_1 x, int32_t quarter) {
  const apus_f32_1 a = apus_abs_1(x);
  const apus_f32_1 shifted = apus_fma_1(a, apus_splat_1(0x1.45f306p-1f), apus_splat_1(0x1.8p23f));
  const apus_f32_1 n = shifted - 0x1.8p23f;
  apus_f32_1 r = apus_fma_1(n, apus_splat_1(-0x1.921fb6p+0f), a);
  r = apus_fma_1(n, apus_splat_1(0x1.777a5cp-25f), r);
  r = apus_fma_1(n, apus_splat_1(0x1.ee59dap-50f), r);
  const apus_f32_1 u = r * r;
  apus_f32_1 s = apus_splat_1(-1.950514561e-04f);
  s = apus_fma_1(s, u, apus_splat_1(8.332093246e-03f));
  s = apus_fma_1(s, u, apus_splat_1(-1.666665375e-01f));
  s = apus_fma_1(s * u, r, r);
  apus_f32_1 c = apus_splat_1(2.441208562e-05f);
  c = apus_fma_1(c, u, apus_splat_1(-1.388713019e-03f));
  c = apus_fma_1(c, u, apus_splat_1(4.166664183e-02f));
  c = apus_fma_1(c, u, apus_splat_1(-0.5f));
  c = apus_fma_1(c, u, apus_splat_1(1.0f));
  const apus_i32_1 q = apus_bits_1(shifted) + quarter;
  const apus_f32_1 y = apus_select_1((q & 1) != 0, c, s);
  return apus_from_bits_1(apus_bits_1(y) ^ apus_shl_bits_1(q & 2, 30));
}
APUS_INLINE float apus_sin_far_1(float x) { return sinf(x); }
APUS_INLINE apus_f32_1 apus_sin_1(apus_f32_1 x) {
#if defined(APUS_FUSES) || defined(APUS_FUSES_ALWAYS)
  const apus_mask_1 far = apus_abs_1(x) >= 0x1p17f;
  const apus_f32_1 y = apus_wave_1(x, 0);
  const apus_f32_1 near = apus_from_bits_1(apus_bits_1(y) ^ (apus_bits_1(x) & (-0x7fffffff - 1)));
  return apus_any_1(far) ? apus_select_1(far, apus_sin_far_1(x), near) : near;
#else
  return apus_sin_far_1(x);
#endif
}
APUS_INLINE float apus_cos_far_1(float x) { return cosf(x); }
APUS_INLINE apus_f32_1 apus_cos_1(apus_f32_1 x) {
#if defined(APUS_FUSES) || defined(APUS_FUSES_ALWAYS)
  const apus_mask_1 far = apus_abs_1(x) >= 0x1p17f;
  const apus_f32_1 near = apus_wave_1(x, 1);
  return apus_any_1(far) ? apus_select_1(far, apus_cos_far_1(x), near) : near;
#else
  return apus_cos_far_1(x);
#endif
}
APUS_INLINE float apus_tan_1(float x) { return tanf(x); }
APUS_INLINE float apus_asin_1(float x) { return asinf(x); }
APUS_INLINE float apus_acos_1(float x) { return acosf(x); }
APUS_INLINE float apus_atan_1(float x) { return atanf(x); }
APUS_INLINE float apus_sinh_1(float x) { return sinhf(x); }
APUS_INLINE float apus_cosh_1(float x) { return coshf(x); }
APUS_INLINE float apus_asinh_1(float x) { return asinhf(x); }
APUS_INLINE float apus_acosh_1(float x) { return acoshf(x); }
APUS_INLINE float apus_atanh_1(float x) { return atanhf(x); }
APUS_INLINE float apus_pow_far_1(float x, float y) { return powf(x, y); }
/* x^y for finite x above 0 and finite y, on machines that fuse: 2^(y log2(x)), where the logarithm
 * is the sum of two numbers, from the series of the area tangent of (m - 1) / (m + 1). */
APUS_INLINE apus_f32_1 apus_power_1(apus_f32_1 x, apus_f32_1 y) {
  const apus_mask_1 tiny = x < 0x1p-126f;
  const apus_i32_1 bits = apus_bits_1(apus_select_1(tiny, x * 0x1p23f, x)) - 0x3f3504f3;
  apus_f32_1 e = apus_i32_to_f32_1(bits >> 23);
  e = e - apus_select_1(tiny, apus_splat_1(23.0f), apus_splat_1(0.0f));
  const apus_f32_1 m = apus_from_bits_1((bits & 0x7fffff) + 0x3f3504f3);
  /* s and u = s^2, each with what its rounding lost. */
  const apus_f32_1 divisor = m + 1.0f, inverse = 1.0f / divisor, s = (m - 1.0f) * inverse;
  const apus_f32_1 lost = apus_fma_1(-s, divisor, m - 1.0f);
  const apus_f32_1 s_low = apus_fma_1(-s, m - (divisor - 1.0f), lost) * inverse;
  const apus_f32_1 u = s * s, u_low = apus_fma_1(s + s, s_low, apus_fma_1(s, s, -u));
  /* The slope of the logarithm over s: 2.885 + 0.962 u + ... */
  apus_f32_1 p = apus_fma_1(apus_splat_1(3.407803528e-01f), u, apus_splat_1(4.116700502e-01f));
  p = apus_fma_1(p, u, apus_splat_1(5.770836287e-01f));
  const apus_f32_1 second = apus_splat_1(9.617967010e-01f), first = apus_splat_1(2.885390043e+00f);
  const apus_f32_1 v = second * u;
  apus_f32_1 v_low = apus_fma_1(second, u_low, apus_fma_1(second, u, -v));
  v_low = apus_fma_1(u, apus_fma_1(p, u, apus_splat_1(-2.783889030e-08f)), v_low);
  const apus_f32_1 slope = first + v;
  const apus_f32_1 slope_low = (first - slope) + v + (v_low + 3.853159924e-08f);
  const apus_f32_1 h = s * slope;
  apus_f32_1 low = apus_fma_1(s_low, slope, apus_fma_1(s, slope, -h));
  low = apus_fma_1(s, slope_low, low);
  const apus_f32_1 high = e + h;
  low = low + ((e - high) + h);
  /* The product with y, which overflows nowhere. */
  y = apus_max_known_1(apus_splat_1(-0x1p33f), apus_min_known_1(apus_splat_1(0x1p33f), y));
  apus_f32_1 t = y * high, rest = apus_fma_1(y, low, apus_fma_1(y, high, -t));
  t = apus_max_known_1(apus_splat_1(-152.0f), apus_min_known_1(apus_splat_1(129.0f), t));
  rest = apus_max_known_1(apus_splat_1(-0.25f), apus_min_known_1(apus_splat_1(0.25f), rest));
  const apus_f32_1 shifted = t + 0x1.8p23f, f = (t - (shifted - 0x1.8p23f)) + rest;
  p = apus_splat_1(1.532646274e-04f);
  p = apus_fma_1(p, f, apus_splat_1(1.339080627e-03f));
  p = apus_fma_1(p, f, apus_splat_1(9.618505836e-03f));
  p = apus_fma_1(p, f, apus_splat_1(5.550359935e-02f));
  p = apus_fma_1(p, f, apus_splat_1(2.402264774e-01f));
  p = apus_fma_1(p, f, apus_splat_1(6.931471825e-01f));
  return apus_scale_1(apus_fma_1(p, f, apus_splat_1(1.0f)), shifted);
}
APUS_INLINE apus_f32_1 apus_pow_1(apus_f32_1 x, apus_f32_1 y) {
#if defined(APUS_FUSES) || defined(APUS_FUSES_ALWAYS)
  const apus_f32_1 a = apus_abs_1(x), zero = apus_splat_1(0.0f), half = y * 0.5f;
  const apus_mask_1 whole = apus_round_1(y) == y;
  apus_f32_1 r = apus_select_1(y < 0.0f, apus_splat_1(INFINITY), zero);
  r = apus_select_1(a == 0.0f, r, apus_power_1(a, y));
  r = apus_copysign_1(r, apus_select_1(whole & (apus_round_1(half) != half), x, zero));
  r = apus_select_1(x < 0.0f, apus_select_1(whole, r, apus_splat_1(NAN)), r);
  r = apus_select_1(y == 0.0f, apus_splat_1(1.0f), r);
  const apus_mask_1 far = (a - a != 0.0f) | (half - half != 0.0f);
  return apus_any_1(far) ? apus_select_1(far, apus_pow_far_1(x, y), r) : r;
#else
  return apus_pow_far_1(x, y);
#endif
}
APUS_INLINE float apus_atan2_1(float x, float y) { return atan2f(x, y); }
APUS_INLINE float apus_fmod_1(float x, float y) { return fmodf(x, y); }
APUS_INLINE float apus_mod_1(float x, float y) {
  const float r = fmodf(x, y);
  return r != 0.0f && (r < 0.0f) != (y < 0.0f) ? r + y : r;
}
APUS_INLINE double apus_abs_f64(double x) { return fabs(x); }
APUS_INLINE double apus_sqrt_f64(double x) { return sqrt(x); }
APUS_INLINE double apus_exp_f64(double x) { return exp(x); }
APUS_INLINE double apus_log_f64(double x) { return log(x); }
APUS_INLINE double apus_erf_f64(double x) { return erf(x); }
APUS_INLINE double apus_floor_f64(double x) { return floor(x); }
APUS_INLINE double apus_ceil_f64(double x) { return ceil(x); }
APUS_INLINE double apus_round_f64(double x) { return rint(x); }
APUS_INLINE double apus_recip_f64(double x) { return 1.0 / x; }
APUS_INLINE double apus_sigmoid_f64(double x) { return 1.0 / (1.0 + exp(-x)); }
APUS_INLINE double apus_sign_f64(double x) {
  return x > 0.0 ? 1.0 : x < 0.0 ? -1.0 : x == x ? 0.0 : x;
}
APUS_INLINE double apus_sin_f64(double x) { return sin(x); }
APUS_INLINE double apus_cos_f64(double x) { return cos(x); }
APUS_INLINE double apus_tan_f64(double x) { return tan(x); }
APUS_INLINE double apus_asin_f64(double x) { return asin(x); }
APUS_INLINE double apus_acos_f64(double x) { return acos(x); }
APUS_INLINE double apus_atan_f64(double x) { return atan(x); }
APUS_INLINE double apus_sinh_f64(double x) { return sinh(x); }
APUS_INLINE double apus_cosh_f64(double x) { return cosh(x); }
APUS_INLINE double apus_tanh_f64(double x) { return tanh(x); }
APUS_INLINE double apus_asinh_f64(double x) { return asinh(x); }
APUS_INLINE double apus_acosh_f64(double x) { return acosh(x); }
APUS_INLINE double apus_atanh_f64(double x) { return atanh(x); }
APUS_INLINE double apus_pow_f64(double x, double y) { return pow(x, y); }
APUS_INLINE double apus_atan2_f64(double x, double y) { return atan2(x, y); }
APUS_INLINE double apus_fmod_f64(double x, double y) { return fmod(x, y); }
APUS_INLINE double apus_max_f64(double x, double y) { return x != x ? x : x > y ? x : y; }
APUS_INLINE double apus_min_f64(double x, double y) { return x != x ? x : x < y ? x : y; }
APUS_INLINE double apus_mod_f64(double x, double y) {
  const double r = fmod(x, y);
  return r != 0.0 && (r < 0.0) != (y < 0.0) ? r + y : r;
}
APUS_INLINE int32_t apus_max_i32(int32_t x, int32_t y) { return x > y ? x : y; }
APUS_INLINE int32_t apus_min_i32(int32_t x, int32_t y) { return x < y ? x : y; }
/* Toward zero; by zero gives 0. */
APUS_INLINE int32_t apus_div_i32(int32_t x, int32_t y) {
  if (y == 0) return 0;
  if (y == -1) return (int32_t)(0u - (uint32_t)x);
  return x / y;
}
APUS_INLINE int32_t apus_fmod_i32(int32_t x, int32_t y) {
  if (y == 0) return 0;
  if (y == -1) return 0;
  return x % y;
}
APUS_INLINE int32_t apus_mod_i32(int32_t x, int32_t y) {
  int32_t r;
  if (y == 0 || y == -1) return 0;
  r = x % y;
  return r != 0 && (r < 0) != (y < 0) ? r + y : r;
}
APUS_INLINE int32_t apus_shl_i32(int32_t x, int32_t y) {
  return (uint32_t)y < 32 ? (int32_t)((uint32_t)x << (uint32_t)y) : 0;
}
APUS_INLINE int32_t apus_shr_i32(int32_t x, int32_t y) {
  return (uint32_t)y < 32 ? x >> (uint32_t)y : x < 0 ? -1 : 0;
}
APUS_INLINE int32_t apus_pow_i32(int32_t x, int32_t y) {
  uint32_t base = (uint32_t)x, result = 1u;
  if (y < 0) return x == 1 ? 1 : x == -1 ? (y % 2 ? -1 : 1) : 0;
  for (; y > 0; y = (int32_t)(y / 2)) {
    if (y % 2) result *= base;
    base *= base;
  }
  return (int32_t)result;
}
APUS_INLINE int32_t apus_abs_i32(int32_t x) { return x < 0 ? (int32_t)(0u - (uint32_t)x) : x; }
APUS_INLINE int32_t apus_sign_i32(int32_t x) { return x > 0 ? 1 : x < 0 ? -1 : 0; }
APUS_INLINE int64_t apus_max_i64(int64_t x, int64_t y) { return x > y ? x : y; }
APUS_INLINE int64_t apus_min_i64(int64_t x, int64_t y) { return x < y ? x : y; }
/* Toward zero; by zero gives 0. */
APUS_INLINE int64_t apus_div_i64(int64_t x, int64_t y) {
  if (y == 0) return 0;
  if (y == -1) return (int64_t)(0u - (uint64_t)x);
  return x / y;
}
APUS_INLINE int64_t apus_fmod_i64(int64_t x, int64_t y) {
  if (y == 0) return 0;
  if (y == -1) return 0;
  return x % y;
}
APUS_INLINE int64_t apus_mod_i64(int64_t x, int64_t y) {
  int64_t r;
  if (y == 0 || y == -1) return 0;
  r = x % y;
  return r != 0 && (r < 0) != (y < 0) ? r + y : r;
}
APUS_INLINE int64_t apus_shl_i64(int64_t x, int64_t y) {
  return (uint64_t)y < 64 ? (int64_t)((uint64_t)x << (uint64_t)y) : 0;
}
APUS_INLINE int64_t apus_shr_i64(int64_t x, int64_t y) {
  return (uint64_t)y < 64 ? x >> (uint64_t)y : x < 0 ? -1 : 0;
}
APUS_INLINE int64_t apus_pow_i64(int64_t x, int64_t y) {
  uint64_t base = (uint64_t)x, result = 1u;
  if (y < 0) return x == 1 ? 1 : x == -1 ? (y % 2 ? -1 : 1) : 0;
  for (; y > 0; y = (int64_t)(y / 2)) {
    if (y % 2) result *= base;
    base *= base;
  }
  return (int64_t)result;
}
APUS_INLINE int64_t apus_abs_i64(int64_t x) { return x < 0 ? (int64_t)(0u - (uint64_t)x) : x; }
APUS_INLINE int64_t apus_sign_i64(int64_t x) { return x > 0 ? 1 : x < 0 ? -1 : 0; }
APUS_INLINE uint32_t apus_max_u32(uint32_t x, uint32_t y) { return x > y ? x : y; }
APUS_INLINE uint32_t apus_min_u32(uint32_t x, uint32_t y) { return x < y ? x : y; }
/* Toward zero; by zero gives 0. */
APUS_INLINE uint32_t apus_div_u32(uint32_t x, uint32_t y) {
  if (y == 0) return 0;
  return x / y;
}
APUS_INLINE uint32_t apus_fmod_u32(uint32_t x, uint32_t y) {
  if (y == 0) return 0;
  return x % y;
}
APUS_INLINE uint32_t apus_mod_u32(uint32_t x, uint32_t y) {
  return y == 0 ? 0 : x % y;
}
APUS_INLINE uint32_t apus_shl_u32(uint32_t x, uint32_t y) {
  return (uint32_t)y < 32 ? (uint32_t)((uint32_t)x << (uint32_t)y) : 0;
}
APUS_INLINE uint32_t apus_shr_u32(uint32_t x, uint32_t y) {
  return (uint32_t)y < 32 ? x >> (uint32_t)y : 0;
}
APUS_INLINE uint32_t apus_pow_u32(uint32_t x, uint32_t y) {
  uint32_t base = (uint32_t)x, result = 1u;
  for (; y > 0; y = (uint32_t)(y / 2)) {
    if (y % 2) result *= base;
    base *= base;
  }
  return (uint32_t)result;
}
APUS_INLINE uint32_t apus_abs_u32(uint32_t x) { return x; }
APUS_INLINE uint32_t apus_sign_u32(uint32_t x) { return x > 0 ? 1 : 0; }
APUS_INLINE uint64_t apus_max_u64(uint64_t x, uint64_t y) { return x > y ? x : y; }
APUS_INLINE uint64_t apus_min_u64(uint64_t x, uint64_t y) { return x < y ? x : y; }
/* Toward zero; by zero gives 0. */
APUS_INLINE uint64_t apus_div_u64(uint64_t x, uint64_t y) {
  if (y == 0) return 0;
  return x / y;
}
APUS_INLINE uint64_t apus_fmod_u64(uint64_t x, uint64_t y) {
  if (y == 0) return 0;
  return x % y;
}
APUS_INLINE uint64_t apus_mod_u64(uint64_t x, uint64_t y) {
  return y == 0 ? 0 : x % y;
}
APUS_INLINE uint64_t apus_shl_u64(uint64_t x, uint64_t y) {
  return (uint64_t)y < 64 ? (uint64_t)((uint64_t)x << (uint64_t)y) : 0;
}
APUS_INLINE uint64_t apus_shr_u64(uint64_t x, uint64_t y) {
  return (uint64_t)y < 64 ? x >> (uint64_t)y : 0;
}
APUS_INLINE uint64_t apus_pow_u64(uint64_t x, uint64_t y) {
  uint64_t base = (uint64_t)x, result = 1u;
  for (; y > 0; y = (uint64_t)(y / 2)) {
    if (y % 2) result *= base;
    base *= base;
  }
  return (uint64_t)result;
}
APUS_INLINE uint64_t apus_abs_u64(uint64_t x) { return x; }
APUS_INLINE uint64_t apus_sign_u64(uint64_t x) { return x > 0 ? 1 : 0; }
/* Toward zero, saturating; NaN becomes 0. */
APUS_INLINE int32_t apus_f32_to_i8(float x) {
  if (x != x) return 0;
  return x <= -0x1p7f ? INT8_MIN : x >= 0x1p7f ? INT8_MAX : (int32_t)x;
}
/* Toward zero, saturating; NaN becomes 0. */
APUS_INLINE int32_t apus_f64_to_i8(double x) {
  if (x != x) return 0;
  return x <= -0x1p7 ? INT8_MIN : x >= 0x1p7 ? INT8_MAX : (int32_t)x;
}
/* Toward zero, saturating; NaN becomes 0. */
APUS_INLINE int32_t apus_f32_to_i16(float x) {
  if (x != x) return 0;
  return x <= -0x1p15f ? INT16_MIN : x >= 0x1p15f ? INT16_MAX : (int32_t)x;
}
/* Toward zero, saturating; NaN becomes 0. */
APUS_INLINE int32_t apus_f64_to_i16(double x) {
  if (x != x) return 0;
  return x <= -0x1p15 ? INT16_MIN : x >= 0x1p15 ? INT16_MAX : (int32_t)x;
}
/* Toward zero, saturating; NaN becomes 0. */
APUS_INLINE int32_t apus_f32_to_i32(float x) {
  if (x != x) return 0;
  return x <= -0x1p31f ? INT32_MIN : x >= 0x1p31f ? INT32_MAX : (int32_t)x;
}
/* Toward zero, saturating; NaN becomes 0. */
APUS_INLINE int32_t apus_f64_to_i32(double x) {
  if (x != x) return 0;
  return x <= -0x1p31 ? INT32_MIN : x >= 0x1p31 ? INT32_MAX : (int32_t)x;
}
/* Toward zero, saturating; NaN becomes 0. */
APUS_INLINE int64_t apus_f32_to_i64(float x) {
  if (x != x) return 0;
  return x <= -0x1p63f ? INT64_MIN : x >= 0x1p63f ? INT64_MAX : (int64_t)x;
}
/* Toward zero, saturating; NaN becomes 0. */
APUS_INLINE int64_t apus_f64_to_i64(double x) {
  if (x != x) return 0;
  return x <= -0x1p63 ? INT64_MIN : x >= 0x1p63 ? INT64_MAX : (int64_t)x;
}
/* Toward zero, saturating; NaN becomes 0. */
APUS_INLINE int32_t apus_f32_to_u8(float x) {
  if (x != x) return 0;
  return x <= 0.0f ? 0 : x >= 0x1p8f ? UINT8_MAX : (int32_t)x;
}
/* Toward zero, saturating; NaN becomes 0. */
APUS_INLINE int32_t apus_f64_to_u8(double x) {
  if (x != x) return 0;
  return x <= 0.0 ? 0 : x >= 0x1p8 ? UINT8_MAX : (int32_t)x;
}
/* Toward zero, saturating; NaN becomes 0. */
APUS_INLINE int32_t apus_f32_to_u16(float x) {
  if (x != x) return 0;
  return x <= 0.0f ? 0 : x >= 0x1p16f ? UINT16_MAX : (int32_t)x;
}
/* Toward zero, saturating; NaN becomes 0. */
APUS_INLINE int32_t apus_f64_to_u16(double x) {
  if (x != x) return 0;
  return x <= 0.0 ? 0 : x >= 0x1p16 ? UINT16_MAX : (int32_t)x;
}
/* Toward zero, saturating; NaN becomes 0. */
APUS_INLINE uint32_t apus_f32_to_u32(float x) {
  if (x != x) return 0;
  return x <= 0.0f ? 0 : x >= 0x1p32f ? UINT32_MAX : (uint32_t)x;
}
/* Toward zero, saturating; NaN becomes 0. */
APUS_INLINE uint32_t apus_f64_to_u32(double x) {
  if (x != x) return 0;
  return x <= 0.0 ? 0 : x >= 0x1p32 ? UINT32_MAX : (uint32_t)x;
}
/* Toward zero, saturating; NaN becomes 0. */
APUS_INLINE uint64_t apus_f32_to_u64(float x) {
  if (x != x) return 0;
  return x <= 0.0f ? 0 : x >= 0x1p64f ? UINT64_MAX : (uint64_t)x;
}
/* Toward zero, saturating; NaN becomes 0. */
APUS_INLINE uint64_t apus_f64_to_u64(double x) {
  if (x != x) return 0;
  return x <= 0.0 ? 0 : x >= 0x1p64 ? UINT64_MAX : (uint64_t)x;
}
/* The bytes of strings: constant ones, then those of one run. A string is a place among them, the
 * low half of a number, and a length; one that lies elsewhere counts as empty. A byte always
 * follows. */
typedef struct apus_pool {
  const uint8_t *fixed;
  uint8_t *room;
  uint32_t fixed_bytes, room_bytes, used;
  int32_t full; /* whether a string found no room */
} apus_pool;
APUS_INLINE apus_pool apus_new_pool(const uint8_t *fixed, uint32_t fixed_bytes, uint8_t *room,
                                    uint32_t room_bytes) {
  const apus_pool pool = {fixed, room, fixed_bytes, room_bytes, 0, 0};
  return pool;
}
typedef struct {
  const uint8_t *at;
  uint32_t length;
} apus_text;
/* The bytes of a string. */
APUS_INLINE apus_text apus_text_of(const apus_pool *pool, uint64_t string) {
  const uint32_t place = (uint32_t)string, length = (uint32_t)(string >> 32);
  apus_text text = {pool->fixed, 0};
  if (place < pool->fixed_bytes) {
    if (length < pool->fixed_bytes - place) text.at += place, text.length = length;
  } else if (place - pool->fixed_bytes < pool->used &&
             length < pool->used - (place - pool->fixed_bytes)) {
    text.at = pool->room + (place - pool->fixed_bytes), text.length = length;
  }
  return text;
}
/* A new string of so many bytes, which the caller writes; NULL, and an empty one, without room. */
APUS_INLINE uint8_t *apus_claim(apus_pool *pool, uint64_t length, uint64_t *string) {
  uint8_t *bytes = pool->room + pool->used;
  *string = 0;
  if (length >= pool->room_bytes - pool->used) {
    pool->full = 1;
    return NULL;
  }
  *string = length << 32 | (pool->fixed_bytes + pool->used);
  bytes[length] = 0;
  pool->used += (uint32_t)length + 1u;
  return bytes;
}
/* The caller's string in the pool; NULL counts as empty. */
APUS_INLINE uint64_t apus_take(apus_pool *pool, const char *text) {
  const uint32_t most = pool->room_bytes - pool->used;
  uint32_t length = 0;
  uint64_t string = 0;
  if (text == NULL || text[0] == 0) return 0;
  while (length < most && text[length] != 0) length++;
  uint8_t *bytes = apus_claim(pool, length, &string);
  if (bytes != NULL) memcpy(bytes, text, length);
  return string;
}
/* A string for the caller, with a zero behind it: a copy where something else follows. */
APUS_INLINE const char *apus_give(apus_pool *pool, uint64_t string) {
  const apus_text text = apus_text_of(pool, string);
  uint8_t *bytes;
  if (text.length == 0) return "";
  if (text.at[text.length] == 0) return (const char *)text.at;
  bytes = apus_claim(pool, text.length, &string);
  if (bytes == NULL) return "";
  memcpy(bytes, text.at, text.length);
  return (const char *)bytes;
}
/* Below, at or above 0 as the first string comes before, equals or comes after the second one. */
APUS_INLINE int apus_order(const apus_pool *pool, uint64_t a, uint64_t b) {
  if (a == b) return 0;
  const apus_text x = apus_text_of(pool, a), y = apus_text_of(pool, b);
  const uint32_t common = x.length < y.length ? x.length : y.length;
  const int order = common > 0 ? memcmp(x.at, y.at, common) : 0;
  return order != 0 ? order : (x.length > y.length) - (x.length < y.length);
}
APUS_INLINE uint64_t apus_join(apus_pool *pool, uint64_t a, uint64_t b) {
  const apus_text x = apus_text_of(pool, a), y = apus_text_of(pool, b);
  uint64_t string = 0;
  if (y.length == 0) return a;
  if (x.length == 0) return b;
  uint8_t *bytes = apus_claim(pool, (uint64_t)x.length + y.length, &string);
  if (bytes == NULL) return string;
  memcpy(bytes, x.at, x.length);
  memcpy(bytes + x.length, y.at, y.length);
  return string;
}
APUS_INLINE int apus_is_space(uint8_t byte) { return byte == ' ' || (byte >= 9 && byte <= 13); }
/* Where the first part of a string begins and ends, and where the rest begins; `more` tells
 * whether another part follows. */
typedef struct {
  uint32_t first, end, rest;
  int32_t more;
} apus_cut;
/* The cut from a place on; a separator without bytes stands for white space. */
APUS_INLINE apus_cut apus_cut_of(apus_text text, apus_text by, uint32_t from) {
  apus_cut cut = {from, text.length, text.length, 0};
  if (by.length == 0) {
    while (cut.first < text.length && apus_is_space(text.at[cut.first])) cut.first++;
    cut.end = cut.first;
    while (cut.end < text.length && !apus_is_space(text.at[cut.end])) cut.end++;
    cut.rest = cut.end;
    while (cut.rest < text.length && apus_is_space(text.at[cut.rest])) cut.rest++;
    cut.more = cut.rest < text.length;
    return cut;
  }
  for (uint32_t i = from; text.length - i >= by.length; i++) {
    if (memcmp(text.at + i, by.at, by.length) != 0) continue;
    cut.end = i, cut.rest = i + by.length, cut.more = 1;
    break;
  }
  return cut;
}
/* The bytes from one place to another of a string that has them. */
APUS_INLINE uint64_t apus_part(uint64_t string, uint32_t start, uint32_t end) {
  return start == end ? 0 : (uint64_t)(end - start) << 32 | ((uint32_t)string + start);
}
APUS_INLINE uint64_t apus_head(const apus_pool *pool, uint64_t a, uint64_t b) {
  const apus_cut cut = apus_cut_of(apus_text_of(pool, a), apus_text_of(pool, b), 0);
  return apus_part(a, cut.first, cut.end);
}
APUS_INLINE uint64_t apus_tail(const apus_pool *pool, uint64_t a, uint64_t b) {
  const apus_text text = apus_text_of(pool, a);
  return apus_part(a, apus_cut_of(text, apus_text_of(pool, b), 0).rest, text.length);
}
APUS_INLINE int64_t apus_parts(const apus_pool *pool, uint64_t a, uint64_t b) {
  const apus_text text = apus_text_of(pool, a), by = apus_text_of(pool, b);
  apus_cut cut = apus_cut_of(text, by, 0);
  int64_t count = by.length > 0 || cut.first < text.length;
  for (; cut.more; count++) cut = apus_cut_of(text, by, cut.rest);
  return count;
}
/* Runs an automaton over the bytes of a string. Its bytes: numbers of states and of classes (two
 * each, low ones first), the class of each byte, 1 for each state that accepts, and for each state
 * and class the next state; a state that does not exist refuses. */
APUS_INLINE int apus_matches(const apus_pool *pool, uint64_t a, uint64_t b) {
  const apus_text text = apus_text_of(pool, a), table = apus_text_of(pool, b);
  if (table.length < 260) return 0;
  const uint32_t states = table.at[0] | (uint32_t)table.at[1] << 8;
  const uint32_t classes = table.at[2] | (uint32_t)table.at[3] << 8;
  const uint8_t *kinds = table.at + 4, *accepts = kinds + 256, *next = accepts + states;
  uint32_t state = 0;
  if (table.length != 260u + states + 2ull * states * classes) return 0;
  for (uint32_t i = 0; i < text.length && state < states; i++) {
    const uint8_t kind = kinds[text.at[i]];
    if (kind >= classes) return 0;
    const uint8_t *entry = next + 2 * ((size_t)state * classes + kind);
    state = entry[0] | (uint32_t)entry[1] << 8;
  }
  return state < states && accepts[state] == 1;
}
/* The sum of two numbers, the second one as small as the rounding of the first. */
typedef struct {
  double high, low;
} apus_pair;
/* A number times a power of 10, some thirty digits of it. */
APUS_INLINE apus_pair apus_scaled(double x, int32_t exponent) {
  apus_pair r = {x, 0.0};
  while (exponent != 0 && r.high - r.high == 0.0) {
    int32_t step = exponent < 0 ? -exponent : exponent;
    double power = 1.0, rest;
    step = step > 22 ? 22 : step; /* 10^22 is exact */
    for (int32_t i = 0; i < step; i++) power *= 10.0;
    const double high = exponent < 0 ? r.high / power : r.high * power;
    if (exponent < 0) rest = (fma(-high, power, r.high) + r.low) / power;
    else rest = fma(r.high, power, -high) + r.low * power;
    r.high = high - high == 0.0 ? high + rest : high;
    r.low = rest - (r.high - high);
    exponent += exponent < 0 ? step : -step;
  }
  return r;
}
/* A new string of some bytes. */
APUS_INLINE uint64_t apus_made(apus_pool *pool, const char *text, uint32_t length) {
  uint64_t string = 0;
  uint8_t *bytes = apus_claim(pool, length, &string);
  if (bytes != NULL) memcpy(bytes, text, length);
  return string;
}
APUS_INLINE uint64_t apus_u64_to_string(apus_pool *pool, uint64_t x) {
  char text[20];
  uint32_t first = 20;
  do text[--first] = (char)('0' + x % 10);
  while ((x /= 10) > 0);
  return apus_made(pool, text + first, 20 - first);
}
APUS_INLINE uint64_t apus_i64_to_string(apus_pool *pool, int64_t x) {
  char text[20];
  uint32_t first = 20;
  uint64_t size = x < 0 ? 0 - (uint64_t)x : (uint64_t)x;
  do text[--first] = (char)('0' + size % 10);
  while ((size /= 10) > 0);
  if (x < 0) text[--first] = '-';
  return apus_made(pool, text + first, 20 - first);
}
/* Eight digits without zeros at the end, ties to even; with an exponent below 1e-4 and from 1e8 on,
 * as `%.8g` writes them. */
APUS_INLINE uint64_t apus_f64_to_string(apus_pool *pool, double x) {
  char text[24], digits[8];
  uint32_t n = 0, count = 8;
  if (x != x) return apus_made(pool, "NaN", 3);
  if (signbit(x)) text[n++] = '-';
  x = fabs(x);
  if (x - x != 0.0) {
    memcpy(text + n, "INF", 3);
    return apus_made(pool, text, n + 3);
  }
  int32_t exponent = x == 0.0 ? 0 : (int32_t)floor(log10(x));
  apus_pair scaled = apus_scaled(x, 7 - exponent);
  if (scaled.high >= 1e8) scaled = apus_scaled(x, 7 - ++exponent);
  else if (x != 0.0 && scaled.high < 1e7) scaled = apus_scaled(x, 7 - --exponent);
  double whole = floor(scaled.high);
  const double over = (scaled.high - whole - 0.5) + scaled.low;
  if (over > 0.0 || (over == 0.0 && fmod(whole, 2.0) != 0.0)) whole += 1.0;
  if (whole >= 1e8) whole = 1e7, exponent++;
  uint32_t number = (uint32_t)whole;
  for (uint32_t i = 8; i-- > 0; number /= 10) digits[i] = (char)('0' + number % 10);
  while (count > 1 && digits[count - 1] == '0') count--;
  const int is_plain = exponent >= -4 && exponent < 8;
  int32_t point = is_plain ? exponent : 0; /* the digit that the point follows */
  if (point < 0) text[n++] = '0', text[n++] = '.';
  for (int32_t i = point + 1; i < 0; i++) text[n++] = '0';
  for (int32_t i = 0; i < (int32_t)count || i <= point; i++) {
    if (i == point + 1 && i > 0) text[n++] = '.';
    text[n++] = i < (int32_t)count ? digits[i] : '0';
  }
  if (!is_plain) {
    uint32_t size = (uint32_t)(exponent < 0 ? -exponent : exponent);
    text[n++] = 'e', text[n++] = exponent < 0 ? '-' : '+';
    if (size >= 100) text[n++] = (char)('0' + size / 100);
    text[n++] = (char)('0' + size / 10 % 10), text[n++] = (char)('0' + size % 10);
  }
  return apus_made(pool, text, n);
}
/* The bytes behind white space and a sign. */
APUS_INLINE apus_text apus_signed_text(apus_text text, int *is_negative) {
  while (text.length > 0 && apus_is_space(text.at[0])) text.at++, text.length--;
  *is_negative = text.length > 0 && text.at[0] == '-';
  if (text.length > 0 && (text.at[0] == '-' || text.at[0] == '+')) text.at++, text.length--;
  return text;
}
APUS_INLINE int apus_is_digit(uint8_t byte) { return byte >= '0' && byte <= '9'; }
/* The digits at the front, the low bits of too many; 0 where there are none. */
APUS_INLINE uint64_t apus_string_to_u64(const apus_pool *pool, uint64_t a) {
  int is_negative;
  const apus_text text = apus_signed_text(apus_text_of(pool, a), &is_negative);
  uint64_t number = 0;
  for (uint32_t i = 0; i < text.length && apus_is_digit(text.at[i]); i++)
    number = number * 10 + (uint64_t)(text.at[i] - '0');
  return is_negative ? 0 - number : number;
}
APUS_INLINE int64_t apus_string_to_i64(const apus_pool *pool, uint64_t a) {
  return (int64_t)apus_string_to_u64(pool, a);
}
/* Whether a text begins with a word in upper case, in any case. */
APUS_INLINE int apus_begins(apus_text text, const char *word) {
  uint32_t i = 0;
  while (word[i] != 0 && i < text.length && (text.at[i] & 0xdf) == word[i]) i++;
  return word[i] == 0;
}
/* The number at the front, in plain or scientific notation, INF or NAN; NaN where there is none.
 * Digits after the nineteenth do not count. */
APUS_INLINE double apus_string_to_f64(const apus_pool *pool, uint64_t a) {
  int is_negative, is_below;
  const apus_text text = apus_signed_text(apus_text_of(pool, a), &is_negative);
  uint64_t number = 0;
  uint32_t i = 0, digits = 0, point = 0;
  int32_t exponent = 0, shift = 0;
  if (apus_begins(text, "INF")) return is_negative ? -HUGE_VAL : HUGE_VAL;
  for (; i < text.length && (apus_is_digit(text.at[i]) || (text.at[i] == '.' && !point)); i++) {
    if (text.at[i] == '.') {
      point = 1;
      continue;
    }
    digits = 1;
    if (number < 1000000000000000000u) {
      number = number * 10 + (uint64_t)(text.at[i] - '0');
      if (point) exponent--;
    } else if (!point && exponent < 100000) {
      exponent++;
    }
  }
  if (!digits) return nan("");
  if (i < text.length && (text.at[i] & 0xdf) == 'E') {
    const apus_text tail = {text.at + i + 1, text.length - i - 1};
    const apus_text power = apus_signed_text(tail, &is_below);
    for (i = 0; i < power.length && apus_is_digit(power.at[i]); i++)
      if (shift < 100000) shift = shift * 10 + (power.at[i] - '0');
    exponent += is_below ? -shift : shift;
  }
  /* Halves of 32 bits are exact; beyond these powers everything is 0 or infinite. */
  exponent = exponent > 400 ? 400 : exponent < -400 ? -400 : exponent;
  const double up = exponent < -200 ? 0x1p200 : 1.0; /* away from numbers that lose digits */
  const apus_pair high = apus_scaled((double)(number >> 32) * 0x1p32 * up, exponent);
  const apus_pair low = apus_scaled((double)(number & 0xffffffffu) * up, exponent);
  double value = high.high + low.high;
  if (value - value == 0.0) value += (low.high - (value - high.high)) + high.low + low.low;
  value /= up;
  return is_negative ? -value : value;
}
/* A letter in the other case, where Unicode has one of as many bytes: Latin, Greek, Cyrillic and
 * Armenian letters, but for some of Latin Extended-B and of Greek that no language of today uses. */
APUS_INLINE uint32_t apus_letter(uint32_t c, int upper) {
  /* Small letters from one to another, and what lies between them and the large ones. */
  static const int32_t rows[][3] = {
      {0x61, 0x7a, 32},     {0xe0, 0xf6, 32},     {0xf8, 0xfe, 32},     {0xff, 0xff, -121},
      {0x3ac, 0x3ac, 38},   {0x3ad, 0x3af, 37},   {0x3b1, 0x3c1, 32},   {0x3c3, 0x3cb, 32},
      {0x3cc, 0x3cc, 64},   {0x3cd, 0x3ce, 63},   {0x430, 0x44f, 32},   {0x450, 0x45f, 80},
      {0x4cf, 0x4cf, 15},   {0x561, 0x586, 48},   {0xff41, 0xff5a, 32}};
  /* A large letter and its small one, again and again. */
  static const uint16_t pairs[][2] = {
      {0x100, 0x12f},   {0x132, 0x137},   {0x139, 0x148},   {0x14a, 0x177},   {0x179, 0x17e},
      {0x1a0, 0x1a5},   {0x1af, 0x1b0},   {0x1cd, 0x1dc},   {0x1de, 0x1ef},   {0x1f8, 0x21f},
      {0x222, 0x233},   {0x246, 0x24f},   {0x370, 0x373},   {0x376, 0x377},   {0x3d8, 0x3ef},
      {0x460, 0x481},   {0x48a, 0x4bf},   {0x4c1, 0x4ce},   {0x4d0, 0x52f},   {0x1e00, 0x1e95},
      {0x1ea0, 0x1eff}};
  if (upper && c == 0xb5) return 0x39c;
  if (upper && c == 0x3c2) return 0x3a3;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    const int32_t shift = upper ? 0 : rows[i][2], letter = (int32_t)c + shift;
    if (letter >= rows[i][0] && letter <= rows[i][1])
      return (uint32_t)(upper ? letter - rows[i][2] : letter);
  }
  for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
    if (c < pairs[i][0] || c > pairs[i][1]) continue;
    const uint32_t is_small = (c - pairs[i][0]) & 1u;
    return upper ? c - is_small : c + 1u - is_small;
  }
  return c;
}
/* A string in upper or lower case, letter by letter. */
APUS_INLINE uint64_t apus_cased(apus_pool *pool, uint64_t a, int upper) {
  const apus_text text = apus_text_of(pool, a);
  uint64_t string = 0;
  if (text.length == 0) return 0;
  uint8_t *bytes = apus_claim(pool, text.length, &string);
  if (bytes == NULL) return string;
  memcpy(bytes, text.at, text.length);
  for (uint32_t i = 0; i < text.length; i++) {
    const uint8_t byte = bytes[i];
    const uint32_t more = byte < 0xc2 ? 0 : byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 0;
    uint32_t letter = more == 0 ? byte : byte & (0x3fu >> more), k = 1;
    if ((byte >= 0x80 && more == 0) || more >= text.length - i) continue;
    for (; k <= more && (bytes[i + k] & 0xc0u) == 0x80u; k++)
      letter = letter << 6 | (bytes[i + k] & 0x3fu);
    if (k <= more) continue;
    letter = apus_letter(letter, upper);
    for (k = more; k > 0; k--, letter >>= 6)
      bytes[i + k] = (uint8_t)(0x80u | (letter & 0x3fu));
    bytes[i] = (uint8_t)(more == 0 ? letter : (more == 1 ? 0xc0u : 0xe0u) | letter);
    i += more;
  }
  return string;
}
APUS_INLINE uint64_t apus_upper(apus_pool *pool, uint64_t a) { return apus_cased(pool, a, 1); }
APUS_INLINE uint64_t apus_lower(apus_pool *pool, uint64_t a) { return apus_cased(pool, a, 0); }
#if defined(__x86_64__) || defined(__i386__)
#include <immintrin.h>
#elif defined(__ARM_NEON)
#include <arm_neon.h>
#endif
typedef float apus_f32_16 __attribute__((vector_size(4 * 16)));
typedef int32_t apus_i32_16 __attribute__((vector_size(4 * 16)));
typedef int32_t apus_mask_16 __attribute__((vector_size(4 * 16)));
typedef uint32_t apus_u32_16 __attribute__((vector_size(4 * 16)));
typedef float apus_f32_any_16 __attribute__((vector_size(4 * 16), aligned(4), may_alias));
typedef int32_t apus_i32_any_16 __attribute__((vector_size(4 * 16), aligned(4), may_alias));
typedef uint32_t apus_u32_any_16 __attribute__((vector_size(4 * 16), aligned(4), may_alias));
APUS_INLINE apus_i32_16 apus_bits_16(apus_f32_16 x) { return (apus_i32_16)x; }
APUS_INLINE apus_f32_16 apus_from_bits_16(apus_i32_16 bits) { return (apus_f32_16)bits; }
APUS_INLINE apus_i32_16 apus_shl_bits_16(apus_i32_16 x, int n) { return x << n; }
APUS_INLINE apus_f32_16 apus_splat_16(float x) { return x - (apus_f32_16){0}; }
APUS_INLINE apus_i32_16 apus_splat_i32_16(int32_t x) { return x - (apus_i32_16){0}; }
APUS_INLINE apus_u32_16 apus_splat_u32_16(uint32_t x) { return x - (apus_u32_16){0}; }
APUS_INLINE apus_mask_16 apus_splat_mask_16(int x) { return -x - (apus_mask_16){0}; }
APUS_INLINE apus_f32_16 apus_load_16(const float *p) { return *(const apus_f32_any_16 *)p; }
APUS_INLINE apus_i32_16 apus_load_i32_16(const int32_t *p) { return *(const apus_i32_any_16 *)p; }
APUS_INLINE apus_u32_16 apus_load_u32_16(const uint32_t *p) { return *(const apus_u32_any_16 *)p; }
APUS_INLINE apus_i32_16 apus_load_u8_16(const uint8_t *p) {
#if defined(APUS_AVX512) && 16 == 16
  return (apus_i32_16)_mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)(const void *)p));
#elif defined(APUS_AVX2) && 16 == 8
  return (apus_i32_16)_mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)(const void *)p));
#else
  apus_i32_16 x = {0};
  for (int i = 0; i < 16; i++) x[i] = p[i];
  return x;
#endif
}
APUS_INLINE apus_i32_16 apus_load_i8_16(const int8_t *p) {
#if defined(APUS_AVX512) && 16 == 16
  return (apus_i32_16)_mm512_cvtepi8_epi32(_mm_loadu_si128((const __m128i *)(const void *)p));
#elif defined(APUS_AVX2) && 16 == 8
  return (apus_i32_16)_mm256_cvtepi8_epi32(_mm_loadl_epi64((const __m128i *)(const void *)p));
#else
  apus_i32_16 x = {0};
  for (int i = 0; i < 16; i++) x[i] = p[i];
  return x;
#endif
}
APUS_INLINE apus_i32_16 apus_load_part_u8_16(const uint8_t *p, int n) {
  apus_i32_16 x = {0};
  for (int i = 0; i < n; i++) x[i] = p[i];
  return x;
}
APUS_INLINE apus_i32_16 apus_load_part_i8_16(const int8_t *p, int n) {
  apus_i32_16 x = {0};
  for (int i = 0; i < n; i++) x[i] = p[i];
  return x;
}
APUS_INLINE apus_i32_16 apus_load_part_i32_16(const int32_t *p, int n) {
#if defined(APUS_AVX512) && 16 == 16
  return (apus_i32_16)_mm512_maskz_loadu_epi32((__mmask16)((1u << n) - 1u), p);
#else
  apus_i32_16 x = {0};
  for (int i = 0; i < n; i++) x[i] = p[i];
  return x;
#endif
}
APUS_INLINE apus_f32_16 apus_load_part_16(const float *p, int n) {
#if defined(APUS_AVX512) && 16 == 16
  return (apus_f32_16)_mm512_maskz_loadu_ps((__mmask16)((1u << n) - 1u), p);
#else
  apus_f32_16 x = {0};
  for (int i = 0; i < n; i++) x[i] = p[i];
  return x;
#endif
}
APUS_INLINE void apus_store_16(float *p, apus_f32_16 x) { *(apus_f32_any_16 *)p = x; }
APUS_INLINE void apus_store_i32_16(int32_t *p, apus_i32_16 x) { *(apus_i32_any_16 *)p = x; }
APUS_INLINE void apus_store_u32_16(uint32_t *p, apus_u32_16 x) { *(apus_u32_any_16 *)p = x; }
/* The low bytes. */
APUS_INLINE void apus_store_u8_16(uint8_t *p, apus_i32_16 x) {
#if defined(APUS_AVX512) && 16 == 16
  _mm_storeu_si128((__m128i *)(void *)p, _mm512_cvtepi32_epi8((__m512i)x));
#elif defined(APUS_AVX2) && 16 == 8
  const __m256i low = _mm256_shuffle_epi8(
      (__m256i)x, _mm256_broadcastsi128_si256(_mm_setr_epi8(0, 4, 8, 12, -1, -1, -1, -1, -1, -1, -1,
                                                            -1, -1, -1, -1, -1)));
  _mm_storel_epi64((__m128i *)(void *)p,
                   _mm_unpacklo_epi32(_mm256_castsi256_si128(low), _mm256_extracti128_si256(low, 1)));
#else
  for (int i = 0; i < 16; i++) p[i] = (uint8_t)x[i];
#endif
}
/* The low bytes. */
APUS_INLINE void apus_store_i8_16(int8_t *p, apus_i32_16 x) {
  apus_store_u8_16((uint8_t *)p, x);
}
/* The low bytes. */
APUS_INLINE void apus_store_part_u8_16(uint8_t *p, apus_i32_16 x, int n) {
#if defined(APUS_AVX512) && 16 == 16
  _mm512_mask_cvtepi32_storeu_epi8(p, (__mmask16)((1u << n) - 1u), (__m512i)x);
#else
  for (int i = 0; i < n; i++) p[i] = (uint8_t)x[i];
#endif
}
/* The low bytes. */
APUS_INLINE void apus_store_part_i8_16(int8_t *p, apus_i32_16 x, int n) {
  apus_store_part_u8_16((uint8_t *)p, x, n);
}
APUS_INLINE void apus_store_part_i32_16(int32_t *p, apus_i32_16 x, int n) {
#if defined(APUS_AVX512) && 16 == 16
  _mm512_mask_storeu_epi32(p, (__mmask16)((1u << n) - 1u), (__m512i)x);
#else
  for (int i = 0; i < n; i++) p[i] = x[i];
#endif
}
/* Wrapping. */
APUS_INLINE apus_i32_16 apus_add_i32_16(apus_i32_16 a, apus_i32_16 b) {
  return (apus_i32_16)((apus_u32_16)a + (apus_u32_16)b);
}
/* Wrapping. */
APUS_INLINE apus_i32_16 apus_sub_i32_16(apus_i32_16 a, apus_i32_16 b) {
  return (apus_i32_16)((apus_u32_16)a - (apus_u32_16)b);
}
/* Wrapping. */
APUS_INLINE apus_i32_16 apus_mul_i32_16(apus_i32_16 a, apus_i32_16 b) {
  return (apus_i32_16)((apus_u32_16)a * (apus_u32_16)b);
}
APUS_INLINE apus_i32_16 apus_shl_i32_16(apus_i32_16 x, int32_t n) {
  return (uint32_t)n < 32 ? (apus_i32_16)((apus_u32_16)x << (uint32_t)n) : (apus_i32_16){0};
}
APUS_INLINE apus_i32_16 apus_shr_i32_16(apus_i32_16 x, int32_t n) {
  return x >> ((uint32_t)n < 32 ? (uint32_t)n : 31);
}
APUS_INLINE apus_i32_16 apus_select_i32_16(apus_mask_16 m, apus_i32_16 a, apus_i32_16 b) {
  return (m & a) | (~m & b);
}
APUS_INLINE apus_i32_16 apus_max_i32_16(apus_i32_16 a, apus_i32_16 b) {
  return apus_select_i32_16(a > b, a, b);
}
APUS_INLINE apus_i32_16 apus_min_i32_16(apus_i32_16 a, apus_i32_16 b) {
  return apus_select_i32_16(a < b, a, b);
}
APUS_INLINE apus_i32_16 apus_i32_to_u8_16(apus_i32_16 x) { return x & 255; }
APUS_INLINE apus_i32_16 apus_i32_to_i8_16(apus_i32_16 x) {
  return (apus_i32_16)((apus_u32_16)x << 24) >> 24;
}
APUS_INLINE apus_f32_16 apus_copysign_16(apus_f32_16 x, apus_f32_16 sign) {
  return apus_from_bits_16(
      (apus_bits_16(x) & 0x7fffffff) | (apus_bits_16(sign) & (-0x7fffffff - 1)));
}
APUS_INLINE apus_f32_16 apus_select_16(apus_mask_16 m, apus_f32_16 a, apus_f32_16 b) {
#if defined(__clang__) && defined(APUS_AVX512) && 16 == 16
  /* clang 21 miscompiles the plain form together with apus_copysign_16. */
  const __mmask16 k = _mm512_movepi32_mask((__m512i)m);
  return (apus_f32_16)_mm512_mask_blend_ps(k, (__m512)b, (__m512)a);
#elif defined(APUS_AVX512) && 16 == 16
  return (apus_f32_16)_mm512_ternarylogic_epi32((__m512i)m, (__m512i)a, (__m512i)b, 0xca);
#else
  return (apus_f32_16)((m & (apus_mask_16)a) | (~m & (apus_mask_16)b));
#endif
}
/* The larger number, where a is no NaN; a NaN in b stays. */
APUS_INLINE apus_f32_16 apus_max_known_16(apus_f32_16 a, apus_f32_16 b) {
#if defined(APUS_AVX512) && 16 == 16
  return (apus_f32_16)_mm512_max_ps((__m512)a, (__m512)b);
#elif defined(__AVX__) && 16 == 8
  return (apus_f32_16)_mm256_max_ps((__m256)a, (__m256)b);
#elif defined(__SSE__) && 16 == 4
  return (apus_f32_16)_mm_max_ps((__m128)a, (__m128)b);
#else
  return apus_select_16(a > b, a, b);
#endif
}
/* The smaller number, where a is no NaN; a NaN in b stays. */
APUS_INLINE apus_f32_16 apus_min_known_16(apus_f32_16 a, apus_f32_16 b) {
#if defined(APUS_AVX512) && 16 == 16
  return (apus_f32_16)_mm512_min_ps((__m512)a, (__m512)b);
#elif defined(__AVX__) && 16 == 8
  return (apus_f32_16)_mm256_min_ps((__m256)a, (__m256)b);
#elif defined(__SSE__) && 16 == 4
  return (apus_f32_16)_mm_min_ps((__m128)a, (__m128)b);
#else
  return apus_select_16(a < b, a, b);
#endif
}
/* Toward zero, saturating; NaN becomes 0. */
APUS_INLINE apus_i32_16 apus_f32_to_i32_16(apus_f32_16 x) {
  const apus_mask_16 low = x <= -0x1p31f, high = x >= 0x1p31f, bad = (x != x) | low | high;
  const apus_i32_16 y = __builtin_convertvector(apus_select_16(bad, (apus_f32_16){0}, x), apus_i32_16);
  return (y & ~bad) | (low & (-0x7fffffff - 1)) | (high & 0x7fffffff);
}
/* Toward zero, saturating; NaN becomes 0. */
APUS_INLINE apus_i32_16 apus_f32_to_u8_16(apus_f32_16 x) {
  const apus_f32_16 y = apus_min_known_16(apus_splat_16(255.0f), x);
  return apus_f32_to_i32_16(apus_max_known_16(apus_splat_16(0.0f), y));
}
/* Toward zero, saturating; NaN becomes 0. */
APUS_INLINE apus_i32_16 apus_f32_to_i8_16(apus_f32_16 x) {
  const apus_f32_16 y = apus_min_known_16(apus_splat_16(127.0f), x);
  return apus_f32_to_i32_16(apus_max_known_16(apus_splat_16(-128.0f), y));
}
APUS_INLINE apus_f32_16 apus_abs_16(apus_f32_16 x) {
  return apus_from_bits_16(apus_bits_16(x) & 0x7fffffff);
}
/* To the nearest integer, ties to even. */
APUS_INLINE apus_f32_16 apus_round_16(apus_f32_16 x) {
#if defined(APUS_AVX512) && 16 == 16
  return (apus_f32_16)_mm512_roundscale_ps((__m512)x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
#elif defined(APUS_AVX2) && 16 == 8
  return (apus_f32_16)_mm256_round_ps((__m256)x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
#elif defined(__SSE4_1__) && 16 == 4
  return (apus_f32_16)_mm_round_ps((__m128)x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
#elif defined(__aarch64__) && defined(__ARM_NEON) && 16 == 4
  return (apus_f32_16)vrndnq_f32((float32x4_t)x);
#else
  const apus_f32_16 big = apus_copysign_16(apus_splat_16(0x1p23f), x);
  const apus_f32_16 rounded = apus_copysign_16((x + big) - big, x);
  return apus_select_16(apus_abs_16(x) < 0x1p23f, rounded, x);
#endif
}
/* The nearest of the integers of 31 bits, ties to even; NaN becomes 0. */
APUS_INLINE apus_i32_16 apus_nearest_16(apus_f32_16 x) {
#if defined(APUS_AVX512) && 16 == 16
  const __mmask16 known = _mm512_cmp_ps_mask((__m512)x, (__m512)x, _CMP_ORD_Q);
  return (apus_i32_16)_mm512_maskz_cvtps_epi32(known, (__m512)x);
#elif defined(APUS_AVX2) && 16 == 8
  return (apus_i32_16)_mm256_cvtps_epi32((__m256)x) & (apus_i32_16)(x == x);
#elif defined(__SSE2__) && 16 == 4
  return (apus_i32_16)_mm_cvtps_epi32((__m128)x) & (apus_i32_16)(x == x);
#elif defined(__aarch64__) && defined(__ARM_NEON) && 16 == 4
  return (apus_i32_16)vcvtnq_s32_f32((float32x4_t)x);
#else
  return apus_f32_to_i32_16(apus_round_16(x));
#endif
}
/* Four bytes per lane. */
APUS_INLINE apus_i32_16 apus_load_bytes_16(const int8_t *p) {
  return *(const apus_i32_any_16 *)(const void *)p;
}
/* Four bytes in every lane. */
APUS_INLINE apus_i32_16 apus_splat_bytes_16(const uint8_t *p) {
  int32_t word;
  memcpy(&word, p, sizeof word);
  return apus_splat_i32_16(word);
}
/* The sums of four products per lane of bytes without a sign and with one, added to others. */
APUS_INLINE apus_i32_16 apus_dot_16(apus_i32_16 a, apus_i32_16 b, apus_i32_16 sum) {
#if defined(APUS_AVX512) && defined(__AVX512VNNI__) && 16 == 16
  return (apus_i32_16)_mm512_dpbusd_epi32((__m512i)sum, (__m512i)a, (__m512i)b);
#elif defined(APUS_AVX512) && 16 == 16
  const __m512i low = _mm512_set1_epi16(255);
  const __m512i even = _mm512_madd_epi16(_mm512_and_si512((__m512i)a, low),
                                         _mm512_srai_epi16(_mm512_slli_epi16((__m512i)b, 8), 8));
  const __m512i odd = _mm512_madd_epi16(_mm512_srli_epi16((__m512i)a, 8),
                                        _mm512_srai_epi16((__m512i)b, 8));
  return (apus_i32_16)_mm512_add_epi32((__m512i)sum, _mm512_add_epi32(even, odd));
#elif defined(__AVXVNNI__) && 16 == 8
  return (apus_i32_16)_mm256_dpbusd_avx_epi32((__m256i)sum, (__m256i)a, (__m256i)b);
#elif defined(APUS_AVX2) && 16 == 8
  const __m256i low = _mm256_set1_epi16(255);
  const __m256i even = _mm256_madd_epi16(_mm256_and_si256((__m256i)a, low),
                                         _mm256_srai_epi16(_mm256_slli_epi16((__m256i)b, 8), 8));
  const __m256i odd = _mm256_madd_epi16(_mm256_srli_epi16((__m256i)a, 8),
                                        _mm256_srai_epi16((__m256i)b, 8));
  return (apus_i32_16)_mm256_add_epi32((__m256i)sum, _mm256_add_epi32(even, odd));
#elif defined(__SSE2__) && 16 == 4
  const __m128i low = _mm_set1_epi16(255);
  const __m128i even = _mm_madd_epi16(_mm_and_si128((__m128i)a, low),
                                      _mm_srai_epi16(_mm_slli_epi16((__m128i)b, 8), 8));
  const __m128i odd = _mm_madd_epi16(_mm_srli_epi16((__m128i)a, 8), _mm_srai_epi16((__m128i)b, 8));
  return (apus_i32_16)_mm_add_epi32((__m128i)sum, _mm_add_epi32(even, odd));
#elif defined(__ARM_FEATURE_MATMUL_INT8) && 16 == 4
  return (apus_i32_16)vusdotq_s32((int32x4_t)sum, (uint8x16_t)a, (int8x16_t)b);
#else
  for (int i = 0; i < 4; i++)
    sum += (apus_i32_16)((apus_u32_16)a >> (8 * i) & 255) *
           ((apus_i32_16)((apus_u32_16)b << (24 - 8 * i)) >> 24);
  return sum;
#endif
}
APUS_INLINE void apus_store_part_16(float *p, apus_f32_16 x, int n) {
#if defined(APUS_AVX512) && 16 == 16
  _mm512_mask_storeu_ps(p, (__mmask16)((1u << n) - 1u), (__m512)x);
#else
  for (int i = 0; i < n; i++) p[i] = x[i];
#endif
}
/* a * b + c, with one rounding where the machine can. */
APUS_INLINE apus_f32_16 apus_fma_16(apus_f32_16 a, apus_f32_16 b, apus_f32_16 c) {
#if defined(APUS_AVX512) && 16 == 16
  return (apus_f32_16)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c);
#elif defined(APUS_AVX2) && 16 == 8
  return (apus_f32_16)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
#elif defined(APUS_AVX2) && 16 == 4
  return (apus_f32_16)_mm_fmadd_ps((__m128)a, (__m128)b, (__m128)c);
#elif defined(__ARM_NEON) && defined(__aarch64__) && 16 == 4
  return (apus_f32_16)vfmaq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b);
#elif defined(APUS_FUSES_ALWAYS)
  return APUS_FUSES_ALWAYS(apus_f32_16, a, b, c);
#elif defined(APUS_FUSES)
  for (int i = 0; i < 16; i++) c[i] = __builtin_fmaf(a[i], b[i], c[i]);
  return c;
#else
  return a * b + c;
#endif
}
/* x where a < b, else y. */
APUS_INLINE apus_f32_16 apus_select_less_16(apus_f32_16 a, apus_f32_16 b, apus_f32_16 x, apus_f32_16 y) {
#if defined(APUS_AVX512) && 16 == 16
  const __mmask16 k = _mm512_cmp_ps_mask((__m512)a, (__m512)b, _CMP_LT_OQ);
  return (apus_f32_16)_mm512_mask_blend_ps(k, (__m512)y, (__m512)x);
#else
  return apus_select_16(a < b, x, y);
#endif
}
APUS_INLINE apus_mask_16 apus_select_mask_16(apus_mask_16 m, apus_mask_16 a, apus_mask_16 b) {
  return (m & a) | (~m & b);
}
/* The larger number; NaN when either is NaN. */
APUS_INLINE apus_f32_16 apus_max_16(apus_f32_16 a, apus_f32_16 b) {
  return apus_select_16(a != a, a, apus_max_known_16(a, b));
}
/* The smaller number; NaN when either is NaN. */
APUS_INLINE apus_f32_16 apus_min_16(apus_f32_16 a, apus_f32_16 b) {
  return apus_select_16(a != a, a, apus_min_known_16(a, b));
}
APUS_INLINE apus_f32_16 apus_floor_16(apus_f32_16 x) {
  const apus_f32_16 r = apus_round_16(x);
  return apus_copysign_16(apus_select_16(r > x, r - 1.0f, r), x);
}
APUS_INLINE apus_f32_16 apus_ceil_16(apus_f32_16 x) {
  const apus_f32_16 r = apus_round_16(x);
  return apus_copysign_16(apus_select_16(r < x, r + 1.0f, r), x);
}
APUS_INLINE apus_f32_16 apus_sign_16(apus_f32_16 x) {
  const apus_f32_16 one = apus_copysign_16(apus_splat_16(1.0f), x);
  return apus_select_16(x != 0.0f, apus_select_16(x == x, one, x), apus_splat_16(0.0f));
}
APUS_INLINE apus_f32_16 apus_recip_16(apus_f32_16 x) { return 1.0f / x; }
APUS_INLINE apus_f32_16 apus_sqrt_16(apus_f32_16 x) {
#if defined(APUS_AVX512) && 16 == 16
  return (apus_f32_16)_mm512_sqrt_ps((__m512)x);
#elif defined(__AVX__) && 16 == 8
  return (apus_f32_16)_mm256_sqrt_ps((__m256)x);
#else
  for (int i = 0; i < 16; i++) x[i] = sqrtf(x[i]);
  return x;
#endif
}
/* (exp(r) - 1) / r for |r| up to ln 2 / 2. */
APUS_INLINE apus_f32_16 apus_exp_slope_16(apus_f32_16 r) {
  apus_f32_16 p = apus_splat_16(1.382129034e-03f);
  p = apus_fma_16(p, r, apus_splat_16(8.368669078e-03f));
  p = apus_fma_16(p, r, apus_splat_16(4.166825861e-02f));
  p = apus_fma_16(p, r, apus_splat_16(1.666652113e-01f));
  p = apus_fma_16(p, r, apus_splat_16(4.999999404e-01f));
  return apus_fma_16(p, r, apus_splat_16(1.0f));
}
/* x - n ln 2: the first product is exact. */
APUS_INLINE apus_f32_16 apus_exp_rest_16(apus_f32_16 x, apus_f32_16 n) {
  const apus_f32_16 r = apus_fma_16(n, apus_splat_16(-0x1.62e4p-1f), x);
  return apus_fma_16(n, apus_splat_16(-1.42860677e-06f), r);
}
/* p 2^n where shifted is n + 3 * 2^22; two factors reach denormals. */
APUS_INLINE apus_f32_16 apus_scale_16(apus_f32_16 p, apus_f32_16 shifted) {
#if defined(APUS_AVX512) && 16 == 16
  return (apus_f32_16)_mm512_scalef_ps((__m512)p, (__m512)(shifted - 0x1.8p23f));
#else
  const apus_i32_16 n = apus_bits_16(shifted) - 0x4B400000, half = n >> 1;
  const apus_f32_16 low = apus_from_bits_16(apus_shl_bits_16(half + 127, 23));
  return p * low * apus_from_bits_16(apus_shl_bits_16(n - half + 127, 23));
#endif
}
/* 2^n times a polynomial of the rest. */
APUS_INLINE apus_f32_16 apus_exp_16(apus_f32_16 x) {
  x = apus_max_known_16(apus_splat_16(-104.0f), apus_min_known_16(apus_splat_16(89.0f), x));
  const apus_f32_16 shifted = apus_fma_16(x, apus_splat_16(0x1.715476p0f), apus_splat_16(0x1.8p23f));
  const apus_f32_16 n = shifted - 0x1.8p23f;
  const apus_f32_16 r = apus_exp_rest_16(x, n);
  const apus_f32_16 p = apus_fma_16(apus_exp_slope_16(r), r, apus_splat_16(1.0f));
  return apus_scale_16(p, shifted);
}
/* x P(x^2) up to 0.55, 1 - 2 s / (s + exp(r)) above, exp(-2|x|) being s / exp(r). */
APUS_INLINE apus_f32_16 apus_tanh_16(apus_f32_16 x) {
  const apus_f32_16 u = x * x, a = apus_min_known_16(apus_splat_16(9.02f), apus_abs_16(x));
  const apus_f32_16 magic = apus_splat_16(0x1.8p23f + 128.0f);
  const apus_f32_16 shifted = apus_fma_16(a, apus_splat_16(-0x1.715476p1f), magic);
  const apus_f32_16 n = shifted - magic;
  const apus_f32_16 r = apus_fma_16(n, apus_splat_16(0x1.62e43p-2f), a);
  apus_f32_16 p = apus_splat_16(2.660024725e-01f);
  p = apus_fma_16(p, r, apus_splat_16(6.702433824e-01f));
  p = apus_fma_16(p, r, apus_splat_16(1.333369136e+00f));
  p = apus_fma_16(p, r, apus_splat_16(1.999969244e+00f));
  p = apus_fma_16(p, r, apus_splat_16(2.0f));
  const apus_f32_16 twice = apus_from_bits_16(apus_shl_bits_16(apus_bits_16(shifted), 23));
  p = apus_fma_16(p, r, apus_fma_16(twice, apus_splat_16(0.5f), apus_splat_16(1.0f)));
  apus_f32_16 s = apus_splat_16(1.643787883e-02f);
  s = apus_fma_16(s, u, apus_splat_16(-5.267200992e-02f));
  s = apus_fma_16(s, u, apus_splat_16(1.332072914e-01f));
  s = apus_fma_16(s, u, apus_splat_16(-3.333294690e-01f));
  s = apus_fma_16(s * u, a, a);
  return apus_copysign_16(apus_select_less_16(a, apus_splat_16(0.55f), s, 1.0f - twice / p), x);
}
/* s / (s + exp(r)) below 0 and 1 minus that above, exp(-|x|) being s / exp(r). */
APUS_INLINE apus_f32_16 apus_sigmoid_16(apus_f32_16 x) {
  const apus_f32_16 a = apus_min_known_16(apus_splat_16(104.0f), apus_abs_16(x));
  /* Times 2^64, s is no denormal. */
  const apus_f32_16 magic = apus_splat_16(0x1.8p23f + 191.0f);
  const apus_f32_16 shifted = apus_fma_16(a, apus_splat_16(-0x1.715476p0f), magic);
  const apus_f32_16 r = apus_exp_rest_16(a, magic - shifted);
  const apus_f32_16 s = apus_from_bits_16(apus_shl_bits_16(apus_bits_16(shifted), 23));
  const apus_f32_16 p = apus_fma_16(apus_exp_slope_16(r), r, s * 0x1p-64f) + 1.0f;
  const apus_f32_16 y = s / p * 0x1p-64f;
  return apus_select_16(apus_bits_16(x) >> 31, y, 1.0f - y);
}
/* x P(x^2) up to 0.95, 1 - 2^Q(|x|) above. */
APUS_INLINE apus_f32_16 apus_erf_16(apus_f32_16 x) {
  const apus_f32_16 u = x * x, a = apus_min_known_16(apus_splat_16(3.95f), apus_abs_16(x));
  apus_f32_16 s = apus_splat_16(-5.811427254e-04f);
  s = apus_fma_16(s, u, apus_splat_16(4.955862649e-03f));
  s = apus_fma_16(s, u, apus_splat_16(-2.673948742e-02f));
  s = apus_fma_16(s, u, apus_splat_16(1.128101349e-01f));
  s = apus_fma_16(s, u, apus_splat_16(-3.761241138e-01f));
  s = apus_fma_16(s, u, apus_splat_16(1.283791363e-01f));
  s = apus_fma_16(s, x, x);
  apus_f32_16 q = apus_splat_16(-1.731860684e-03f);
  q = apus_fma_16(q, a, apus_splat_16(2.189902030e-02f));
  q = apus_fma_16(q, a, apus_splat_16(-1.296847612e-01f));
  q = apus_fma_16(q, a, apus_splat_16(-9.414539933e-01f));
  q = apus_fma_16(q, a, apus_splat_16(-1.614198804e+00f));
  q = apus_fma_16(q, a, apus_splat_16(-3.246114589e-03f));
  const apus_f32_16 magic = apus_splat_16(0x1.8p23f + 127.0f), shifted = q + magic;
  q = q - (shifted - magic);
  apus_f32_16 p = apus_splat_16(1.326953759e-03f);
  p = apus_fma_16(p, q, apus_splat_16(9.671292268e-03f));
  p = apus_fma_16(p, q, apus_splat_16(5.550710857e-02f));
  p = apus_fma_16(p, q, apus_splat_16(2.402224690e-01f));
  p = apus_fma_16(p, q, apus_splat_16(6.931470037e-01f));
  p = apus_fma_16(p, q, apus_splat_16(1.0f));
  const apus_f32_16 power = apus_from_bits_16(apus_shl_bits_16(apus_bits_16(shifted), 23));
  const apus_f32_16 y = apus_fma_16(-p, power, apus_splat_16(1.0f));
  return apus_select_less_16(apus_splat_16(0.95f), a, apus_copysign_16(y, x), s);
}
APUS_INLINE apus_f32_16 apus_i32_to_f32_16(apus_i32_16 x) {
  return __builtin_convertvector(x, apus_f32_16);
}
/* The exponent times ln 2 plus a polynomial of the mantissa (Cephes logf). */
APUS_INLINE apus_f32_16 apus_log_16(apus_f32_16 x) {
  const apus_mask_16 tiny = x < 0x1p-126f;
  const apus_f32_16 scaled = apus_select_16(tiny, x * 0x1p23f, x);
  /* Without the sign nothing overflows; the end gives negative numbers NaN. */
  const apus_i32_16 bits = (apus_bits_16(scaled) & 0x7fffffff) - 0x3f3504f3;
  apus_f32_16 e = apus_i32_to_f32_16(bits >> 23);
  e = e - apus_select_16(tiny, apus_splat_16(23.0f), apus_splat_16(0.0f));
  const apus_f32_16 r = apus_from_bits_16((bits & 0x7fffff) + 0x3f3504f3) - 1.0f;
  const apus_f32_16 z = r * r;
  apus_f32_16 p = apus_splat_16(7.0376836292e-2f);
  p = apus_fma_16(p, r, apus_splat_16(-1.1514610310e-1f));
  p = apus_fma_16(p, r, apus_splat_16(1.1676998740e-1f));
  p = apus_fma_16(p, r, apus_splat_16(-1.2420140846e-1f));
  p = apus_fma_16(p, r, apus_splat_16(1.4249322787e-1f));
  p = apus_fma_16(p, r, apus_splat_16(-1.6668057665e-1f));
  p = apus_fma_16(p, r, apus_splat_16(2.0000714765e-1f));
  p = apus_fma_16(p, r, apus_splat_16(-2.4999993993e-1f));
  p = apus_fma_16(p, r, apus_splat_16(3.3333331174e-1f));
  apus_f32_16 y = apus_fma_16(e, apus_splat_16(-2.12194440e-4f), p * r * z);
  y = apus_fma_16(z, apus_splat_16(-0.5f), y);
  y = apus_fma_16(e, apus_splat_16(0.693359375f), r + y);
  y = apus_select_16(x == 0.0f, apus_splat_16(-INFINITY), y);
  y = apus_select_16(x == INFINITY, x, y);
  return apus_select_16(x >= 0.0f, y, apus_splat_16(NAN));
}
APUS_INLINE apus_f32_16 apus_mask_to_f32_16(apus_mask_16 m) {
  return apus_select_16(m, apus_splat_16(1.0f), (apus_f32_16){0});
}
APUS_INLINE apus_i32_16 apus_mask_to_i32_16(apus_mask_16 m) { return m & 1; }
APUS_INLINE apus_mask_16 apus_f32_to_mask_16(apus_f32_16 x) { return x != 0.0f; }
APUS_INLINE apus_mask_16 apus_i32_to_mask_16(apus_i32_16 x) { return x != 0; }
APUS_INLINE apus_mask_16 apus_isnan_16(apus_f32_16 x) { return x != x; }
APUS_INLINE apus_mask_16 apus_isinf_16(apus_f32_16 x) {
  return (x == INFINITY) | (x == -INFINITY);
}
APUS_INLINE float apus_hadd_16(apus_f32_16 x) {
#if defined(APUS_AVX512) && 16 == 16
  return _mm512_reduce_add_ps((__m512)x);
#else
  float lanes[16];
  memcpy(lanes, &x, sizeof lanes);
  for (int width = 16 / 2; width > 0; width /= 2)
    for (int i = 0; i < width; i++) lanes[i] += lanes[i + width];
  return lanes[0];
#endif
}
APUS_INLINE float apus_hmul_16(apus_f32_16 x) {
  float lanes[16];
  memcpy(lanes, &x, sizeof lanes);
  for (int width = 16 / 2; width > 0; width /= 2)
    for (int i = 0; i < width; i++) lanes[i] *= lanes[i + width];
  return lanes[0];
}
APUS_INLINE float apus_hmax_16(apus_f32_16 x) {
  float lanes[16];
  memcpy(lanes, &x, sizeof lanes);
  for (int width = 16 / 2; width > 0; width /= 2)
    for (int i = 0; i < width; i++) lanes[i] = apus_max_1(lanes[i], lanes[i + width]);
  return lanes[0];
}
APUS_INLINE float apus_hmin_16(apus_f32_16 x) {
  float lanes[16];
  memcpy(lanes, &x, sizeof lanes);
  for (int width = 16 / 2; width > 0; width /= 2)
    for (int i = 0; i < width; i++) lanes[i] = apus_min_1(lanes[i], lanes[i + width]);
  return lanes[0];
}
/* Whether any lane is set. */
APUS_INLINE int apus_any_16(apus_mask_16 m) {
#if defined(APUS_AVX512) && 16 == 16
  return _mm512_movepi32_mask((__m512i)m) != 0;
#elif defined(__AVX__) && 16 == 8
  return _mm256_movemask_ps((__m256)m) != 0;
#elif defined(__SSE__) && 16 == 4
  return _mm_movemask_ps((__m128)m) != 0;
#else
  int32_t any = 0;
  for (int i = 0; i < 16; i++) any |= m[i];
  return any != 0;
#endif
}
/* The sine of |x| + quarter * pi / 2, for |x| below 2^17, on machines that fuse: polynomials of the
 * distance to the nearest multiple of pi / 2, which three parts take off (Cody and Waite 1980). */
APUS_INLINE apus_f32_16 apus_wave_16(apus_f32_16 x, int32_t quarter) {
  const apus_f32_16 a = apus_abs_16(x);
  const apus_f32_16 shifted = apus_fma_16(a, apus_splat_16(0x1.45f306p-1f), apus_splat_16(0x1.8p23f));
  const apus_f32_16 n = shifted - 0x1.8p23f;
  apus_f32_16 r = apus_fma_16(n, apus_splat_16(-0x1.921fb6p+0f), a);
  r = apus_fma_16(n, apus_splat_16(0x1.777a5cp-25f), r);
  r = apus_fma_16(n, apus_splat_16(0x1.ee59dap-50f), r);
  const apus_f32_16 u = r * r;
  apus_f32_16 s = apus_splat_16(-1.950514561e-04f);
  s = apus_fma_16(s, u, apus_splat_16(8.332093246e-03f));
  s = apus_fma_16(s, u, apus_splat_16(-1.666665375e-01f));
  s = apus_fma_16(s * u, r, r);
  apus_f32_16 c = apus_splat_16(2.441208562e-05f);
  c = apus_fma_16(c, u, apus_splat_16(-1.388713019e-03f));
  c = apus_fma_16(c, u, apus_splat_16(4.166664183e-02f));
  c = apus_fma_16(c, u, apus_splat_16(-0.5f));
  c = apus_fma_16(c, u, apus_splat_16(1.0f));
  const apus_i32_16 q = apus_bits_16(shifted) + quarter;
  const apus_f32_16 y = apus_select_16((q & 1) != 0, c, s);
  return apus_from_bits_16(apus_bits_16(y) ^ apus_shl_bits_16(q & 2, 30));
}
APUS_INLINE apus_f32_16 apus_sin_far_16(apus_f32_16 x) {
  for (int i = 0; i < 16; i++) x[i] = sinf(x[i]);
  return x;
}
APUS_INLINE apus_f32_16 apus_sin_16(apus_f32_16 x) {
#if defined(APUS_FUSES) || defined(APUS_FUSES_ALWAYS)
  const apus_mask_16 far = apus_abs_16(x) >= 0x1p17f;
  const apus_f32_16 y = apus_wave_16(x, 0);
  const apus_f32_16 near = apus_from_bits_16(apus_bits_16(y) ^ (apus_bits_16(x) & (-0x7fffffff - 1)));
  return apus_any_16(far) ? apus_select_16(far, apus_sin_far_16(x), near) : near;
#else
  return apus_sin_far_16(x);
#endif
}
APUS_INLINE apus_f32_16 apus_cos_far_16(apus_f32_16 x) {
  for (int i = 0; i < 16; i++) x[i] = cosf(x[i]);
  return x;
}
APUS_INLINE apus_f32_16 apus_cos_16(apus_f32_16 x) {
#if defined(APUS_FUSES) || defined(APUS_FUSES_ALWAYS)
  const apus_mask_16 far = apus_abs_16(x) >= 0x1p17f;
  const apus_f32_16 near = apus_wave_16(x, 1);
  return apus_any_16(far) ? apus_select_16(far, apus_cos_far_16(x), near) : near;
#else
  return apus_cos_far_16(x);
#endif
}
APUS_INLINE apus_f32_16 apus_tan_16(apus_f32_16 x) {
  for (int i = 0; i < 16; i++) x[i] = tanf(x[i]);
  return x;
}
APUS_INLINE apus_f32_16 apus_asin_16(apus_f32_16 x) {
  for (int i = 0; i < 16; i++) x[i] = asinf(x[i]);
  return x;
}
APUS_INLINE apus_f32_16 apus_acos_16(apus_f32_16 x) {
  for (int i = 0; i < 16; i++) x[i] = acosf(x[i]);
  return x;
}
APUS_INLINE apus_f32_16 apus_atan_16(apus_f32_16 x) {
  for (int i = 0; i < 16; i++) x[i] = atanf(x[i]);
  return x;
}
APUS_INLINE apus_f32_16 apus_sinh_16(apus_f32_16 x) {
  for (int i = 0; i < 16; i++) x[i] = sinhf(x[i]);
  return x;
}
APUS_INLINE apus_f32_16 apus_cosh_16(apus_f32_16 x) {
  for (int i = 0; i < 16; i++) x[i] = coshf(x[i]);
  return x;
}
APUS_INLINE apus_f32_16 apus_asinh_16(apus_f32_16 x) {
  for (int i = 0; i < 16; i++) x[i] = asinhf(x[i]);
  return x;
}
APUS_INLINE apus_f32_16 apus_acosh_16(apus_f32_16 x) {
  for (int i = 0; i < 16; i++) x[i] = acoshf(x[i]);
  return x;
}
APUS_INLINE apus_f32_16 apus_atanh_16(apus_f32_16 x) {
  for (int i = 0; i < 16; i++) x[i] = atanhf(x[i]);
  return x;
}
APUS_INLINE apus_f32_16 apus_pow_far_16(apus_f32_16 x, apus_f32_16 y) {
  for (int i = 0; i < 16; i++) x[i] = powf(x[i], y[i]);
  return x;
}
/* x^y for finite x above 0 and finite y, on machines that fuse: 2^(y log2(x)), where the logarithm
 * is the sum of two numbers, from the series of the area tangent of (m - 1) / (m + 1). */
APUS_INLINE apus_f32_16 apus_power_16(apus_f32_16 x, apus_f32_16 y) {
  const apus_mask_16 tiny = x < 0x1p-126f;
  const apus_i32_16 bits = apus_bits_16(apus_select_16(tiny, x * 0x1p23f, x)) - 0x3f3504f3;
  apus_f32_16 e = apus_i32_to_f32_16(bits >> 23);
  e = e - apus_select_16(tiny, apus_splat_16(23.0f), apus_splat_16(0.0f));
  const apus_f32_16 m = apus_from_bits_16((bits & 0x7fffff) + 0x3f3504f3);
  /* s and u = s^2, each with what its rounding lost. */
  const apus_f32_16 divisor = m + 1.0f, inverse = 1.0f / divisor, s = (m - 1.0f) * inverse;
  const apus_f32_16 lost = apus_fma_16(-s, divisor, m - 1.0f);
  const apus_f32_16 s_low = apus_fma_16(-s, m - (divisor - 1.0f), lost) * inverse;
  const apus_f32_16 u = s * s, u_low = apus_fma_16(s + s, s_low, apus_fma_16(s, s, -u));
  /* The slope of the logarithm over s: 2.885 + 0.962 u + ... */
  apus_f32_16 p = apus_fma_16(apus_splat_16(3.407803528e-01f), u, apus_splat_16(4.116700502e-01f));
  p = apus_fma_16(p, u, apus_splat_16(5.770836287e-01f));
  const apus_f32_16 second = apus_splat_16(9.617967010e-01f), first = apus_splat_16(2.885390043e+00f);
  const apus_f32_16 v = second * u;
  apus_f32_16 v_low = apus_fma_16(second, u_low, apus_fma_16(second, u, -v));
  v_low = apus_fma_16(u, apus_fma_16(p, u, apus_splat_16(-2.783889030e-08f)), v_low);
  const apus_f32_16 slope = first + v;
  const apus_f32_16 slope_low = (first - slope) + v + (v_low + 3.853159924e-08f);
  const apus_f32_16 h = s * slope;
  apus_f32_16 low = apus_fma_16(s_low, slope, apus_fma_16(s, slope, -h));
  low = apus_fma_16(s, slope_low, low);
  const apus_f32_16 high = e + h;
  low = low + ((e - high) + h);
  /* The product with y, which overflows nowhere. */
  y = apus_max_known_16(apus_splat_16(-0x1p33f), apus_min_known_16(apus_splat_16(0x1p33f), y));
  apus_f32_16 t = y * high, rest = apus_fma_16(y, low, apus_fma_16(y, high, -t));
  t = apus_max_known_16(apus_splat_16(-152.0f), apus_min_known_16(apus_splat_16(129.0f), t));
  rest = apus_max_known_16(apus_splat_16(-0.25f), apus_min_known_16(apus_splat_16(0.25f), rest));
  const apus_f32_16 shifted = t + 0x1.8p23f, f = (t - (shifted - 0x1.8p23f)) + rest;
  p = apus_splat_16(1.532646274e-04f);
  p = apus_fma_16(p, f, apus_splat_16(1.339080627e-03f));
  p = apus_fma_16(p, f, apus_splat_16(9.618505836e-03f));
  p = apus_fma_16(p, f, apus_splat_16(5.550359935e-02f));
  p = apus_fma_16(p, f, apus_splat_16(2.402264774e-01f));
  p = apus_fma_16(p, f, apus_splat_16(6.931471825e-01f));
  return apus_scale_16(apus_fma_16(p, f, apus_splat_16(1.0f)), shifted);
}
APUS_INLINE apus_f32_16 apus_pow_16(apus_f32_16 x, apus_f32_16 y) {
#if defined(APUS_FUSES) || defined(APUS_FUSES_ALWAYS)
  const apus_f32_16 a = apus_abs_16(x), zero = apus_splat_16(0.0f), half = y * 0.5f;
  const apus_mask_16 whole = apus_round_16(y) == y;
  apus_f32_16 r = apus_select_16(y < 0.0f, apus_splat_16(INFINITY), zero);
  r = apus_select_16(a == 0.0f, r, apus_power_16(a, y));
  r = apus_copysign_16(r, apus_select_16(whole & (apus_round_16(half) != half), x, zero));
  r = apus_select_16(x < 0.0f, apus_select_16(whole, r, apus_splat_16(NAN)), r);
  r = apus_select_16(y == 0.0f, apus_splat_16(1.0f), r);
  const apus_mask_16 far = (a - a != 0.0f) | (half - half != 0.0f);
  return apus_any_16(far) ? apus_select_16(far, apus_pow_far_16(x, y), r) : r;
#else
  return apus_pow_far_16(x, y);
#endif
}
APUS_INLINE apus_f32_16 apus_atan2_16(apus_f32_16 x, apus_f32_16 y) {
  for (int i = 0; i < 16; i++) x[i] = atan2f(x[i], y[i]);
  return x;
}
APUS_INLINE apus_f32_16 apus_fmod_16(apus_f32_16 x, apus_f32_16 y) {
  for (int i = 0; i < 16; i++) x[i] = fmodf(x[i], y[i]);
  return x;
}
APUS_INLINE apus_f32_16 apus_mod_16(apus_f32_16 x, apus_f32_16 y) {
  for (int i = 0; i < 16; i++) x[i] = apus_mod_1(x[i], y[i]);
  return x;
}
