/* Units in the last place of the machine layer against double precision, every 211th bit pattern.
 * cc -O2 -mavx2 -mfma -ffp-contract=off -I Sources/CApusVM Tests/Accuracy/math.c -lm */
#include <stdio.h>
#include "vm_lanes.h"
#define WIDE(f) f##_16(apus_splat_16(x))[7]
static double sigmoid(double x) { return 1 / (1 + exp(-x)); }
static int failed;
#define CHECK(f, exact, limit)                                                       \
  static void check_##f(void) {                                                      \
    double worst = 0;                                                                \
    float place = 0;                                                                 \
    for (uint32_t bits = 0; bits < 0xffffff00u; bits += 211) {                       \
      float x = apus_from_bits_1((int32_t)bits);                                          \
      double want = exact((double)x);                                                \
      float near = (float)want, got = f##_1(x), wide = WIDE(f);                      \
      if (apus_bits_1(got) != apus_bits_1(wide) && (got == got || wide == wide))     \
        failed = 1, printf(#f ": lanes differ at %a\n", (double)x);                  \
      if (near != near || isinf(near) || isinf(got)) {                               \
        if (!(near != near ? got != got : fabsf(got) > 3.4028e38f))                  \
          failed = 1, printf(#f "(%a) = %a\n", (double)x, (double)got);              \
        continue;                                                                    \
      }                                                                              \
      int e = 0;                                                                     \
      frexp(want, &e);                                                               \
      double unit = ldexp(1, e - 24 < -149 ? -149 : e - 24), off = fabs(got - want) / unit; \
      if (!(off <= worst)) worst = off, place = x;                                   \
    }                                                                                \
    printf(#f ": %.2f at %a\n", worst, (double)place);                               \
    failed |= !(worst <= limit);                                                     \
  }
CHECK(apus_exp, exp, 3)
CHECK(apus_log, log, 3)
CHECK(apus_tanh, tanh, 3)
CHECK(apus_sigmoid, sigmoid, 3)
CHECK(apus_erf, erf, 3)
CHECK(apus_floor, floor, 0)
CHECK(apus_ceil, ceil, 0)
CHECK(apus_round, nearbyint, 0)
CHECK(apus_sqrt, sqrt, 0.51)
int main(void) {
  check_apus_exp(); check_apus_log(); check_apus_tanh(); check_apus_sigmoid(); check_apus_erf();
  check_apus_floor(); check_apus_ceil(); check_apus_round(); check_apus_sqrt();
  return failed;
}
