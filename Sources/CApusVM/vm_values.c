/* Loads, stores, conversions and tests of lanes. */
#include <math.h>
#include "vm.h"
#include "vm_lanes.h"

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
    case APUS_F16: LOADS(uint16_t, float, apus_f16_to_f32)
    case APUS_BF16: LOADS(uint16_t, float, apus_bf16_to_f32)
    case APUS_F8E4M3FN: LOADS(uint8_t, float, apus_f8e4m3fn_to_f32)
    case APUS_F8E4M3FNUZ: LOADS(uint8_t, float, apus_f8e4m3fnuz_to_f32)
    case APUS_F8E5M2: LOADS(uint8_t, float, apus_f8e5m2_to_f32)
    case APUS_F8E5M2FNUZ: LOADS(uint8_t, float, apus_f8e5m2fnuz_to_f32)
    case APUS_F8E8M0: LOADS(uint8_t, float, apus_f8e8m0_to_f32)
    case APUS_F6E2M3: LOADS(uint8_t, float, apus_f6e2m3_to_f32)
    case APUS_F4E2M1: LOADS(uint8_t, float, apus_f4e2m1_to_f32)
    case APUS_F6E3M2: LOADS(uint8_t, float, apus_f6e3m2_to_f32)
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
    case APUS_F16: STORES(uint16_t, float, apus_f32_to_f16)
    case APUS_BF16: STORES(uint16_t, float, apus_f32_to_bf16)
    case APUS_F8E4M3FN: STORES(uint8_t, float, apus_f32_to_f8e4m3fn)
    case APUS_F8E4M3FNUZ: STORES(uint8_t, float, apus_f32_to_f8e4m3fnuz)
    case APUS_F8E5M2: STORES(uint8_t, float, apus_f32_to_f8e5m2)
    case APUS_F8E5M2FNUZ: STORES(uint8_t, float, apus_f32_to_f8e5m2fnuz)
    case APUS_F8E8M0: STORES(uint8_t, float, apus_f32_to_f8e8m0)
    case APUS_F6E2M3: STORES(uint8_t, float, apus_f32_to_f6e2m3)
    case APUS_F4E2M1: STORES(uint8_t, float, apus_f32_to_f4e2m1)
    case APUS_F6E3M2: STORES(uint8_t, float, apus_f32_to_f6e3m2)
    case APUS_F32: case APUS_I32: case APUS_U32: STORES(uint32_t, uint32_t, SAME)
    default: STORES(uint64_t, uint64_t, SAME)
  }
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
static uint64_t truncated(uint32_t to, double x) {
  switch (to) {
    case APUS_I8: return (uint64_t)apus_f64_to_i8(x);
    case APUS_U8: return (uint64_t)apus_f64_to_u8(x);
    case APUS_I16: return (uint64_t)apus_f64_to_i16(x);
    case APUS_U16: return (uint64_t)apus_f64_to_u16(x);
    case APUS_I32: return (uint64_t)apus_f64_to_i32(x);
    case APUS_I64: return (uint64_t)apus_f64_to_i64(x);
    case APUS_U32: return apus_f64_to_u32(x);
    default: return apus_f64_to_u64(x);
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
void apus_reinterpret(uint32_t to, uint32_t from, size_t n, void *d, const void *a) {
  uint64_t stored[APUS_MAX_LANES];
  apus_store_lanes(from, n, stored, 1, a);
  apus_load_lanes(to, n, d, stored, 1);
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
    case APUS_U64: case APUS_STRING: DO(uint64_t) \
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
#define EACH_OF(count, statement) for (size_t i = 0; i < (count); i++) statement;
#define ACROSS(T)                                                                \
  {                                                                              \
    const T *x = a;                                                              \
    T p[16];                                                                     \
    const size_t used = n < 16 ? n : 16;                                         \
    memcpy(p, x, used * sizeof(T));                                              \
    size_t done = used;                                                          \
    for (; done + 16 <= n; done += 16)                                           \
      EACH_OF(16, p[i] = COMBINE(p[i], x[done + i]))                             \
    for (; done < n; done++) p[done % 16] = COMBINE(p[done % 16], x[done]);      \
    if (used == 16) {                                                            \
      EACH_OF(8, p[i] = COMBINE(p[i], p[i + 8]))                                 \
      EACH_OF(4, p[i] = COMBINE(p[i], p[i + 4]))                                 \
      EACH_OF(2, p[i] = COMBINE(p[i], p[i + 2]))                                 \
      p[0] = COMBINE(p[0], p[1]);                                                \
    } else {                                                                     \
      for (size_t half = 8; half > 0; half /= 2)                                 \
        for (size_t i = 0; i < half && i + half < used; i++)                     \
          p[i] = COMBINE(p[i], p[i + half]);                                     \
    }                                                                            \
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
/* Whether a function is defined on a type. */
bool apus_fits(uint32_t opcode, uint32_t f, uint32_t type) {
  bool real = type == APUS_F32 || type == APUS_F64, truth = type == APUS_BOOL;
  uint32_t result;
  bool text = apus_is_string_function(opcode, f, &result);
  if (text || type == APUS_STRING) return text && type == APUS_STRING;
  if (opcode == APUS_OP_UNARY) {
    if (f >= APUS_U_COUNT) return false;
    if (f == APUS_U_not) return !real;
    return real || (!truth && (f == APUS_U_neg || f == APUS_U_abs || f == APUS_U_sign));
  }
  if (f >= APUS_B_COUNT) return false;
  bool bits = f == APUS_B_and || f == APUS_B_or || f == APUS_B_xor;
  if (truth) return bits || f == APUS_B_min || f == APUS_B_max;
  if (real) return !bits && f != APUS_B_shl && f != APUS_B_shr;
  return f != APUS_B_atan2;
}
