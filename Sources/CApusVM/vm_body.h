/* Routines for one instruction set: included with APUS_ROUTINES naming the table. */
#include <float.h>
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wtype-limits"
#endif
#define APUS_LANES 16
#include "include/apus_math.h"
#if defined(__clang__)
#define WIDE __attribute__((min_vector_width(512)))
#else
#define WIDE
#endif
#define EACH(T, e) \
  { const T *x = a; T *r = d; for (size_t i = 0; i < n; i++) r[i] = (T)(e); break; }
#define WIDELY(e) \
  { const float *p = a; float *r = d; \
    for (size_t i = 0; i < n; i += 16) { \
      apus_f32_16 x = apus_load_16(p + i); apus_store_16(r + i, (e)); } \
    break; }
#define CALL(name) case APUS_U_##name: WIDELY(apus_##name##_16(x))
WIDE static void unary_f32(uint32_t f, size_t n, void *d, const void *a) {
  switch (f) {
    case APUS_U_neg: WIDELY(-x)
    case APUS_U_recip: WIDELY(1.0f / x)
    CALL(abs) CALL(sign) CALL(sqrt) CALL(exp) CALL(log) CALL(sin) CALL(cos) CALL(tan) CALL(asin)
    CALL(acos) CALL(atan) CALL(sinh) CALL(cosh) CALL(tanh) CALL(asinh) CALL(acosh) CALL(atanh)
    CALL(erf) CALL(sigmoid) CALL(floor) CALL(ceil) CALL(round)
    default: break;
  }
}
#undef CALL
#define CALL(name) case APUS_U_##name: EACH(double, name(x[i]))
static void unary_f64(uint32_t f, size_t n, void *d, const void *a) {
  switch (f) {
    case APUS_U_neg: EACH(double, -x[i])
    case APUS_U_abs: EACH(double, fabs(x[i]))
    case APUS_U_recip: EACH(double, 1 / x[i])
    case APUS_U_sign: EACH(double, x[i] > 0 ? 1 : x[i] < 0 ? -1 : x[i])
    case APUS_U_sigmoid: EACH(double, 1 / (1 + exp(-x[i])))
    case APUS_U_round: EACH(double, nearbyint(x[i]))
    CALL(sqrt) CALL(exp) CALL(log) CALL(sin) CALL(cos) CALL(tan) CALL(asin) CALL(acos) CALL(atan)
    CALL(sinh) CALL(cosh) CALL(tanh) CALL(asinh) CALL(acosh) CALL(atanh) CALL(erf) CALL(floor)
    CALL(ceil)
    default: break;
  }
}
#undef CALL
#define WHOLE(name, S, U)                                                        \
  static void unary_##name(uint32_t f, size_t n, void *d, const void *a) {       \
    switch (f) {                                                                 \
      case APUS_U_neg: EACH(U, 0 - x[i])                                         \
      case APUS_U_not: EACH(U, ~x[i])                                            \
      case APUS_U_abs: EACH(U, (S)x[i] < 0 ? 0 - x[i] : x[i])                    \
      default: EACH(U, (S)x[i] < 0 ? (U)-1 : (U)(x[i] != 0))                     \
    }                                                                            \
  }
WHOLE(i32, int32_t, uint32_t)
WHOLE(i64, int64_t, uint64_t)
WHOLE(u32, uint32_t, uint32_t)
WHOLE(u64, uint64_t, uint64_t)
#define PREDICATE(T, test) { const T *x = a; uint8_t r[APUS_MAX_LANES]; \
    for (size_t i = 0; i < n; i++) r[i] = (test) != 0; \
    memcpy(d, r, n); }
