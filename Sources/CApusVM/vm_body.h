/* Routines for one instruction set: included with APUS_ROUTINES naming the table. */
#include <float.h>
#include "vm_lanes.h"
#if defined(__clang__)
#define WIDE __attribute__((min_vector_width(512)))
#else
#define WIDE
#endif
WIDE static void copy(size_t n, void *d, const void *a) {
  const float *p = a;
  float *r = d;
  size_t i = 0;
  for (; i + 16 <= n; i += 16) apus_store_16(r + i, apus_load_16(p + i));
  if (i < n) memcpy(r + i, p + i, 4 * (n - i));
}
WIDE static void spread(uint32_t type, size_t n, void *d, const void *a) {
  if (apus_width(type) != 4) {
    apus_load_lanes(type, n, d, a, 0);
    return;
  }
  float x, *r = d;
  memcpy(&x, a, 4);
  const apus_f32_16 all = apus_splat_16(x);
  for (size_t i = 0; i < n; i += 16) apus_store_16(r + i, all);
}
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
    CALL(recip) CALL(abs) CALL(sign) CALL(sqrt) CALL(exp) CALL(log) CALL(sin) CALL(cos) CALL(tan)
    CALL(asin) CALL(acos) CALL(atan) CALL(sinh) CALL(cosh) CALL(tanh) CALL(asinh) CALL(acosh)
    CALL(atanh) CALL(erf) CALL(sigmoid) CALL(floor) CALL(ceil) CALL(round)
    default: break;
  }
}
#undef CALL
#define CALL(name) case APUS_U_##name: EACH(double, apus_##name##_f64(x[i]))
static void unary_f64(uint32_t f, size_t n, void *d, const void *a) {
  switch (f) {
    case APUS_U_neg: EACH(double, -x[i])
    CALL(recip) CALL(abs) CALL(sign) CALL(sqrt) CALL(exp) CALL(log) CALL(sin) CALL(cos) CALL(tan)
    CALL(asin) CALL(acos) CALL(atan) CALL(sinh) CALL(cosh) CALL(tanh) CALL(asinh) CALL(acosh)
    CALL(atanh) CALL(erf) CALL(sigmoid) CALL(floor) CALL(ceil) CALL(round)
    default: break;
  }
}
#undef CALL
#define WHOLE(name, S, U)                                                        \
  static void unary_##name(uint32_t f, size_t n, void *d, const void *a) {       \
    switch (f) {                                                                 \
      case APUS_U_neg: EACH(U, 0 - x[i])                                         \
      case APUS_U_not: EACH(U, ~x[i])                                            \
      case APUS_U_abs: EACH(S, apus_abs_##name(x[i]))                            \
      default: EACH(S, apus_sign_##name(x[i]))                                   \
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
#define CALL(name) case APUS_B_##name: WIDELY2(apus_##name##_16(x, y))
WIDE static void binary_f32(uint32_t f, size_t n, void *d, const void *a, const void *b) {
  switch (f) {
    case APUS_B_add: WIDELY2(x + y)
    case APUS_B_sub: WIDELY2(x - y)
    case APUS_B_mul: WIDELY2(x * y)
    case APUS_B_div: WIDELY2(x / y)
    CALL(mod) CALL(fmod) CALL(pow) CALL(atan2) CALL(min) CALL(max)
    default: break;
  }
}
#undef CALL
#define CALL(name) case APUS_B_##name: EACH2(double, apus_##name##_f64(x[i], y[i]))
static void binary_f64(uint32_t f, size_t n, void *d, const void *a, const void *b) {
  switch (f) {
    case APUS_B_add: EACH2(double, x[i] + y[i])
    case APUS_B_sub: EACH2(double, x[i] - y[i])
    case APUS_B_mul: EACH2(double, x[i] * y[i])
    case APUS_B_div: EACH2(double, x[i] / y[i])
    CALL(mod) CALL(fmod) CALL(pow) CALL(atan2) CALL(min) CALL(max)
    default: break;
  }
}
#undef CALL
/* Whole numbers wrap; division and remainder by 0 give 0; shifts by the width or more give 0, or
 * the sign for signed numbers to the right; negative powers of numbers but 1 and -1 give 0. */
#define WHOLE2(name, S, U)                                                                   \
  static void binary_##name(uint32_t f, size_t n, void *d, const void *a, const void *b) {   \
    switch (f) {                                                                             \
      case APUS_B_add: EACH2(U, x[i] + y[i])                                                 \
      case APUS_B_sub: EACH2(U, x[i] - y[i])                                                 \
      case APUS_B_mul: EACH2(U, x[i] * y[i])                                                 \
      case APUS_B_div: EACH2(S, apus_div_##name(x[i], y[i]))                                 \
      case APUS_B_fmod: EACH2(S, apus_fmod_##name(x[i], y[i]))                               \
      case APUS_B_mod: EACH2(S, apus_mod_##name(x[i], y[i]))                                 \
      case APUS_B_pow: EACH2(S, apus_pow_##name(x[i], y[i]))                                 \
      case APUS_B_min: EACH2(S, apus_min_##name(x[i], y[i]))                                 \
      case APUS_B_max: EACH2(S, apus_max_##name(x[i], y[i]))                                 \
      case APUS_B_and: EACH2(U, x[i] & y[i])                                                 \
      case APUS_B_or: EACH2(U, x[i] | y[i])                                                  \
      case APUS_B_xor: EACH2(U, x[i] ^ y[i])                                                 \
      case APUS_B_shl: EACH2(S, apus_shl_##name(x[i], y[i]))                                 \
      default: EACH2(S, apus_shr_##name(x[i], y[i]))                                         \
    }                                                                                        \
  }
WHOLE2(i32, int32_t, uint32_t)
WHOLE2(i64, int64_t, uint64_t)
WHOLE2(u32, uint32_t, uint32_t)
WHOLE2(u64, uint64_t, uint64_t)
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
#include "vm_dot.h"
const apus_routines APUS_ROUTINES = {copy, spread, unary, binary, fused, tile, window, dot};
