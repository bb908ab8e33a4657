/* Requantization in integers against floats: every sum, for factors of all sizes and signs.
 * cc -O2 -mavx2 -mfma -ffp-contract=off -I Sources/CApusVM Tests/Accuracy/requantize.c -lm */
#include <stdio.h>
#include <stdlib.h>
#include "vm_lanes.h"
static float factor(uint32_t place) {
  static const float special[] = {
    0, -0.0f, 1, -1, 0.5f, 0.25f, 1.5f, 0x1p-149f, 0x1p-126f, 0x1p-31f, 0x1p-24f, 0x1p-23f, 0x1p23f,
    0x1p24f, 0x1p30f, 0x1.fffffep127f, 1 / 3.0f, 0.1f, 0x1.fffffep-9f, INFINITY, -INFINITY, NAN};
  const uint32_t count = sizeof special / sizeof *special;
  if (place < count) return special[place];
  uint64_t x = (place + UINT64_C(1)) * UINT64_C(0x9E3779B97F4A7C15);
  x = (x ^ x >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
  /* Factors of layers: from 2^-20 to 1. */
  const uint32_t exponent = 107u + (uint32_t)(x >> 8) % 20u;
  return apus_from_bits_1((int32_t)(exponent << 23 | (uint32_t)(x >> 41)));
}
static int32_t real(int32_t sum, float by, int32_t low, int32_t high) {
  const float x = (float)sum * by;
  if (x != x) return 0;
  const float most = (float)high, least = (float)low, y = x < most ? x : most;
  const float z = nearbyintf(y > least ? y : least);
  return z >= 0x1p31f ? INT32_MAX : (int32_t)z;
}
int main(int argc, char **argv) {
  const uint32_t factors = argc > 1 ? (uint32_t)atoi(argv[1]) : 30;
  static const int32_t bounds[][2] = {{-131, 124}, {-32768, 32767}, {INT32_MIN, INT32_MAX}};
  for (uint32_t place = 0; place < factors; place++) {
    const float by = factor(place);
    const int32_t *b = bounds[place % 3];
    for (int64_t sum = INT32_MIN; sum <= INT32_MAX; sum++) {
      const int32_t got = apus_requantize((int32_t)sum, by, b[0], b[1]);
      const int32_t want = real((int32_t)sum, by, b[0], b[1]);
      if (got == want) continue;
      printf("%ld * %a: %d, not %d\n", (long)sum, (double)by, got, want);
      return 1;
    }
  }
  printf("%u factors by all sums: the same\n", factors);
  return 0;
}
