/* One linear pass over the code: intervals of indices, types of registers, bounds of accesses.
 *
 * What a block sets is forgotten at its end, because the block may not have run. Memory is tracked
 * by whole buffers in the order of the code; a write makes buffers that overlap it unset once the
 * kernel ends. */
#include "vm.h"

typedef struct { int64_t low, high; int depth; } interval; /* depth < 0: not set */
typedef struct { uint16_t first, lanes; uint8_t type; int8_t depth; } slot;
typedef struct { uint32_t end, variable; interval saved; uint64_t trips; bool dead; } block;
typedef struct {
  apus_vm_program *m;
  const uint32_t *w; /* the instruction */
  uint32_t words;    /* its length */
  int depth;
  uint64_t trips;
  bool dead;
  interval variable[APUS_VARIABLES];
  slot slots[APUS_MAX_SLOTS];
  block blocks[APUS_MAX_DEPTH];
  uint8_t set[APUS_MAX_BUFFERS];
} state;
#define TRY(e) do { apus_vm_status s_ = (e); if (s_ != APUS_VM_OK) return s_; } while (0)
#define NEED(c, s) do { if (!(c)) return APUS_VM_##s; } while (0)

/* The interval of an index that starts at word `at`. */
static apus_vm_status index_range(state *v, uint32_t at, int64_t *low, int64_t *high) {
  NEED(at <= v->words && v->words - at >= 3 && v->w[at] <= 64, BAD_CODE);
  apus_affine x = apus_affine_at(v->w + at);
  NEED(v->words - at - 3 >= 3 * x.terms, BAD_CODE);
  *low = *high = x.constant;
  for (uint32_t i = 0; i < x.terms; i++) {
    uint32_t number = x.term[3 * i];
    int64_t k = apus_i64_at(x.term + 3 * i + 1), a, b;
    NEED(number < APUS_VARIABLES && v->variable[number].depth >= 0, BAD_REGISTER);
    interval r = v->variable[number];
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
/* Checks the access at word `at`, widened by offsets, and moves `at` behind it. */
/* What only a run can tell is left to it, where `open` allows that and the program has sizes. */
static apus_vm_status check_access(state *v, uint32_t *at, int64_t low, int64_t high, bool write,
                                   bool empty, bool open) {
  int64_t first, last;
  NEED(*at <= v->words && v->words - *at >= 6, BAD_CODE);
  apus_access a = apus_access_at(v->w + *at);
  NEED(a.buffer < v->m->buffer_count, BAD_BUFFER);
  TRY(index_range(v, *at + 3, &first, &last));
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
static uint32_t element_of(state *v, uint32_t at) {
  if (at >= v->words || v->w[at] >= v->m->buffer_count) return 0;
  return apus_buffer_at(v->m, v->w[at]).element;
}
static bool is_register_type(uint32_t type) {
  return type == APUS_F32 || type == APUS_F64 || type == APUS_I32 || type == APUS_I64 ||
         type == APUS_U32 || type == APUS_U64 || type == APUS_BOOL || type == APUS_STRING;
}
static uint32_t slot_count(uint32_t type, uint32_t lanes) {
  return (lanes * apus_width(type) + 63) / 64;
}
static apus_vm_status reads(state *v, uint32_t at, uint32_t type, uint32_t lanes) {
  NEED(at < v->words && is_register_type(type), BAD_CODE);
  uint32_t first = v->w[at], n = slot_count(type, lanes);
  NEED(first < v->m->slots && n <= v->m->slots - first, BAD_REGISTER);
  for (uint32_t i = first; i < first + n; i++) {
    slot s = v->slots[i];
    NEED(s.depth >= 0 && s.first == first && s.lanes == lanes && s.type == type, BAD_REGISTER);
  }
  return APUS_VM_OK;
}
static apus_vm_status sets(state *v, uint32_t at, uint32_t type, uint32_t lanes) {
  NEED(at < v->words && is_register_type(type), BAD_CODE);
  uint32_t first = v->w[at], n = slot_count(type, lanes);
  NEED(first < v->m->slots && n <= v->m->slots - first, BAD_REGISTER);
  if (reads(v, at, type, lanes) == APUS_VM_OK) return APUS_VM_OK;
  for (uint32_t i = first; i < first + n; i++)
    v->slots[i] = (slot){(uint16_t)first, (uint16_t)lanes, (uint8_t)type, (int8_t)v->depth};
  return APUS_VM_OK;
}
static apus_vm_status bind(state *v, uint32_t number, int64_t low, int64_t high) {
  NEED(number < APUS_VARIABLES && v->variable[number].depth < 0, BAD_REGISTER);
  v->variable[number] = (interval){low, high, v->depth};
  return APUS_VM_OK;
}
static apus_vm_status open_block(state *v, uint32_t at, uint32_t limit) {
  const uint32_t *w = v->w;
  bool to = (w[0] & 0xff) == APUS_OP_LOOPTO, loop = to || (w[0] & 0xff) == APUS_OP_LOOP;
  NEED(v->depth < APUS_MAX_DEPTH && v->words == (to ? 5u : loop ? 6u : 8u), BAD_CODE);
  uint32_t body = w[v->words - 1], number = w[2];
  NEED(body >= 2 && body <= limit - at - v->words && number < APUS_VARIABLES, BAD_CODE);
  block *b = &v->blocks[v->depth++];
  *b = (block){at + v->words + body, number, v->variable[number], v->trips, v->dead};
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
  v->variable[number] = (interval){low, high, v->depth};
  return APUS_VM_OK;
}
static apus_vm_status close_block(state *v, uint32_t next) {
  NEED(v->depth > 0 && v->words == 2 && v->blocks[v->depth - 1].end == next, BAD_CODE);
  block *b = &v->blocks[v->depth - 1];
  for (uint32_t i = 0; i < APUS_VARIABLES; i++)
    if (v->variable[i].depth >= v->depth) v->variable[i].depth = -1;
  for (uint32_t i = 0; i < v->m->slots; i++)
    if (v->slots[i].depth >= v->depth) v->slots[i].depth = -1;
  v->variable[b->variable] = b->saved, v->trips = b->trips, v->dead = b->dead;
  v->depth--;
  return APUS_VM_OK;
}
/* The interval of a variable that an instruction names. */
static apus_vm_status variable_range(state *v, uint32_t number, interval *r) {
  NEED(number < APUS_VARIABLES && v->variable[number].depth >= 0, BAD_REGISTER);
  *r = v->variable[number];
  return APUS_VM_OK;
}
static apus_vm_status check_open_bind(state *v, uint32_t opcode) {
  uint32_t type, at = 4;
  interval a, b;
  NEED(v->m->sizes != NULL && v->words >= 4, BAD_CODE);
  if (opcode == APUS_OP_SIZE) {
    NEED(v->words == 4 && v->w[3] < v->m->size_count, BAD_CODE);
    apus_range r = apus_size_range(v->m, v->w[3]);
    return bind(v, v->w[2], r.low, r.high);
  }
  TRY(variable_range(v, v->w[3], &a));
  if (opcode == APUS_OP_FETCHTO) {
    type = element_of(v, at);
    NEED(type == APUS_I32 || type == APUS_I64, BAD_CODE);
    TRY(check_access(v, &at, 0, 0, false, false, true));
    NEED(at == v->words, BAD_CODE);
    return bind(v, v->w[2], -1, a.high > 0 ? a.high - 1 : 0);
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
  return bind(v, v->w[2], low, high);
}
static apus_vm_status check_bind(state *v) {
  int64_t low, high, by;
  uint32_t opcode = v->w[0] & 0xff, at = opcode == APUS_OP_AFFINE ? 3 : 5;
  NEED(v->words > at, BAD_CODE);
  if (opcode == APUS_OP_FETCH) {
    uint32_t type = element_of(v, at);
    by = apus_i64_at(v->w + 3);
    NEED((type == APUS_I32 || type == APUS_I64) && by > 0, BAD_CODE);
    TRY(check_access(v, &at, 0, 0, false, false, true));
    NEED(at == v->words, BAD_CODE);
    return bind(v, v->w[2], 0, by - 1);
  }
  TRY(index_range(v, at, &low, &high));
  NEED(at + 3 + 3 * v->w[at] == v->words, BAD_CODE);
  if (opcode != APUS_OP_AFFINE) {
    by = apus_i64_at(v->w + 3);
    NEED(by > 0 && (low >= 0 || v->dead), BAD_CODE);
    if (opcode == APUS_OP_QUOTIENT) low /= by, high /= by;
    else if (high >= by || low < 0) low = 0, high = by - 1;
  }
  return bind(v, v->w[2], low, high);
}
/* A row of offsets of 64 bits at `at`: their range; moves `at` behind them. */
static apus_vm_status offsets(state *v, uint32_t *at, uint32_t n, int64_t *low, int64_t *high) {
  NEED(*at <= v->words && (v->words - *at) / 2 >= n, BAD_CODE);
  *low = INT64_MAX, *high = INT64_MIN;
  for (uint32_t i = 0; i < n; i++, *at += 2) {
    int64_t o = apus_i64_at(v->w + *at);
    if (o < *low) *low = o;
    if (o > *high) *high = o;
  }
  int64_t most = (int64_t)1 << 60;
  NEED(*low > -most && *high < most, OUT_OF_BOUNDS);
  return APUS_VM_OK;
}
static apus_vm_status span(int64_t n, int64_t step, int64_t *low, int64_t *high) {
  int64_t reach, most = (int64_t)1 << 60;
  NEED(!__builtin_mul_overflow(n - 1, step, &reach) && reach > -most && reach < most,
       OUT_OF_BOUNDS);
  if (reach < 0) *low += reach; else *high += reach;
  NEED(*low > -most && *high < most, OUT_OF_BOUNDS);
  return APUS_VM_OK;
}
static apus_vm_status typed(state *v, uint32_t *at, uint32_t element, int64_t low, int64_t high,
                            bool write, bool empty) {
  NEED(element_of(v, *at) == element, BAD_CODE);
  return check_access(v, at, low, high, write, empty, false);
}
static apus_vm_status floats(state *v, uint32_t *at, int64_t low, int64_t high, bool write,
                             bool empty) {
  return typed(v, at, APUS_F32, low, high, write, empty);
}
static void add_work(state *v, uint64_t work) {
  if (__builtin_mul_overflow(work, v->trips, &work) ||
      __builtin_add_overflow(work, v->m->work, &v->m->work)) v->m->work = UINT64_MAX;
}
/* The steps of an epilogue up to the end of the instruction: kind, function and operands each. */
static apus_vm_status check_epilogue(state *v, uint32_t at, uint32_t rows, uint32_t columns) {
  for (uint32_t count = 0; at < v->words; count++) {
    NEED(count < APUS_STEPS && v->words - at >= 2 && v->w[at] <= APUS_GATE, BAD_CODE);
    uint32_t kind = v->w[at], f = v->w[at + 1], look;
    at += 2;
    if (kind == APUS_CLAMP) {
      NEED(f == 0 && v->words - at >= 2, BAD_CODE);
      at += 2;
    } else if (kind == APUS_ADD) {
      NEED(f == 0 && v->words - at >= 6 && v->w[at + 3] <= 64, BAD_CODE);
      int64_t stride = apus_i64_at(v->w + at + 1), low, high;
      NEED(stride == 0 || stride == 1, BAD_CODE);
      look = at + apus_access_words(v->w + at);
      TRY(offsets(v, &look, rows, &low, &high));
      TRY(floats(v, &at, low, high + (columns - 1) * stride, false, false));
      at = look;
    } else {
      NEED(apus_fits(APUS_OP_UNARY, f, APUS_F32) && f != APUS_U_isnan && f != APUS_U_isinf,
           BAD_CODE);
    }
  }
  return APUS_VM_OK;
}
/* Layout: rows, columns, stored, levels, start; levels; b; [start]; a, offsets; output, offsets;
 * epilogue (but for bytes). */
static apus_vm_status check_tile(state *v, bool bytes) {
  const uint32_t sums = bytes ? APUS_I32 : APUS_F32;
  NEED(v->words >= 7, BAD_CODE);
  uint32_t rows = v->w[2], columns = v->w[3], stored = v->w[4], levels = v->w[5], kind = v->w[6];
  NEED(rows >= 1 && rows <= APUS_TILE_ROWS && columns >= 1 && columns <= APUS_TILE_COLUMNS &&
           stored >= 1 && stored <= columns && levels <= APUS_LEVELS && kind <= 2, BAD_CODE);
  uint32_t at = 7 + 6 * levels, look;
  NEED(v->words >= at, BAD_CODE);
  int64_t al = 0, ah = bytes ? 3 : 0, bl = 0, bh = (bytes ? 4 : 1) * columns - 1, low, high;
  uint64_t work = rows * columns;
  bool empty = false;
  for (uint32_t i = 7; i < at; i += 6) {
    int64_t n = apus_i64_at(v->w + i);
    NEED(n >= 0 && n <= (int64_t)1 << 48, TOO_MUCH);
    if (n == 0) { empty = true; continue; }
    TRY(span(n, apus_i64_at(v->w + i + 2), &al, &ah));
    TRY(span(n, apus_i64_at(v->w + i + 4), &bl, &bh));
    if (__builtin_mul_overflow(work, (uint64_t)n, &work)) work = UINT64_MAX;
  }
  TRY(typed(v, &at, bytes ? APUS_I8 : APUS_F32, bl, bh, false, empty));
  if (kind == 1) TRY(typed(v, &at, sums, 0, columns - 1, false, false));
  NEED(v->words - at >= 6 && v->w[at + 3] <= 64, BAD_CODE);
  look = at + apus_access_words(v->w + at);
  TRY(offsets(v, &look, rows, &low, &high));
  TRY(typed(v, &at, bytes ? APUS_U8 : APUS_F32, low + al, high + ah, false, empty));
  at = look;
  NEED(v->words - at >= 6 && v->w[at + 3] <= 64, BAD_CODE);
  look = at + apus_access_words(v->w + at);
  TRY(offsets(v, &look, rows, &low, &high));
  uint32_t again = at;
  if (kind == 2) TRY(typed(v, &again, sums, low, high + stored - 1, false, false));
  TRY(typed(v, &at, sums, low, high + stored - 1, true, false));
  if (bytes) NEED(look == v->words, BAD_CODE);
  else TRY(check_epilogue(v, look, rows, stored));
  add_work(v, work);
  return APUS_VM_OK;
}
/* Layout: points, channels, taps, start, weight step; taps; weights; [start]; input; output;
 * epilogue. */
static apus_vm_status check_window(state *v) {
  NEED(v->words >= 8, BAD_CODE);
  uint32_t points = v->w[2], channels = v->w[3], taps = v->w[4], kind = v->w[5], at = 8, look;
  NEED(points >= 1 && channels >= 1 && channels <= 1 << 24 && kind <= 1, BAD_CODE);
  int64_t tl = 0, th = 0, wl = 0, wh = channels - 1, low, high;
  if (taps > 0) {
    TRY(offsets(v, &at, taps, &tl, &th));
    TRY(span(taps, apus_i64_at(v->w + 6), &wl, &wh));
  }
  TRY(floats(v, &at, wl, wh, false, taps == 0));
  if (kind == 1) TRY(floats(v, &at, 0, channels - 1, false, false));
  for (int output = 0; output < 2; output++) {
    NEED(v->words - at >= 6 && v->w[at + 3] <= 64, BAD_CODE);
    look = at + apus_access_words(v->w + at);
    TRY(offsets(v, &look, points, &low, &high));
    if (!output) low += tl, high += th;
    TRY(floats(v, &at, low, high + channels - 1, output, !output && taps == 0));
    at = look;
  }
  TRY(check_epilogue(v, at, points, channels));
  add_work(v, (uint64_t)points * channels * (taps + 1u)); /* below 2^54 */
  return APUS_VM_OK;
}
static apus_vm_status check_lanes(state *v, uint32_t opcode) {
  const uint32_t *w = v->w;
  uint32_t f = (w[0] >> 8) & 0xff, lanes = w[0] >> 16;
  uint32_t type = w[1] & 0xff, from = (w[1] >> 8) & 0xff;
  uint32_t words = opcode == APUS_OP_LITERAL || opcode == APUS_OP_BINARY ||
                   opcode == APUS_OP_COMPARE ? 5
                   : opcode == APUS_OP_SELECT || opcode == APUS_OP_FUSED ? 6 : 4;
  uint32_t result = opcode == APUS_OP_CONVERT ? apus_widened(type) : type;
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
      NEED((type == APUS_STRING) == (from == APUS_STRING), BAD_CODE);
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
  if (type == APUS_STRING) add_work(v, (uint64_t)lanes * apus_pool_bytes(v->m));
  return sets(v, 2, result, lanes);
}
static apus_vm_status check_memory(state *v, uint32_t opcode) {
  uint32_t lanes = v->w[0] >> 16, at = 3, type = element_of(v, 3);
  NEED(lanes >= 1 && lanes <= APUS_MAX_LANES && v->words >= 9 && type != 0, BAD_CODE);
  int64_t low = 0, high = 0;
  TRY(span(lanes, apus_i64_at(v->w + 4), &low, &high));
  if (type == APUS_STRING) {
    bool gives = apus_buffer_at(v->m, v->w[3]).storage == APUS_OUTPUT;
    NEED(opcode == APUS_OP_STORE || !gives, BAD_CODE); /* pointers are no elements */
    add_work(v, (uint64_t)lanes * apus_pool_bytes(v->m));
  }
  if (opcode == APUS_OP_STORE) TRY(reads(v, 2, apus_widened(type), lanes));
  TRY(check_access(v, &at, low, high, opcode == APUS_OP_STORE, false, true));
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
static apus_vm_status check_instruction(state *v, uint32_t at, uint32_t limit) {
  int64_t low, high;
  uint32_t opcode = v->w[0] & 0xff;
  NEED(reserved_is_zero(v->w), BAD_CODE);
  add_work(v, (v->w[0] >> 16) + 1u);
  switch (opcode) {
    case APUS_OP_LOOP: case APUS_OP_WITHIN: case APUS_OP_LOOPTO: return open_block(v, at, limit);
    case APUS_OP_END: return close_block(v, at + v->words);
    case APUS_OP_AFFINE: case APUS_OP_QUOTIENT: case APUS_OP_REMAINDER: case APUS_OP_FETCH:
      return check_bind(v);
    case APUS_OP_SIZE: case APUS_OP_PRODUCT: case APUS_OP_FETCHTO:
      return check_open_bind(v, opcode);
    case APUS_OP_LOAD: case APUS_OP_STORE: return check_memory(v, opcode);
    case APUS_OP_INDEX:
      TRY(index_range(v, 3, &low, &high));
      NEED(6 + 3 * v->w[3] == v->words, BAD_CODE);
      return sets(v, 2, APUS_I64, 1);
    case APUS_OP_TILE: return check_tile(v, false);
    case APUS_OP_DOT: return check_tile(v, true);
    case APUS_OP_WINDOW: return check_window(v);
    default: return opcode < APUS_OP_COUNT ? check_lanes(v, opcode) : APUS_VM_BAD_CODE;
  }
}
/* Buffers that overlap one written by the kernel that ends hold something else now. */
static void forget_overlapped(state *v) {
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
static apus_vm_status check_kernel(state *v, uint32_t first, uint32_t words) {
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
  state v;
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
