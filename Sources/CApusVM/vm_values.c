/* Loads, stores, conversions and tests of lanes. */
#include <math.h>
#include "vm.h"

static float from_half(uint16_t h) {
  uint32_t sign = (uint32_t)(h & 0x8000) << 16, rest = h & 0x7fff, bits;
  float f;
  if (rest >= 0x7c00) bits = sign | 0x7f800000 | (rest & 0x3ff) << 13;
  else if (rest >= 0x400) bits = sign | ((rest << 13) + 0x38000000);
  else {
    f = (float)rest * 0x1p-24f;
    return sign ? -f : f;
  }
  memcpy(&f, &bits, 4);
  return f;
}
/* Round to nearest even; NaN keeps its sign and upper bits and stays quiet. */
static uint16_t to_half(float f) {
  uint32_t bits, sign, magnitude;
  memcpy(&bits, &f, 4);
  sign = bits >> 16 & 0x8000, magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000) return (uint16_t)(sign | 0x7e00 | (magnitude >> 13 & 0x3ff));
  if (magnitude >= 0x477ff000) return (uint16_t)(sign | 0x7c00);
  if (magnitude >= 0x38800000) {
    magnitude += 0xfff + (magnitude >> 13 & 1);
    return (uint16_t)(sign | ((magnitude - 0x38000000) >> 13));
  }
  float a = fabsf(f) * 0x1p24f + 0x1p23f;
  memcpy(&magnitude, &a, 4);
  return (uint16_t)(sign | (magnitude & 0x7fff));
}
static float from_brain(uint16_t h) {
  uint32_t bits = (uint32_t)h << 16;
  float f;
  memcpy(&f, &bits, 4);
  return f;
}
static uint16_t to_brain(float f) {
  uint32_t bits;
  memcpy(&bits, &f, 4);
  if ((bits & 0x7fffffff) > 0x7f800000) return (uint16_t)(bits >> 16 | 0x40);
  return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}
#define SAME(x) (x)
#define TRUTH(x) ((x) != 0)
#define LOADS(T, R, f)                                              \
  {                                                                 \
    const T *s = p;                                                 \
    R *r = d;                                                       \
    for (size_t i = 0; i < n; i++) r[i] = (R)f(s[(int64_t)i * stride]); \
    break;                                                          \
  }
void apus_load_lanes(uint32_t element, size_t n, void *d, const void *p, int64_t stride) {
  if (stride == 1 && element != APUS_BOOL && apus_width(element) >= 4) {
    memcpy(d, p, n * apus_width(element));
    return;
  }
  switch (element) {
    case APUS_BOOL: LOADS(uint8_t, uint8_t, TRUTH)
    case APUS_U8: LOADS(uint8_t, int32_t, SAME)
    case APUS_I8: LOADS(int8_t, int32_t, SAME)
    case APUS_U16: LOADS(uint16_t, int32_t, SAME)
    case APUS_I16: LOADS(int16_t, int32_t, SAME)
    case APUS_F16: LOADS(uint16_t, float, from_half)
    case APUS_BF16: LOADS(uint16_t, float, from_brain)
    case APUS_F32: case APUS_I32: case APUS_U32: LOADS(uint32_t, uint32_t, SAME)
    default: LOADS(uint64_t, uint64_t, SAME)
  }
}
#define STORES(T, R, f)                                              \
  {                                                                  \
    T *r = p;                                                        \
    const R *s = d;                                                  \
    for (size_t i = 0; i < n; i++) r[(int64_t)i * stride] = (T)f(s[i]); \
    break;                                                           \
  }
