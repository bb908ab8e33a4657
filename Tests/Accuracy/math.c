/* Units in the last place of the machine layer against double precision, for every STEP-th bit
 * pattern (211), and whether vectors give the same bits: `make accuracy` takes all of them, for
 * each ERROR that --fast-math knows.
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
#define WIDE(f) f##_16(apus_splat_16(x))[7]
static double sigmoid(double x) { return 1 / (1 + exp(-x)); }
static int failed;

typedef struct {
  double off;
  float place;
} Worst;

/* The error of one result, as far as it is larger than the worst so far; infinite where it is wrong
 * about NaN, an infinity, the sign of zero or what function values end in, or is larger than top. */
static void compare(float x, float got, double want, double top, Worst *worst) {
  const float near = (float)want;
  double off = 0;
  if (near != near || isinf(near) || isinf(got)) {
    off = (near != near ? got != got : fabsf(got) > 3.4028e38f) ? 0 : INFINITY;
  } else if (fabsf(got) > top || (isinf(x) && got != near) ||
             (want == 0 && got == 0 && signbit(got) != signbit(near))) {
    off = INFINITY;
  } else {
    int e = 0;
    frexp(want, &e);
    off = fabs(got - want) / ldexp(1, e - 24 < -149 ? -149 : e - 24);
  }
  if (!(off <= worst->off)) *worst = (Worst){off, x};
}

#define CHECK(f, exact, top, limit)                                                     \
  static void check_##f(void) {                                                         \
    Worst all = {0, 0};                                                                 \
    _Pragma("omp parallel") {                                                           \
      Worst worst = {0, 0};                                                             \
      _Pragma("omp for") for (int64_t bits = 0; bits < (INT64_C(1) << 32); bits += STEP) { \
        const float x = apus_from_bits_1((int32_t)(uint32_t)bits);                      \
        const float got = f##_1(x), wide = WIDE(f);                                     \
        if (apus_bits_1(got) != apus_bits_1(wide) && (got == got || wide == wide))      \
          worst = (Worst){INFINITY, x};                                                 \
        compare(x, got, exact((double)x), top, &worst);                                 \
      }                                                                                 \
      _Pragma("omp critical") if (worst.off > all.off) all = worst;                     \
    }                                                                                   \
    printf(#f ": %.3f at %a\n", all.off, (double)all.place);                            \
    fflush(stdout);                                                                     \
    failed |= !(all.off <= limit);                                                      \
  }
CHECK(apus_exp, exp, INFINITY, ERROR)
CHECK(apus_log, log, INFINITY, ERROR)
CHECK(apus_tanh, tanh, 1, ERROR)
CHECK(apus_sigmoid, sigmoid, 1, ERROR)
CHECK(apus_erf, erf, 1, ERROR)
CHECK(apus_floor, floor, INFINITY, 0)
CHECK(apus_ceil, ceil, INFINITY, 0)
CHECK(apus_round, nearbyint, INFINITY, 0)
CHECK(apus_sqrt, sqrt, INFINITY, 0.51)
int main(void) {
  printf("error %d\n", ERROR);
  check_apus_exp(); check_apus_log(); check_apus_tanh(); check_apus_sigmoid(); check_apus_erf();
  if (ERROR > 2) return failed;
  check_apus_floor(); check_apus_ceil(); check_apus_round(); check_apus_sqrt();
  return failed;
}
