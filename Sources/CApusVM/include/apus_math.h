/* Functions of numbers in lanes, to within 3 units in the last place; branch-free.
 *
 * Include once per lane count, after `#define APUS_LANES n`, which this file undefines again.
 * The polynomials are minimax fits (Lawson's iteration over Chebyshev nodes); the reductions are
 * those of Cody and Waite. Fused multiply-adds stand where they are written, so all machines and
 * lane counts agree bit for bit.
 */
#include "apus_lanes.h"
#define APUS_FMA APUS_N(apus_fma)
#define APUS_K(x) APUS_N(apus_splat)(x)
/* 2^n for whole n in -126...127. */
APUS_INLINE APUS_F APUS_N(apus_exponent)(APUS_I n) {
  return APUS_N(apus_real)((APUS_I)((APUS_U)(n + 127) << 23));
}
/* x - n ln 2 for the whole n nearest to x / ln 2, which is stored. */
APUS_INLINE APUS_F APUS_N(apus_reduce)(APUS_F x, APUS_F *n) {
  *n = (APUS_FMA(x, APUS_K(0x1.715476p0f), APUS_K(0x1.8p23f))) - 0x1.8p23f;
  return APUS_FMA(*n, APUS_K(-1.42860677e-06f), APUS_FMA(*n, APUS_K(-0x1.62e4p-1f), x));
}
/* e^r - 1 for |r| <= ln 2 / 2: r + r^2 P(r), P of degree 4. */
APUS_INLINE APUS_F APUS_N(apus_expm1_near)(APUS_F r) {
  APUS_F p = APUS_FMA(APUS_K(1.395047869e-03f), r, APUS_K(8.368882249e-03f));
  p = APUS_FMA(p, r, APUS_K(4.166620599e-02f));
  p = APUS_FMA(p, r, APUS_K(1.666651890e-01f));
  p = APUS_FMA(p, r, APUS_K(5.000000095e-01f));
  return APUS_FMA(p * r, r, r);
}
/* e^x. The scale 2^n is applied in two factors, so denormals and infinities come out right. */
APUS_INLINE APUS_F APUS_N(apus_exp)(APUS_F x) {
  x = APUS_N(apus_max)(APUS_N(apus_min)(x, APUS_K(89.0f)), APUS_K(-104.0f));
  APUS_F n, r = APUS_N(apus_reduce)(x, &n);
  APUS_F fine = APUS_N(apus_select)(APUS_N(apus_eq)(x, x), n, APUS_K(0.0f));
  APUS_I k = APUS_N(apus_int_in_range)(fine), h = k / 2;
  APUS_F p = APUS_N(apus_expm1_near)(r) + 1.0f;
  return p * APUS_N(apus_exponent)(h) * APUS_N(apus_exponent)(k - h);
}
/* tanh x = (e^2x - 1) / (e^2x + 1), without cancellation near 0. */
APUS_INLINE APUS_F APUS_N(apus_tanh)(APUS_F x) {
  APUS_F y = APUS_N(apus_min)(APUS_N(apus_abs)(x), APUS_K(9.02f)), n;
  APUS_F r = APUS_N(apus_reduce)(y + y, &n);
  APUS_F fine = APUS_N(apus_select)(APUS_N(apus_eq)(x, x), n, APUS_K(0.0f));
  APUS_F s = APUS_N(apus_exponent)(APUS_N(apus_int_in_range)(fine));
  APUS_F e = APUS_FMA(APUS_N(apus_expm1_near)(r), s, s - 1.0f);
  return APUS_N(apus_copysign)(e / (e + 2.0f), x);
}
/* 1 / (1 + e^-x), as e^x / (1 + e^x) below 0: denormal results come out right. */
APUS_INLINE APUS_F APUS_N(apus_sigmoid)(APUS_F x) {
  APUS_F e = APUS_N(apus_exp)(-APUS_N(apus_abs)(x)), one = APUS_K(1.0f);
  APUS_I low = APUS_N(apus_lt)(x, APUS_K(0.0f));
  APUS_F r = APUS_N(apus_select)(low, e, one) / (e + 1.0f);
  return APUS_N(apus_select)(APUS_N(apus_eq)(x, x), r, x);
}
/* The error function: x P(x^2) up to 1, then 1 - e^Q(|x|) with Q fitted to log erfc. */
APUS_INLINE APUS_F APUS_N(apus_erf)(APUS_F x) {
  APUS_F u = x * x, a = APUS_N(apus_abs)(x);
  APUS_F s = APUS_FMA(APUS_K(7.853860967e-05f), u, APUS_K(-8.010193509e-04f));
  s = APUS_FMA(s, u, APUS_K(5.188327673e-03f));
  s = APUS_FMA(s, u, APUS_K(-2.685381193e-02f));
  s = APUS_FMA(s, u, APUS_K(1.128358515e-01f));
  s = APUS_FMA(s, u, APUS_K(-3.761262582e-01f));
  s = APUS_FMA(s, u, APUS_K(1.128379166e+00f));
  APUS_F b = APUS_N(apus_min)(a, APUS_K(3.95f));
  APUS_F q = APUS_FMA(APUS_K(1.863792530e-04f), b, APUS_K(-2.947658888e-03f));
  q = APUS_FMA(q, b, APUS_K(2.183806628e-02f));
  q = APUS_FMA(q, b, APUS_K(-1.031067592e-01f));
  q = APUS_FMA(q, b, APUS_K(-6.381448277e-01f));
  q = APUS_FMA(q, b, APUS_K(-1.127089193e+00f));
  q = APUS_FMA(q, b, APUS_K(-3.415223309e-04f));
  APUS_F far = APUS_N(apus_copysign)(1.0f - APUS_N(apus_exp)(q), x);
  return APUS_N(apus_select)(APUS_N(apus_gt)(a, APUS_K(1.0f)), far, s * x);
}
/* The natural logarithm: x = 2^n m with m in [0.7, 1.4); log m by the polynomial of Cephes. */
APUS_INLINE APUS_F APUS_N(apus_log)(APUS_F x) {
  APUS_I tiny = APUS_N(apus_lt)(x, APUS_K(0x1p-126f));
  APUS_F y = APUS_N(apus_select)(tiny, x * 0x1p23f, x);
  APUS_I bits = APUS_N(apus_bits)(y) - 0x3f3504f3;
  APUS_I n = (bits >> 23) - (tiny & 23);
  APUS_F m = APUS_N(apus_real)((bits & 0x007fffff) + 0x3f3504f3) - 1.0f, z = m * m;
  APUS_F p = APUS_FMA(APUS_K(7.0376836292e-2f), m, APUS_K(-1.1514610310e-1f));
  p = APUS_FMA(p, m, APUS_K(1.1676998740e-1f));
  p = APUS_FMA(p, m, APUS_K(-1.2420140846e-1f));
  p = APUS_FMA(p, m, APUS_K(1.4249322787e-1f));
  p = APUS_FMA(p, m, APUS_K(-1.6668057665e-1f));
  p = APUS_FMA(p, m, APUS_K(2.0000714765e-1f));
  p = APUS_FMA(p, m, APUS_K(-2.4999993993e-1f));
  p = APUS_FMA(p, m, APUS_K(3.3333331174e-1f));
  APUS_F e = APUS_N(apus_from_int)(n);
  APUS_F r = APUS_FMA(e, APUS_K(-2.12194440e-4f), p * m * z);
  r = APUS_FMA(e, APUS_K(0.693359375f), APUS_FMA(APUS_K(-0.5f), z, r) + m);
  APUS_I fine = APUS_N(apus_gt)(x, APUS_K(0.0f)) & APUS_N(apus_lt)(x, APUS_K(INFINITY));
  APUS_F edge = APUS_N(apus_select)(APUS_N(apus_lt)(x, APUS_K(0.0f)), APUS_K(NAN), x + x);
  edge = APUS_N(apus_select)(APUS_N(apus_eq)(x, APUS_K(0.0f)), APUS_K(-INFINITY), edge);
  return APUS_N(apus_select)(fine, r, edge);
}
/* Functions that are rare: the C library, lane by lane. */
#if APUS_LANES == 1
#define APUS_EACH(name, call) \
  APUS_INLINE APUS_F APUS_N(name)(APUS_F x) { return call(x); }