void apus_store_lanes(uint32_t element, size_t n, void *p, int64_t stride, const void *d) {
  if (stride == 1 && apus_width(element) >= 4) {
    memcpy(p, d, n * apus_width(element));
    return;
  }
  switch (element) {
    case APUS_BOOL: STORES(uint8_t, uint8_t, TRUTH)
    case APUS_U8: case APUS_I8: STORES(uint8_t, uint32_t, SAME)
    case APUS_U16: case APUS_I16: STORES(uint16_t, uint32_t, SAME)
    case APUS_F16: STORES(uint16_t, float, to_half)
    case APUS_BF16: STORES(uint16_t, float, to_brain)
    case APUS_F32: case APUS_I32: case APUS_U32: STORES(uint32_t, uint32_t, SAME)
    default: STORES(uint64_t, uint64_t, SAME)
  }
}
void apus_spread(uint32_t type, size_t n, void *d, const void *a) {
  apus_load_lanes(type, n, d, a, 0);
}
/* Reals go through double, whole numbers through 64 bits. */
static double real_of(uint32_t type, const void *a, size_t i) {
  switch (type) {
    case APUS_F32: return (double)((const float *)a)[i];
    case APUS_F64: return ((const double *)a)[i];
    case APUS_I32: return ((const int32_t *)a)[i];
    case APUS_I64: return (double)((const int64_t *)a)[i];
    case APUS_U32: return ((const uint32_t *)a)[i];
    case APUS_U64: return (double)((const uint64_t *)a)[i];
    default: return ((const uint8_t *)a)[i] != 0;
  }
}
static uint64_t whole_of(uint32_t type, const void *a, size_t i) {
  switch (type) {
    case APUS_I32: return (uint64_t)(int64_t)((const int32_t *)a)[i];
    case APUS_U32: return ((const uint32_t *)a)[i];
    case APUS_BOOL: return ((const uint8_t *)a)[i] != 0;
    default: return ((const uint64_t *)a)[i];
  }
}
static uint64_t saturated(double x, double low, double high, int64_t least, uint64_t most) {
  if (x != x) return 0;
  if (x <= low) return (uint64_t)least;
  if (x >= high) return most;
  return x < 0 ? (uint64_t)(int64_t)x : (uint64_t)x;
}
static uint64_t truncated(uint32_t to, double x) {
  switch (to) {
    case APUS_I8: return saturated(x, -0x1p7, 0x1p7, INT8_MIN, INT8_MAX);
    case APUS_U8: return saturated(x, 0, 0x1p8, 0, UINT8_MAX);
    case APUS_I16: return saturated(x, -0x1p15, 0x1p15, INT16_MIN, INT16_MAX);
    case APUS_U16: return saturated(x, 0, 0x1p16, 0, UINT16_MAX);
    case APUS_I32: return saturated(x, -0x1p31, 0x1p31, INT32_MIN, INT32_MAX);
    case APUS_I64: return saturated(x, -0x1p63, 0x1p63, INT64_MIN, INT64_MAX);
    case APUS_U32: return saturated(x, 0, 0x1p32, 0, UINT32_MAX);
    default: return saturated(x, 0, 0x1p64, 0, UINT64_MAX);
  }
}
static float single_of(uint32_t type, const void *a, size_t i) {
  if (type == APUS_I64) return (float)((const int64_t *)a)[i];
  if (type == APUS_U64) return (float)((const uint64_t *)a)[i];
  return (float)real_of(type, a, i);
}
/* To a storage type: converted as for its register, then stored and loaded again. */
static void convert_narrow(uint32_t to, uint32_t from, size_t n, void *d, const void *a) {
  uint64_t stored[APUS_MAX_LANES];
  bool real = from == APUS_F32 || from == APUS_F64;
  if (apus_widened(to) == APUS_I32 && real) {
    for (size_t i = 0; i < n; i++) stored[i] = truncated(to, real_of(from, a, i));
    for (size_t i = 0; i < n; i++) ((uint32_t *)d)[i] = (uint32_t)stored[i];
    return;
  }
  apus_convert(apus_widened(to), from, n, d, a);
  apus_store_lanes(to, n, stored, 1, d);
  apus_load_lanes(to, n, d, stored, 1);
}
void apus_convert(uint32_t to, uint32_t from, size_t n, void *d, const void *a) {
  if (apus_widened(to) != to) {
    convert_narrow(to, from, n, d, a);
    return;
  }
  if (to == from) {
    memmove(d, a, n * apus_width(to));
    return;
  }
  uint64_t room[APUS_MAX_LANES]; /* source and target may be one register */
  memcpy(room, a, n * apus_width(from));
  bool real = from == APUS_F32 || from == APUS_F64;
  for (size_t i = 0; i < n; i++) {
    if (to == APUS_F32) ((float *)d)[i] = single_of(from, room, i);
    else if (to == APUS_F64) ((double *)d)[i] = real_of(from, room, i);
    else if (to == APUS_BOOL)
      ((uint8_t *)d)[i] = real ? real_of(from, room, i) != 0 : whole_of(from, room, i) != 0;
    else {
      uint64_t w = real ? truncated(to, real_of(from, room, i)) : whole_of(from, room, i);
      if (apus_width(to) == 4) ((uint32_t *)d)[i] = (uint32_t)w;
      else ((uint64_t *)d)[i] = w;
    }
  }
}
#define TESTS(T)                                                          \
  {                                                                       \
    const T *x = a, *y = b;                                               \
    switch (test) {                                                       \
      case APUS_C_eq: for (size_t i = 0; i < n; i++) r[i] = x[i] == y[i]; break; \
      case APUS_C_ne: for (size_t i = 0; i < n; i++) r[i] = x[i] != y[i]; break; \
      case APUS_C_lt: for (size_t i = 0; i < n; i++) r[i] = x[i] < y[i]; break;  \
      case APUS_C_le: for (size_t i = 0; i < n; i++) r[i] = x[i] <= y[i]; break; \
      case APUS_C_gt: for (size_t i = 0; i < n; i++) r[i] = x[i] > y[i]; break;  \
      default: for (size_t i = 0; i < n; i++) r[i] = x[i] >= y[i];               \
    }                                                                     \
    break;                                                                \
  }
