/* One linear pass over the code: intervals of indices, types of registers, bounds of accesses.
 *
 * What a block sets is forgotten at its end, because the block may not have run. Memory is tracked
 * by whole buffers in the order of the code; a write makes buffers that overlap it unset once the
 * kernel ends. */
#include "vm_verify.h"

static bool is_register_type(uint32_t type) {
  return type == APUS_F32 || type == APUS_F64 || type == APUS_I32 || type == APUS_I64 ||
         type == APUS_U32 || type == APUS_U64 || type == APUS_BOOL || type == APUS_STRING;
}
static uint32_t slot_count(uint32_t type, uint32_t lanes) {
  return (lanes * apus_width(type) + 63) / 64;
}
static apus_vm_status reads(apus_verifier *v, uint32_t at, uint32_t type, uint32_t lanes) {
  NEED(at < v->words && is_register_type(type), BAD_CODE);
  uint32_t first = v->w[at], n = slot_count(type, lanes);
  NEED(first < v->m->slots && n <= v->m->slots - first, BAD_REGISTER);
  for (uint32_t i = first; i < first + n; i++) {
    apus_slot s = v->slots[i];
    NEED(s.depth >= 0 && s.first == first && s.lanes == lanes && s.type == type, BAD_REGISTER);
  }
  return APUS_VM_OK;
}
static apus_vm_status sets(apus_verifier *v, uint32_t at, uint32_t type, uint32_t lanes) {
  NEED(at < v->words && is_register_type(type), BAD_CODE);
  uint32_t first = v->w[at], n = slot_count(type, lanes);
  NEED(first < v->m->slots && n <= v->m->slots - first, BAD_REGISTER);
  if (reads(v, at, type, lanes) == APUS_VM_OK) return APUS_VM_OK;
  for (uint32_t i = first; i < first + n; i++)
    v->slots[i] = (apus_slot){(uint16_t)first, (uint16_t)lanes, (uint8_t)type, (int8_t)v->depth};
  return APUS_VM_OK;
}
static apus_vm_status open_block(apus_verifier *v, uint32_t at, uint32_t limit) {
  const uint32_t *w = v->w;
  bool to = (w[0] & 0xff) == APUS_OP_LOOPTO, loop = to || (w[0] & 0xff) == APUS_OP_LOOP;
  NEED(v->depth < APUS_MAX_DEPTH && v->words == (to ? 5u : loop ? 6u : 8u), BAD_CODE);
  uint32_t body = w[v->words - 1], number = w[2];
  NEED(body >= 2 && body <= limit - at - v->words && number < APUS_VARIABLES, BAD_CODE);
  apus_block *b = &v->blocks[v->depth++];
  *b = (apus_block){at + v->words + body, number, v->variable[number], v->trips, v->dead};
  int64_t low = 0, high;
  if (loop) {
    NEED(!to || (w[3] < APUS_VARIABLES && v->variable[w[3]].depth >= 0), BAD_REGISTER);
    int64_t extent = to ? v->variable[w[3]].high : apus_i64_at(w + 3);
    if (to && extent < 0) extent = 0;
    NEED(extent >= 0 && (to || extent <= (int64_t)1 << 48), TOO_MUCH);
    NEED(b->saved.depth < 0, BAD_REGISTER);
    high = extent - 1;
    if (__builtin_mul_overflow(v->trips, (uint64_t)extent, &v->trips)) v->trips = UINT64_MAX;
  } else {
    NEED(b->saved.depth >= 0, BAD_REGISTER);
    low = apus_i64_at(w + 3), high = apus_i64_at(w + 5);
    NEED(high > INT64_MIN, BAD_CODE);
    high -= 1;
    if (low < b->saved.low) low = b->saved.low;
    if (high > b->saved.high) high = b->saved.high;
  }
  if (high < low) v->dead = true, high = low;
  v->variable[number] = (apus_interval){low, high, v->depth};
  return APUS_VM_OK;
}
static apus_vm_status close_block(apus_verifier *v, uint32_t next) {
  NEED(v->depth > 0 && v->words == 2 && v->blocks[v->depth - 1].end == next, BAD_CODE);
  apus_block *b = &v->blocks[v->depth - 1];
  for (uint32_t i = 0; i < APUS_VARIABLES; i++)
    if (v->variable[i].depth >= v->depth) v->variable[i].depth = -1;
  for (uint32_t i = 0; i < v->m->slots; i++)
    if (v->slots[i].depth >= v->depth) v->slots[i].depth = -1;
  v->variable[b->variable] = b->saved, v->trips = b->trips, v->dead = b->dead;
  v->depth--;
  return APUS_VM_OK;
}
static apus_vm_status check_lanes(apus_verifier *v, uint32_t opcode) {
  const uint32_t *w = v->w;
  uint32_t f = (w[0] >> 8) & 0xff, lanes = w[0] >> 16;
  uint32_t type = w[1] & 0xff, from = (w[1] >> 8) & 0xff;
  uint32_t words = opcode == APUS_OP_LITERAL || opcode == APUS_OP_BINARY ||
                   opcode == APUS_OP_COMPARE ? 5
                   : opcode == APUS_OP_SELECT || opcode == APUS_OP_FUSED ? 6 : 4;
  uint32_t result = opcode == APUS_OP_CONVERT ? apus_widened(type) : type;
  bool has_strings = type == APUS_STRING;
  NEED(lanes >= 1 && lanes <= APUS_MAX_LANES && is_register_type(result) && v->words == words,
       BAD_CODE);
  switch (opcode) {
    case APUS_OP_LITERAL:
      NEED(lanes == 1 && (apus_width(type) == 8 || w[4] == 0) && (type != APUS_BOOL || w[3] <= 1),
           BAD_CODE);
      return sets(v, 2, type, 1);
    case APUS_OP_SPREAD: TRY(reads(v, 3, type, 1)); break;
    case APUS_OP_UNARY:
      NEED(apus_fits(opcode, f, type), BAD_CODE);
      TRY(reads(v, 3, type, lanes));
      if (f == APUS_U_isnan || f == APUS_U_isinf) result = APUS_BOOL;
      break;
    case APUS_OP_BINARY:
      NEED(apus_fits(opcode, f, type), BAD_CODE);
      TRY(reads(v, 3, type, lanes));
      TRY(reads(v, 4, type, lanes));
      if (type == APUS_STRING) apus_is_string_function(opcode, f, &result);
      break;
    case APUS_OP_COMPARE:
      NEED(f < APUS_C_COUNT, BAD_CODE);
      TRY(reads(v, 3, type, lanes));
      TRY(reads(v, 4, type, lanes));
      result = APUS_BOOL;
      break;
    case APUS_OP_SELECT:
    case APUS_OP_FUSED:
      NEED(opcode == APUS_OP_SELECT || type == APUS_F32 || type == APUS_F64, BAD_CODE);
      TRY(reads(v, 3, opcode == APUS_OP_SELECT ? APUS_BOOL : type, lanes));
      TRY(reads(v, 4, type, lanes));
      TRY(reads(v, 5, type, lanes));
      break;
    case APUS_OP_CONVERT:
      if (type != from && (type == APUS_STRING || from == APUS_STRING)) {
        uint32_t number = type == APUS_STRING ? from : type;
        NEED(f == APUS_KEEP_VALUE &&
                 (number == APUS_F64 || number == APUS_I64 || number == APUS_U64), BAD_CODE);
        has_strings = true;
      }
      NEED(f == APUS_KEEP_VALUE || (f == APUS_KEEP_BITS && apus_width(from) == apus_width(type)),
           BAD_CODE);
      TRY(reads(v, 3, f == APUS_KEEP_BITS ? apus_widened(from) : from, lanes));
      break;
    default: /* across */
      NEED((f == APUS_B_add || f == APUS_B_mul || f == APUS_B_min || f == APUS_B_max) &&
               type != APUS_BOOL && type != APUS_STRING, BAD_CODE);
      TRY(reads(v, 3, type, lanes));
      lanes = 1;
  }
  if (has_strings) apus_add_work(v, (uint64_t)lanes * apus_pool_bytes(v->m));
  return sets(v, 2, result, lanes);
}
static apus_vm_status check_memory(apus_verifier *v, uint32_t opcode) {
  uint32_t lanes = v->w[0] >> 16, at = 3, type = apus_element_of(v, 3);
  NEED(lanes >= 1 && lanes <= APUS_MAX_LANES && v->words >= 9 && type != 0, BAD_CODE);
  int64_t low = 0, high = 0;
  TRY(apus_widen(lanes, apus_i64_at(v->w + 4), &low, &high));
  if (type == APUS_STRING) {
    bool gives = apus_buffer_at(v->m, v->w[3]).storage == APUS_OUTPUT;
    NEED(opcode == APUS_OP_STORE || !gives, BAD_CODE); /* pointers are no elements */
    apus_add_work(v, (uint64_t)lanes * apus_pool_bytes(v->m));
  }
  if (opcode == APUS_OP_STORE) TRY(reads(v, 2, apus_widened(type), lanes));
  TRY(apus_check_access(v, &at, low, high, opcode == APUS_OP_STORE, false, true));
  NEED(at == v->words, BAD_CODE);
  return opcode == APUS_OP_LOAD ? sets(v, 2, apus_widened(type), lanes) : APUS_VM_OK;
}
/* Bits of the first two words that the opcode gives no meaning must be 0. */
static bool reserved_is_zero(const uint32_t *w) {
  const uint32_t function = 0xff00, lanes = 0xffff0000, type = 0xff, source = 0xff00;
  uint32_t first = 0xff, second = 0xffff0000;
  switch (w[0] & 0xff) {
    case APUS_OP_LOAD: case APUS_OP_STORE: first |= lanes; break;
    case APUS_OP_LITERAL: case APUS_OP_SPREAD: case APUS_OP_SELECT: case APUS_OP_FUSED:
      first |= lanes, second |= type;
      break;
    case APUS_OP_UNARY: case APUS_OP_BINARY: case APUS_OP_COMPARE: case APUS_OP_ACROSS:
      first |= function | lanes, second |= type;
      break;
    case APUS_OP_CONVERT: first |= function | lanes, second |= type | source; break;
    default: break;
  }
  return (w[0] & ~first) == 0 && (w[1] & ~second) == 0;
}
static apus_vm_status check_instruction(apus_verifier *v, uint32_t at, uint32_t limit) {
  int64_t low, high;
  uint32_t opcode = v->w[0] & 0xff;
  NEED(reserved_is_zero(v->w), BAD_CODE);
  apus_add_work(v, (v->w[0] >> 16) + 1u);
  switch (opcode) {
    case APUS_OP_LOOP: case APUS_OP_WITHIN: case APUS_OP_LOOPTO: return open_block(v, at, limit);
    case APUS_OP_END: return close_block(v, at + v->words);
    case APUS_OP_AFFINE: case APUS_OP_QUOTIENT: case APUS_OP_REMAINDER: case APUS_OP_FETCH:
      return apus_check_bind(v);
    case APUS_OP_SIZE: case APUS_OP_PRODUCT: case APUS_OP_FETCHTO:
      return apus_check_open_bind(v, opcode);
    case APUS_OP_LOAD: case APUS_OP_STORE: return check_memory(v, opcode);
    case APUS_OP_INDEX:
      TRY(apus_index_range(v, 3, &low, &high));
      NEED(6 + 3 * v->w[3] == v->words, BAD_CODE);
      return sets(v, 2, APUS_I64, 1);
    case APUS_OP_TILE: return apus_check_tile(v, false);
    case APUS_OP_DOT: return apus_check_tile(v, true);
    case APUS_OP_WINDOW: return apus_check_window(v);
    default: return opcode < APUS_OP_COUNT ? check_lanes(v, opcode) : APUS_VM_BAD_CODE;
  }
}
/* Buffers that overlap one written by the kernel that ends hold something else now. */
static void forget_overlapped(apus_verifier *v) {
  const apus_vm_program *m = v->m;
  for (uint32_t i = 0; i < m->buffer_count; i++) {
    if (!(v->set[i] & 2)) continue;
    apus_buffer a = apus_buffer_at(m, i);
    for (uint32_t j = 0; j < m->buffer_count && a.storage == APUS_ARENA; j++) {
      apus_buffer b = apus_buffer_at(m, j);
      if (j == i || b.storage != APUS_ARENA || !v->set[j]) continue;
      if (a.offset < b.offset + b.count * apus_width(b.element) &&
          b.offset < a.offset + a.count * apus_width(a.element)) v->set[j] &= 2;
    }
  }
  for (uint32_t i = 0; i < m->buffer_count; i++) {
    bool both = v->set[i] == 2;
    v->set[i] = both ? 0 : v->set[i] & 1;
  }
}
static apus_vm_status check_kernel(apus_verifier *v, uint32_t first, uint32_t words) {
  for (uint32_t i = 0; i < APUS_VARIABLES; i++) v->variable[i].depth = -1;
  for (uint32_t i = 0; i < APUS_MAX_SLOTS; i++) v->slots[i].depth = -1;
  uint32_t at = first, limit = first + words;
  while (at < limit) {
    v->m->failing_word = at;
    v->w = v->m->code + at;
    NEED(limit - at >= 2, BAD_CODE);
    v->words = v->w[1] >> 16;
    NEED(v->words >= 2 && v->words <= limit - at, BAD_CODE);
    TRY(check_instruction(v, at, limit));
    at += v->words;
  }
  NEED(v->depth == 0, BAD_CODE);
  forget_overlapped(v);
  return APUS_VM_OK;
}
apus_vm_status apus_verify(apus_vm_program *m) {
  apus_verifier v;
  v.m = m, v.depth = 0, v.trips = 1, v.dead = false;
  memset(v.set, 0, sizeof v.set);
  uint32_t end = 0;
  for (uint32_t i = 0; i < m->kernel_count; i++) {
    const uint8_t *p = m->kernels + 24 * (size_t)i;
    NEED((uint64_t)apus_u32_at(p) + apus_u32_at(p + 4) <= m->string_bytes &&
             (uint64_t)apus_u32_at(p + 8) + apus_u32_at(p + 12) <= m->string_bytes, BAD_SECTION);
    NEED(apus_u32_at(p + 16) == end && apus_u32_at(p + 20) <= m->code_words - end, BAD_CODE);
    TRY(check_kernel(&v, end, apus_u32_at(p + 20)));
    end += apus_u32_at(p + 20);
  }
  NEED(end == m->code_words, BAD_CODE);
  if (m->sizes != NULL) return apus_verify_steps(m);
  for (uint32_t i = 0; i < m->buffer_count; i++)
    NEED(apus_buffer_at(m, i).storage != APUS_OUTPUT || apus_buffer_at(m, i).count == 0 ||
             v.set[i], UNSET_READ);
  return APUS_VM_OK;
}