static void unary(uint32_t f, uint32_t type, size_t n, void *d, const void *a) {
  if (f == APUS_U_isnan || f == APUS_U_isinf) {
    bool nan = f == APUS_U_isnan;
    if (type == APUS_F32) {
      PREDICATE(float, nan ? x[i] != x[i] : fabsf(x[i]) > FLT_MAX)
    } else {
      PREDICATE(double, nan ? x[i] != x[i] : fabs(x[i]) > DBL_MAX)
    }
    return;
  }
  switch (type) {
    case APUS_F32: unary_f32(f, n, d, a); break;
    case APUS_F64: unary_f64(f, n, d, a); break;
    case APUS_I32: unary_i32(f, n, d, a); break;
    case APUS_I64: unary_i64(f, n, d, a); break;
    case APUS_U32: unary_u32(f, n, d, a); break;
    case APUS_U64: unary_u64(f, n, d, a); break;
    default: EACH(uint8_t, !x[i])
  }
}
#define EACH2(T, e) \
  { const T *x = a, *y = b; T *r = d; for (size_t i = 0; i < n; i++) r[i] = (T)(e); break; }
#define WIDELY2(e) \
  { const float *p = a, *q = b; float *r = d; \
    for (size_t i = 0; i < n; i += 16) { \
      apus_f32_16 x = apus_load_16(p + i), y = apus_load_16(q + i); \
      apus_store_16(r + i, (e)); } \
    break; }
/* The remainder with the sign of y. */
APUS_INLINE apus_f32_16 floored_f32(apus_f32_16 x, apus_f32_16 y) {
  apus_f32_16 r = apus_fmod_16(x, y);
  for (int i = 0; i < 16; i++)
    if (r[i] != 0.0f && (r[i] < 0.0f) != (y[i] < 0.0f)) r[i] += y[i];
  return r;
}
static double floored_f64(double x, double y) {
  const double r = fmod(x, y);
  return r != 0.0 && (r < 0.0) != (y < 0.0) ? r + y : r;
}
WIDE static void binary_f32(uint32_t f, size_t n, void *d, const void *a, const void *b) {
  switch (f) {
    case APUS_B_add: WIDELY2(x + y)
    case APUS_B_sub: WIDELY2(x - y)
    case APUS_B_mul: WIDELY2(x * y)
    case APUS_B_div: WIDELY2(x / y)
    case APUS_B_fmod: WIDELY2(apus_fmod_16(x, y))
    case APUS_B_mod: WIDELY2(floored_f32(x, y))
    case APUS_B_pow: WIDELY2(apus_pow_16(x, y))
    case APUS_B_atan2: WIDELY2(apus_atan2_16(x, y))
    case APUS_B_min: WIDELY2(apus_min_16(x, y))
    case APUS_B_max: WIDELY2(apus_max_16(x, y))
    default: break;
  }
}
static void binary_f64(uint32_t f, size_t n, void *d, const void *a, const void *b) {
  switch (f) {
    case APUS_B_add: EACH2(double, x[i] + y[i])
    case APUS_B_sub: EACH2(double, x[i] - y[i])
    case APUS_B_mul: EACH2(double, x[i] * y[i])
    case APUS_B_div: EACH2(double, x[i] / y[i])
    case APUS_B_fmod: EACH2(double, fmod(x[i], y[i]))
    case APUS_B_mod: EACH2(double, floored_f64(x[i], y[i]))
    case APUS_B_pow: EACH2(double, pow(x[i], y[i]))
    case APUS_B_atan2: EACH2(double, atan2(x[i], y[i]))
    case APUS_B_min: EACH2(double, x[i] < y[i] || x[i] != x[i] ? x[i] : y[i])
    case APUS_B_max: EACH2(double, x[i] > y[i] || x[i] != x[i] ? x[i] : y[i])
    default: break;
  }
}
/* Whole numbers wrap; division and remainder by 0 give 0; shifts by the width or more give 0, or
 * the sign for signed numbers to the right; negative powers of numbers but 1 and -1 give 0. */