#define APUS_EACH2(name, call) \
  APUS_INLINE APUS_F APUS_N(name)(APUS_F x, APUS_F y) { return call(x, y); }
#else
#define APUS_EACH(name, call)                           \
  APUS_INLINE APUS_F APUS_N(name)(APUS_F x) {           \
    for (int i = 0; i < APUS_LANES; i++) x[i] = call(x[i]); \
    return x;                                           \
  }
#define APUS_EACH2(name, call)                          \
  APUS_INLINE APUS_F APUS_N(name)(APUS_F x, APUS_F y) { \
    for (int i = 0; i < APUS_LANES; i++) x[i] = call(x[i], y[i]); \
    return x;                                           \
  }
#endif
APUS_EACH(apus_sin, sinf)
APUS_EACH(apus_cos, cosf)
APUS_EACH(apus_tan, tanf)
APUS_EACH(apus_asin, asinf)
APUS_EACH(apus_acos, acosf)
APUS_EACH(apus_atan, atanf)
APUS_EACH(apus_sinh, sinhf)
APUS_EACH(apus_cosh, coshf)
APUS_EACH(apus_asinh, asinhf)
APUS_EACH(apus_acosh, acoshf)
APUS_EACH(apus_atanh, atanhf)
APUS_EACH2(apus_pow, powf)
APUS_EACH2(apus_atan2, atan2f)
APUS_EACH2(apus_fmod, fmodf)
#undef APUS_EACH
#undef APUS_EACH2
#undef APUS_FMA
#undef APUS_K
#undef APUS_F
#undef APUS_I
#undef APUS_U
#undef APUS_LANES
