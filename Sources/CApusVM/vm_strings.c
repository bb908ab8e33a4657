/* Strings: their pool, and functions of lanes of them. */
#include <math.h>
#include "vm.h"
#include "vm_lanes.h"

#define NEED(c, s) do { if (!(c)) return APUS_VM_##s; } while (0)

static bool overlaps(apus_buffer a, apus_buffer b) {
  return a.offset < b.offset + b.count * apus_width(b.element) &&
         b.offset < a.offset + a.count * apus_width(a.element);
}
/* Two buffers of bytes: constant ones, between zeros, and room that no other buffer shares. */
apus_vm_status apus_parse_pool(apus_vm_program *m, const uint8_t *section, uint64_t length) {
  NEED(length == 8, BAD_SECTION);
  m->pool_constants = apus_u32_at(section), m->pool_room = apus_u32_at(section + 4);
  NEED(m->pool_constants < m->buffer_count && m->pool_room < m->buffer_count, BAD_SECTION);
  apus_buffer fixed = apus_buffer_at(m, m->pool_constants), room = apus_buffer_at(m, m->pool_room);
  NEED(fixed.storage == APUS_CONSTANT && fixed.element == APUS_U8 && fixed.count >= 1 &&
           fixed.count <= INT32_MAX && room.storage == APUS_ARENA && room.element == APUS_U8 &&
           room.count <= INT32_MAX, BAD_BUFFER);
  const uint8_t *bytes = m->constants + fixed.offset;
  NEED(bytes[0] == 0 && bytes[fixed.count - 1] == 0, BAD_BUFFER);
  for (uint32_t i = 0; i < m->buffer_count; i++) {
    apus_buffer other = apus_buffer_at(m, i);
    NEED(i == m->pool_room || other.storage != APUS_ARENA || !overlaps(other, room), BAD_BUFFER);
  }
  m->has_pool = 1;
  return APUS_VM_OK;
}

/* The most bytes that a function of strings may look at. */
uint64_t apus_pool_bytes(const apus_vm_program *m) {
  if (!m->has_pool) return 0;
  return apus_buffer_at(m, m->pool_constants).count + apus_buffer_at(m, m->pool_room).count;
}

/* Whether a function takes strings, and the type of what it gives. */
bool apus_is_string_function(uint32_t opcode, uint32_t f, uint32_t *result) {
  *result = APUS_STRING;
  if (opcode == APUS_OP_UNARY) return f == APUS_U_upper || f == APUS_U_lower;
  if (f == APUS_B_parts) *result = APUS_I64;
  if (f == APUS_B_matches) *result = APUS_BOOL;
  return f >= APUS_B_join && f <= APUS_B_matches;
}

void apus_take_lanes(struct apus_pool *pool, size_t n, void *d, const void *p, int64_t stride) {
  const char *const *s = p;
  for (size_t i = 0; i < n; i++) ((uint64_t *)d)[i] = apus_take(pool, s[(int64_t)i * stride]);
}
void apus_give_lanes(struct apus_pool *pool, size_t n, void *p, int64_t stride, const void *s) {
  const char **r = p;
  for (size_t i = 0; i < n; i++)
    r[(int64_t)i * stride] = apus_give(pool, ((const uint64_t *)s)[i]);
}

void apus_convert_strings(struct apus_pool *pool, uint32_t to, uint32_t from, size_t n, void *d,
                          const void *a) {
  const uint64_t *x = a;
  uint64_t *r = d;
  for (size_t i = 0; i < n; i++) {
    double real;
    memcpy(&real, &x[i], 8);
    if (from == APUS_F64) r[i] = apus_f64_to_string(pool, real);
    else if (from == APUS_I64) r[i] = apus_i64_to_string(pool, (int64_t)x[i]);
    else if (from == APUS_U64) r[i] = apus_u64_to_string(pool, x[i]);
    else if (to != APUS_F64) r[i] = apus_string_to_u64(pool, x[i]);
    else real = apus_string_to_f64(pool, x[i]), memcpy(&r[i], &real, 8);
  }
}

static uint8_t test(uint32_t f, int order) {
  switch (f) {
    case APUS_C_eq: return order == 0;
    case APUS_C_ne: return order != 0;
    case APUS_C_lt: return order < 0;
    case APUS_C_le: return order <= 0;
    case APUS_C_gt: return order > 0;
    default: return order >= 0;
  }
}
void apus_string_lanes(struct apus_pool *pool, uint32_t opcode, uint32_t f, size_t n, void *d,
                       const void *a, const void *b) {
  const uint64_t *x = a, *y = b;
  uint64_t *r = d;
  uint8_t bytes[APUS_MAX_LANES];
  for (size_t i = 0; i < n; i++) {
    if (opcode == APUS_OP_COMPARE) bytes[i] = test(f, apus_order(pool, x[i], y[i]));
    else if (opcode == APUS_OP_UNARY) r[i] = apus_cased(pool, x[i], f == APUS_U_upper);
    else if (f == APUS_B_join) r[i] = apus_join(pool, x[i], y[i]);
    else if (f == APUS_B_head) r[i] = apus_head(pool, x[i], y[i]);
    else if (f == APUS_B_tail) r[i] = apus_tail(pool, x[i], y[i]);
    else if (f == APUS_B_parts) r[i] = (uint64_t)apus_parts(pool, x[i], y[i]);
    else bytes[i] = (uint8_t)apus_matches(pool, x[i], y[i]);
  }
  if (opcode == APUS_OP_COMPARE || (opcode == APUS_OP_BINARY && f == APUS_B_matches))
    memcpy(d, bytes, n);
}
