/* Intervals of indices, and whether accesses lie in their buffers. */
#include "vm_verify.h"

/* The interval of an index that starts at word `at`. */
apus_vm_status apus_index_range(apus_verifier *v, uint32_t at, int64_t *low, int64_t *high) {
  NEED(at <= v->words && v->words - at >= 3 && v->w[at] <= 64, BAD_CODE);
  apus_affine x = apus_affine_at(v->w + at);
  NEED(v->words - at - 3 >= 3 * x.terms, BAD_CODE);
  *low = *high = x.constant;
  for (uint32_t i = 0; i < x.terms; i++) {
    uint32_t number = x.term[3 * i];
    int64_t k = apus_i64_at(x.term + 3 * i + 1), a, b;
    NEED(number < APUS_VARIABLES && v->variable[number].depth >= 0, BAD_REGISTER);
    apus_interval r = v->variable[number];
    bool fits = !__builtin_mul_overflow(k, r.low, &a) && !__builtin_mul_overflow(k, r.high, &b) &&
                !__builtin_add_overflow(*low, a < b ? a : b, low) &&
                !__builtin_add_overflow(*high, a < b ? b : a, high);
    if (!fits) {
      NEED(v->m->sizes != NULL, OUT_OF_BOUNDS);
      *low = -APUS_UNBOUNDED, *high = APUS_UNBOUNDED;
    }
  }
  return APUS_VM_OK;
}
/* Checks the access at word `at`, widened by offsets, and moves `at` behind it. What only a run can
 * tell is left to it, where `open` allows that and the program has sizes. */
apus_vm_status apus_check_access(apus_verifier *v, uint32_t *at, int64_t low, int64_t high,
                                 bool write, bool empty, bool open) {
  int64_t first, last;
  NEED(*at <= v->words && v->words - *at >= 6, BAD_CODE);
  apus_access a = apus_access_at(v->w + *at);
  NEED(a.buffer < v->m->buffer_count, BAD_BUFFER);
  TRY(apus_index_range(v, *at + 3, &first, &last));
  *at += apus_access_words(v->w + *at);
  if (v->dead || empty) return APUS_VM_OK;
  apus_buffer b = apus_buffer_at(v->m, a.buffer);
  bool fits = !__builtin_add_overflow(first, low, &first) &&
              !__builtin_add_overflow(last, high, &last) && first >= 0 &&
              (last < 0 || (uint64_t)last < b.count) && last >= first;
  NEED(fits || (open && v->m->sizes != NULL), OUT_OF_BOUNDS);
  if (!fits) v->m->checked = 1;
  if (write) {
    NEED(b.storage == APUS_OUTPUT || b.storage == APUS_ARENA, BAD_WRITE);
    NEED(!v->m->has_pool || a.buffer != v->m->pool_room, BAD_WRITE);
    v->set[a.buffer] |= 3;
  } else {
    NEED(b.storage == APUS_INPUT || b.storage == APUS_CONSTANT || v->set[a.buffer] ||
             v->m->sizes != NULL, UNSET_READ);
  }
  return APUS_VM_OK;
}
uint32_t apus_element_of(apus_verifier *v, uint32_t at) {
  if (at >= v->words || v->w[at] >= v->m->buffer_count) return 0;
  return apus_buffer_at(v->m, v->w[at]).element;
}
static apus_vm_status bind_range(apus_verifier *v, uint32_t number, int64_t low, int64_t high) {
  NEED(number < APUS_VARIABLES && v->variable[number].depth < 0, BAD_REGISTER);
  v->variable[number] = (apus_interval){low, high, v->depth};
  return APUS_VM_OK;
}
/* The interval of a variable that an instruction names. */
static apus_vm_status variable_range(apus_verifier *v, uint32_t number, apus_interval *r) {
  NEED(number < APUS_VARIABLES && v->variable[number].depth >= 0, BAD_REGISTER);
  *r = v->variable[number];
  return APUS_VM_OK;
}
apus_vm_status apus_check_open_bind(apus_verifier *v, uint32_t opcode) {
  uint32_t type, at = 4;
  apus_interval a, b;
  NEED(v->m->sizes != NULL && v->words >= 4, BAD_CODE);
  if (opcode == APUS_OP_SIZE) {
    NEED(v->words == 4 && v->w[3] < v->m->size_count, BAD_CODE);
    apus_range r = apus_size_range(v->m, v->w[3]);
    return bind_range(v, v->w[2], r.low, r.high);
  }
  TRY(variable_range(v, v->w[3], &a));
  if (opcode == APUS_OP_FETCHTO) {
    type = apus_element_of(v, at);
    NEED(type == APUS_I32 || type == APUS_I64, BAD_CODE);
    TRY(apus_check_access(v, &at, 0, 0, false, false, true));
    NEED(at == v->words, BAD_CODE);
    return bind_range(v, v->w[2], -1, a.high > 0 ? a.high - 1 : 0);
  }
  NEED(v->words == 5, BAD_CODE);
  TRY(variable_range(v, v->w[4], &b));
  const int64_t x[2] = {a.low, a.high}, y[2] = {b.low, b.high};
  int64_t low = APUS_UNBOUNDED, high = -APUS_UNBOUNDED;
  for (int k = 0; k < 4; k++) {
    int64_t value;
    bool large = __builtin_mul_overflow(x[k >> 1], y[k & 1], &value) || value > APUS_UNBOUNDED ||
                 value < -APUS_UNBOUNDED;
    if (large) low = -APUS_UNBOUNDED, high = APUS_UNBOUNDED;
    if (!large && value < low) low = value;
    if (!large && value > high) high = value;
  }
  return bind_range(v, v->w[2], low, high);
}
apus_vm_status apus_check_bind(apus_verifier *v) {
  int64_t low, high, by;
  uint32_t opcode = v->w[0] & 0xff, at = opcode == APUS_OP_AFFINE ? 3 : 5;
  NEED(v->words > at, BAD_CODE);
  if (opcode == APUS_OP_FETCH) {
    uint32_t type = apus_element_of(v, at);
    by = apus_i64_at(v->w + 3);
    NEED((type == APUS_I32 || type == APUS_I64) && by > 0, BAD_CODE);
    TRY(apus_check_access(v, &at, 0, 0, false, false, true));
    NEED(at == v->words, BAD_CODE);
    return bind_range(v, v->w[2], 0, by - 1);
  }
  TRY(apus_index_range(v, at, &low, &high));
  NEED(at + 3 + 3 * v->w[at] == v->words, BAD_CODE);
  if (opcode != APUS_OP_AFFINE) {
    by = apus_i64_at(v->w + 3);
    NEED(by > 0 && (low >= 0 || v->dead), BAD_CODE);
    if (opcode == APUS_OP_QUOTIENT) low /= by, high /= by;
    else if (high >= by || low < 0) low = 0, high = by - 1;
  }
  return bind_range(v, v->w[2], low, high);
}
