/* Units in the last place of the machine layer against double precision, for every STEP-th bit
 * pattern (211), and whether vectors give the same bits: `make accuracy` takes all of them.
 * cc -O2 -march=native -fopenmp -ffp-contract=off -I Sources/CApusVM Tests/Accuracy/math.c -lm */
#include <stdio.h>
#include "vm_lanes.h"
#ifndef STEP
#define STEP 211
#endif
#define WIDE(f) f##_16(apus_splat_16(x))[7]
static double sigmoid(double x) { return 1 / (1 + exp(-x)); }
static int failed;

typedef struct {
  double off;
  float place;
} Worst;

/* The error of one result, as far as it is larger than the worst so far; NaN where it is wrong. */
static void compare(float x, float got, double want, Worst *worst) {
  const float near = (float)want;
  double off = 0;
  if (near != near || isinf(near) || isinf(got)) {
    off = (near != near ? got != got : fabsf(got) > 3.4028e38f) ? 0 : INFINITY;
  } else {
    int e = 0;
    frexp(want, &e);
    off = fabs(got - want) / ldexp(1, e - 24 < -149 ? -149 : e - 24);
  }
  if (off > worst->off) *worst = (Worst){off, x};
}

#define CHECK(f, exact, limit)                                                          \
  static void check_##f(void) {                                                         \
    Worst all = {0, 0};                                                                 \
    _Pragma("omp parallel") {                                                           \
      Worst worst = {0, 0};                                                             \
      _Pragma("omp for") for (int64_t bits = 0; bits < (INT64_C(1) << 32); bits += STEP) { \
        const float x = apus_from_bits_1((int32_t)(uint32_t)bits);                      \
        const float got = f##_1(x), wide = WIDE(f);                                     \
        if (apus_bits_1(got) != apus_bits_1(wide) && (got == got || wide == wide))      \
          worst = (Worst){INFINITY, x};                                                 \
        compare(x, got, exact((double)x), &worst);                                      \
      }                                                                                 \
      _Pragma("omp critical") if (worst.off > all.off) all = worst;                     \
    }                                                                                   \
    printf(#f ": %.2f at %a\n", all.off, (double)all.place);                            \
    fflush(stdout);                                                                     \
    failed |= !(all.off <= limit);                                                      \
  }
CHECK(apus_exp, exp, 2)
CHECK(apus_log, log, 2)
CHECK(apus_tanh, tanh, 2)
CHECK(apus_sigmoid, sigmoid, 2)
CHECK(apus_erf, erf, 2)
CHECK(apus_floor, floor, 0)
CHECK(apus_ceil, ceil, 0)
CHECK(apus_round, nearbyint, 0)
CHECK(apus_sqrt, sqrt, 0.51)
int main(void) {
  check_apus_exp(); check_apus_log(); check_apus_tanh(); check_apus_sigmoid(); check_apus_erf();
  check_apus_floor(); check_apus_ceil(); check_apus_round(); check_apus_sqrt();
  return failed;
}