#define WHOLE2(name, S, U, BITS)                                                                \
  static S quotient_##name(S x, S y) {                                                          \
    if (y == 0) return 0;                                                                       \
    if ((U)y == (U)-1 && (S)-1 < 0) return (S)(0 - (U)x);                                       \
    return (S)(x / y);                                                                          \
  }                                                                                             \
  static S left_##name(S x, S y) {                                                              \
    if (y == 0 || ((U)y == (U)-1 && (S)-1 < 0)) return 0;                                       \
    return (S)(x % y);                                                                          \
  }                                                                                             \
  static S floored_##name(S x, S y) {                                                           \
    S r = left_##name(x, y);                                                                    \
    return r != 0 && (r < 0) != (y < 0) ? (S)((U)r + (U)y) : r;                                 \
  }                                                                                             \
  static S power_##name(S x, S y) {                                                             \
    U r = 1, base = (U)x, e = (U)y;                                                             \
    if (y < 0) return x == 1 ? 1 : (U)x == (U)-1 ? (S)(e & 1 ? (U)-1 : 1) : 0;                  \
    for (; e != 0; e >>= 1, base *= base) if (e & 1) r *= base;                                 \
    return (S)r;                                                                                \
  }                                                                                             \
  static S right_##name(S x, S y) { return (U)y < BITS ? (S)(x >> y) : (S)(x < 0 ? (U)-1 : 0); } \
  static void binary_##name(uint32_t f, size_t n, void *d, const void *a, const void *b) {      \
    switch (f) {                                                                                \
      case APUS_B_add: EACH2(U, x[i] + y[i])                                                    \
      case APUS_B_sub: EACH2(U, x[i] - y[i])                                                    \
      case APUS_B_mul: EACH2(U, x[i] * y[i])                                                    \
      case APUS_B_div: EACH2(S, quotient_##name(x[i], y[i]))                                    \
      case APUS_B_fmod: EACH2(S, left_##name(x[i], y[i]))                                       \
      case APUS_B_mod: EACH2(S, floored_##name(x[i], y[i]))                                     \
      case APUS_B_pow: EACH2(S, power_##name(x[i], y[i]))                                       \
      case APUS_B_min: EACH2(S, x[i] < y[i] ? x[i] : y[i])                                      \
      case APUS_B_max: EACH2(S, x[i] > y[i] ? x[i] : y[i])                                      \
      case APUS_B_and: EACH2(U, x[i] & y[i])                                                    \
      case APUS_B_or: EACH2(U, x[i] | y[i])                                                     \
      case APUS_B_xor: EACH2(U, x[i] ^ y[i])                                                    \
      case APUS_B_shl: EACH2(U, y[i] < BITS ? x[i] << y[i] : 0)                                 \
      default: EACH2(S, right_##name(x[i], y[i]))                                               \
    }                                                                                           \
  }
WHOLE2(i32, int32_t, uint32_t, 32)
WHOLE2(i64, int64_t, uint64_t, 64)
WHOLE2(u32, uint32_t, uint32_t, 32)
WHOLE2(u64, uint64_t, uint64_t, 64)
static void binary(uint32_t f, uint32_t type, size_t n, void *d, const void *a, const void *b) {
  switch (type) {
    case APUS_F32: binary_f32(f, n, d, a, b); break;
    case APUS_F64: binary_f64(f, n, d, a, b); break;
    case APUS_I32: binary_i32(f, n, d, a, b); break;
    case APUS_I64: binary_i64(f, n, d, a, b); break;
    case APUS_U32: binary_u32(f, n, d, a, b); break;
    case APUS_U64: binary_u64(f, n, d, a, b); break;
    default:
      switch (f) {
        case APUS_B_xor: EACH2(uint8_t, x[i] ^ y[i])
        case APUS_B_or: case APUS_B_max: EACH2(uint8_t, x[i] | y[i])
        default: EACH2(uint8_t, x[i] & y[i])
      }
  }
}
WIDE static void fused(uint32_t type, size_t n, void *d, const void *a, const void *b,
                       const void *c) {
  if (type == APUS_F32) {
    const float *x = a, *y = b, *z = c;
    for (size_t i = 0; i < n; i += 16)
      apus_store_16((float *)d + i, apus_fma_16(apus_load_16(x + i), apus_load_16(y + i),
                                                apus_load_16(z + i)));
  } else {
    const double *x = a, *y = b, *z = c;
    for (size_t i = 0; i < n; i++) ((double *)d)[i] = fma(x[i], y[i], z[i]);
  }
}
#include "vm_tile.h"
const apus_routines APUS_ROUTINES = {unary, binary, fused, tile, window};
