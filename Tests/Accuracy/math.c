/* Units in the last place of the machine layer against double precision, for every STEP-th bit
 * pattern (211), and whether vectors give the same bits: `make accuracy` takes all of them, for
 * each ERROR that --fast-math knows. Powers are sampled.
 * cc -O2 -march=native -fopenmp -ffp-contract=off -I Sources/CApusVM/Generated \
 *   Tests/Accuracy/math.c -lm */
#include <stdio.h>
#include "machine_layer.h"
#ifndef STEP
#define STEP 211
#endif
#ifndef ERROR
#define ERROR 2
#endif
#define SAME(a, b) (apus_bits_1(a) == apus_bits_1(b) || ((a) != (a) && (b) != (b)))
static double sigmoid(double x) { return 1 / (1 + exp(-x)); }
static double reciprocal(double x) { return 1 / x; }
static int failed;

typedef struct {
  double off;
  float place, second;
} Worst;

/* The error of a result: infinite where it is wrong about NaN, infinities, the sign of zero or what
 * the values end in (that is whether `ends`), or larger than `top`. */
static double error(float got, double want, int ends, double top) {
  const float near = (float)want;
  if (near != near) return got != got ? 0 : INFINITY;
  if (isinf(near) || isinf(got))
    return fabsf(got) > 3.4028e38f && signbit(got) == signbit(near) ? 0 : INFINITY;
  if (fabsf(got) > top || (ends && got != near)) return INFINITY;
  if (want == 0 && (got != 0 || signbit(got) != signbit(near))) return INFINITY;
  int e = 0;
  frexp(want, &e);
  return fabs(got - want) / ldexp(1, e - 24 < -149 ? -149 : e - 24);
}

static void report(const char *name, Worst worst, double limit) {
  printf("%s: %.3f at %a, %a\n", name, worst.off, (double)worst.place, (double)worst.second);
  fflush(stdout);
  failed |= !(worst.off <= limit);
}

#define CHECK(f, exact, top, limit)                                                          \
  static void check_##f(void) {                                                              \
    Worst all = {0, 0, 0};                                                                   \
    _Pragma("omp parallel") {                                                                \
      Worst worst = {0, 0, 0};                                                               \
      _Pragma("omp for") for (int64_t bits = 0; bits < (INT64_C(1) << 32); bits += STEP) {   \
        const float x = apus_from_bits_1((int32_t)(uint32_t)bits);                           \
        const float got = f##_1(x), wide = f##_16(apus_splat_16(x))[7];                      \
        const double off = error(got, exact((double)x), isinf(x), top);                      \
        if (!(off <= worst.off)) worst = (Worst){off, x, 0};                                 \
        if (!SAME(got, wide)) worst = (Worst){INFINITY, x, 0};                               \
      }                                                                                      \
      _Pragma("omp critical") if (worst.off > all.off) all = worst;                          \
    }                                                                                        \
    report(#f, all, limit);                                                                  \
  }
CHECK(apus_exp, exp, INFINITY, ERROR)
CHECK(apus_log, log, INFINITY, ERROR)
CHECK(apus_tanh, tanh, 1, ERROR)
CHECK(apus_sigmoid, sigmoid, 1, ERROR)
CHECK(apus_erf, erf, 1, ERROR)
CHECK(apus_sin, sin, 1, 2)
CHECK(apus_cos, cos, 1, 2)
CHECK(apus_floor, floor, INFINITY, 0)
CHECK(apus_ceil, ceil, INFINITY, 0)
CHECK(apus_round, nearbyint, INFINITY, 0)
CHECK(apus_sqrt, sqrt, INFINITY, 0.51)
CHECK(apus_recip, reciprocal, INFINITY, 0.51)

/* A number of 32 bits for each place (SplitMix64). */
static uint32_t word(uint64_t place) {
  uint64_t x = place * UINT64_C(0x9e3779b97f4a7c15);
  x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
  x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
  return (uint32_t)((x ^ x >> 31) >> 32);
}

/* Powers of any numbers, of those near 1, and with results of any size. */
static void check_apus_pow(void) {
  Worst all = {0, 0, 0};
#pragma omp parallel
  {
    Worst worst = {0, 0, 0};
#pragma omp for
    for (int64_t i = 0; i < (INT64_C(1) << 28) / STEP; i++) {
      const int32_t bits = (int32_t)word(3 * (uint64_t)i);
      const double part = word(3 * (uint64_t)i + 1) * 0x1p-31 - 1;
      float x = apus_from_bits_1(bits), y = apus_from_bits_1((int32_t)word(3 * (uint64_t)i + 2));
      if (i % 4 == 1) x = apus_from_bits_1(0x3f800000 + bits % (1 << 22));
      if (i % 4 > 1) y = (float)(part * 151 / log2(fabs((double)x)));
      if (i % 8 == 7) y = rintf(y);
      const float got = apus_pow_1(x, y), wide = apus_pow_16(apus_splat_16(x), apus_splat_16(y))[7];
      const double off = error(got, pow(x, y), isinf(x) || isinf(y), INFINITY);
      if (!(off <= worst.off)) worst = (Worst){off, x, y};
      if (!SAME(got, wide)) worst = (Worst){INFINITY, x, y};
    }
#pragma omp critical
    if (worst.off > all.off) all = worst;
  }
  report("apus_pow", all, 2);
}

int main(void) {
  printf("error %d\n", ERROR);
  check_apus_exp(); check_apus_log(); check_apus_tanh(); check_apus_sigmoid(); check_apus_erf();
  if (ERROR > 2) return failed;
  check_apus_sin(); check_apus_cos(); check_apus_pow();
  check_apus_floor(); check_apus_ceil(); check_apus_round(); check_apus_sqrt(); check_apus_recip();
  return failed;
}