#define BY_TYPE(DO)                    \
  switch (type) {                      \
    case APUS_F32: DO(float)           \
    case APUS_F64: DO(double)          \
    case APUS_I32: DO(int32_t)         \
    case APUS_I64: DO(int64_t)         \
    case APUS_U32: DO(uint32_t)        \
    case APUS_U64: DO(uint64_t)        \
    default: DO(uint8_t)               \
  }
void apus_compare_lanes(uint32_t test, uint32_t type, size_t n, void *d, const void *a,
                        const void *b) {
  uint8_t r[APUS_MAX_LANES];
  BY_TYPE(TESTS)
  memcpy(d, r, n);
}
#define CHOICES(T)                                                  \
  {                                                                 \
    const T *x = a, *y = b;                                         \
    T r[APUS_MAX_LANES];                                            \
    for (size_t i = 0; i < n; i++) r[i] = t[i] ? x[i] : y[i];       \
    memcpy(d, r, n * sizeof(T));                                    \
    break;                                                          \
  }
void apus_select_lanes(uint32_t type, size_t n, void *d, const void *m, const void *a,
                       const void *b) {
  const uint8_t *t = m;
  BY_TYPE(CHOICES)
}
/* Lane i goes to partial i % 16; partials combine in a tree, so the order is always the same. */
#define ACROSS(T)                                                                \
  {                                                                              \
    const T *x = a;                                                              \
    T p[16];                                                                     \
    size_t used = n < 16 ? n : 16;                                               \
    memcpy(p, x, used * sizeof(T));                                              \
    for (size_t i = 16; i < n; i++) p[i % 16] = COMBINE(p[i % 16], x[i]);        \
    for (size_t half = 8; half > 0; half /= 2)                                   \
      for (size_t i = 0; i < half && i + half < used; i++)                       \
        p[i] = COMBINE(p[i], p[i + half]);                                       \
    memcpy(d, p, sizeof(T));                                                     \
    break;                                                                       \
  }
#define UNSIGNED_TYPE(DO)              \
  switch (type) {                      \
    case APUS_F32: DO(float)           \
    case APUS_F64: DO(double)          \
    case APUS_I32: case APUS_U32: DO(uint32_t) \
    default: DO(uint64_t)              \
  }
void apus_across(uint32_t function, uint32_t type, size_t n, void *d, const void *a) {
  switch (function) {
#define COMBINE(x, y) ((x) + (y))
    case APUS_B_add: UNSIGNED_TYPE(ACROSS) break;
#undef COMBINE
#define COMBINE(x, y) ((x) * (y))
    case APUS_B_mul: UNSIGNED_TYPE(ACROSS) break;
#undef COMBINE
#define COMBINE(x, y) ((x) < (y) || (x) != (x) ? (x) : (y))
    case APUS_B_min: BY_TYPE(ACROSS) break;
#undef COMBINE
#define COMBINE(x, y) ((x) > (y) || (x) != (x) ? (x) : (y))
    default: BY_TYPE(ACROSS)
  }
}
