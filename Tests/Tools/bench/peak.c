/* The peak of fused multiply-adds on one core: peak(seconds) returns GFLOP/s of single precision.
 * Twelve or more independent chains keep both units busy; the best of many short rounds counts. */
#include <time.h>
#if defined(__AVX512F__)
#include <immintrin.h>
typedef __m512 vector;
#define FUSED(a, b, c) _mm512_fmadd_ps(a, b, c)
#elif defined(__FMA__)
#include <immintrin.h>
typedef __m256 vector;
#define FUSED(a, b, c) _mm256_fmadd_ps(a, b, c)
#elif defined(__ARM_NEON) && defined(__aarch64__)
#include <arm_neon.h>
typedef float32x4_t vector;
#define FUSED(a, b, c) vfmaq_f32(c, a, b)
#else
typedef float vector __attribute__((vector_size(16)));
#define FUSED(a, b, c) ((a) * (b) + (c))
#endif
enum { CHAINS = 12, STEPS = 20000, LANES = sizeof(vector) / sizeof(float) };

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static vector splat(float value) {
  union {
    vector v;
    float f[LANES];
  } u;
  for (int i = 0; i < LANES; ++i) u.f[i] = value;
  return u.v;
}

/* The registers are named so that no compiler spills them. */
#define EACH(M) M(0) M(1) M(2) M(3) M(4) M(5) M(6) M(7) M(8) M(9) M(10) M(11)

/* Reading and writing through volatile pins the work between the two looks at the clock. */
static double round_rate(void) {
  static volatile vector sink __attribute__((unused));
  static volatile float factor = 0.999f, step = 0.001f;
#define START(i) vector x##i = splat(0.5f + 0.01f * i);
#define STEP(i) x##i = FUSED(x##i, scale, shift);
#define KEEP(i) sink = x##i;
  EACH(START)
  double start = now();
  vector scale = splat(factor), shift = splat(step);
  for (int s = 0; s < STEPS; ++s) {
    EACH(STEP)
  }
  EACH(KEEP)
  double seconds = now() - start;
  return 2e-9 * CHAINS * STEPS * LANES / seconds;
}

double peak(double seconds) {
  double best = 0, end = now() + seconds;
  do {
    double rate = round_rate();
    if (rate > best) best = rate;
  } while (now() < end);
  return best;
}
