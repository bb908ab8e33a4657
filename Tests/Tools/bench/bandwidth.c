/* The rate at which one thread reads memory: bandwidth() returns GB/s.
 * Every thread reads a block of its own, too large for any cache. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef float vector __attribute__((vector_size(64)));
enum { BYTES = 256 << 20, COUNT = BYTES / sizeof(vector), CHAINS = 8 };

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

double bandwidth(void) {
  static _Thread_local vector *block;
  static _Thread_local volatile vector sink __attribute__((unused));
  if (!block) {
    block = aligned_alloc(64, BYTES);
    if (!block) return 0;
    memset(block, 0, BYTES);
  }
  vector sums[CHAINS] = {{0}};
  double start = now();
  for (int i = 0; i < COUNT; i += CHAINS)
    for (int k = 0; k < CHAINS; ++k) sums[k] += block[i + k];
  double seconds = now() - start;
  for (int k = 0; k < CHAINS; ++k) sink = sums[k];
  return 1e-9 * BYTES / seconds;
}
