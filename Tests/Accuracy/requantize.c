/* Requantization in integers against floats, for factors of all sizes and signs.
 * cc -O2 -mavx2 -mfma -ffp-contract=off -I Sources/CApusVM Tests/Accuracy/requantize.c -lm
 *
 * For one factor and bounds both sides are monotone functions of the sum, in the same direction:
 * rounding to nearest, products with a constant, shifts to nearest and clamps each keep the order,
 * and the integer side applies them to the size of the sum and then its sign. NaN is 0 everywhere,
 * or at 0 between the bounds. Where two monotone functions agree at both ends of a run of sums with
 * one result they agree inside. So both ends of every run of equal floats are compared: that covers
 * every sum. With a factor as argument all sums are walked one by one instead. */
#include <stdio.h>
#include <stdlib.h>
#include "vm_lanes.h"

/* Mantissas of each exponent; those whose results take 32 bits, which have far more runs. */
enum { MANTISSAS = 128, WIDE_MANTISSAS = 3 };

static const int32_t bounds[][2] = {{-131, 124}, {-32768, 32767}, {INT32_MIN, INT32_MAX}};
static uint64_t compared;

static int32_t real(int32_t sum, float by, const int32_t *b) {
  const float x = (float)sum * by;
  if (x != x) return 0;
  const float most = (float)b[1], least = (float)b[0], y = x < most ? x : most;
  const float z = nearbyintf(y > least ? y : least);
  return z >= 0x1p31f ? INT32_MAX : (int32_t)z;
}

static void compare(int32_t sum, float by, const int32_t *b) {
  const int32_t got = apus_requantize(sum, by, b[0], b[1]), want = real(sum, by, b);
  compared++;
  if (got == want) return;
  printf("%ld * %a in %ld...%ld: %ld, not %ld\n", (long)sum, (double)by, (long)b[0], (long)b[1],
         (long)got, (long)want);
  exit(1);
}

/* The last sum with the result of `sum`: steps that double, then halves. */
static int64_t end(int64_t sum, float by, const int32_t *b) {
  const int32_t result = real((int32_t)sum, by, b);
  int64_t same = sum, other = sum + 1;
  for (int64_t step = 1; other <= INT32_MAX && real((int32_t)other, by, b) == result; step *= 2) {
    same = other;
    other += step;
  }
  if (other > INT32_MAX) other = (int64_t)INT32_MAX + 1;
  while (other - same > 1) {
    const int64_t middle = same + (other - same) / 2;
    if (real((int32_t)middle, by, b) == result) same = middle;
    else other = middle;
  }
  return same;
}

static void runs(float by, const int32_t *b) {
  for (int64_t sum = INT32_MIN; sum <= INT32_MAX; sum++) {
    compare((int32_t)sum, by, b);
    sum = end(sum, by, b);
    compare((int32_t)sum, by, b);
  }
}

/* SplitMix64. */
static uint64_t random_word(void) {
  static uint64_t state;
  uint64_t x = state += UINT64_C(0x9E3779B97F4A7C15);
  x = (x ^ x >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
  x = (x ^ x >> 27) * UINT64_C(0x94D049BB133111EB);
  return x ^ x >> 31;
}

/* Extreme mantissas first, then random ones. */
static uint32_t mantissa(int place) {
  static const uint32_t extreme[] = {0, 0x7fffff, 0x2aaaaa, 1, 0x555555, 0x400000, 0x3fffff};
  const int count = sizeof extreme / sizeof *extreme;
  return place < count ? extreme[place] : (uint32_t)(random_word() >> 41);
}

int main(int argc, char **argv) {
  if (argc > 1) {
    const float by = strtof(argv[1], NULL);
    for (int64_t sum = INT32_MIN; sum <= INT32_MAX; sum++)
      for (int place = 0; place < 3; place++) compare((int32_t)sum, by, bounds[place]);
    printf("%a by all sums, %llu results: the same\n", (double)by, (unsigned long long)compared);
    return 0;
  }
  unsigned factors = 0, wide = 0;
  for (uint32_t exponent = 0; exponent < 256; exponent++) {
    for (int place = 0; place < MANTISSAS; place++) {
      const uint32_t size = exponent << 23 | mantissa(place);
      for (uint32_t sign = 0; sign < 2; sign++) {
        const float by = apus_from_bits_1((int32_t)(size | sign << 31));
        const int isWide = place < WIDE_MANTISSAS && sign == 0;
        for (int kind = 0; kind < 2 + isWide; kind++) runs(by, bounds[kind]);
        factors++;
        wide += (unsigned)isWide;
      }
    }
  }
  printf("%u factors by all sums, %u of them to 32 bits, %llu ends of runs: the same\n", factors,
         wide, (unsigned long long)compared);
  return 0;
}
