/* The interpreter: verified code only, so nothing is checked here but what depends on data. */
#include <math.h>
#include "vm.h"
#include "vm_lanes.h"

typedef struct { uint32_t body; int64_t trip, extent; uint32_t variable; } frame;
typedef struct {
  const apus_vm_program *m;
  const apus_routines *routines;
  uint8_t *registers;
  uint8_t **base;
  int64_t *symbols, *sizes;
  apus_pool pool;
  bool failed;
  int depth;
  int64_t variable[APUS_VARIABLES];
  frame frames[APUS_MAX_DEPTH];
} machine;

static inline int64_t value(const machine *v, const uint32_t *w) {
  apus_affine x = apus_affine_at(w);
  int64_t sum = x.constant;
  for (uint32_t i = 0; i < x.terms; i++)
    sum += v->variable[x.term[3 * i]] * apus_i64_at(x.term + 3 * i + 1);
  return sum;
}
static uint32_t element(const machine *v, uint32_t buffer) {
  return apus_u32_at(v->m->buffers + 32 * (size_t)buffer + 4);
}
/* Whether a buffer holds the caller's pointers to strings. */
static bool has_pointers(const machine *v, uint32_t buffer) {
  if (element(v, buffer) != APUS_STRING) return false;
  uint32_t storage = apus_buffer_at(v->m, buffer).storage;
  return storage == APUS_INPUT || storage == APUS_OUTPUT;
}
static inline uint8_t *place(const machine *v, const uint32_t *w) {
  size_t width = has_pointers(v, w[0]) ? sizeof(char *) : apus_width(element(v, w[0]));
  return v->base[w[0]] + value(v, w + 3) * (int64_t)width;
}
static void *memory(const machine *v, const uint32_t **w) {
  uint8_t *p = place(v, *w);
  *w += apus_access_words(*w);
  return p;
}
static float *floats(const machine *v, const uint32_t **w) { return (float *)memory(v, w); }
/* Whether lanes that an access touches exist; asked only where verification could not tell. */
static bool inside(machine *v, const uint32_t *w, uint32_t n) {
  if (!v->m->checked) return true;
  int64_t first = value(v, w + 3), reach = apus_i64_at(w + 1) * ((int64_t)n - 1), last;
  uint64_t count = apus_buffer_at(v->m, w[0]).count;
  bool fits = !__builtin_add_overflow(first, reach, &last) && first >= 0 && last >= 0 &&
              (uint64_t)first < count && (uint64_t)last < count;
  if (!fits) v->failed = true;
  return fits;
}
static int64_t fetch(machine *v, const uint32_t *w, uint32_t at, int64_t extent) {
  int64_t i;
  if (!inside(v, w + at, 1)) return 0;
  const uint8_t *p = place(v, w + at);
  if (element(v, w[at]) == APUS_I32) {
    int32_t narrow;
    memcpy(&narrow, p, 4);
    i = narrow;
  } else {
    memcpy(&i, p, 8);
  }
  if (i < 0) i += extent;
  return i < 0 ? 0 : i >= extent ? extent - 1 : i;
}
/* The steps that follow the outputs of a product, up to the end of the instruction. */
static void epilogue(const machine *v, const uint32_t *at, const uint32_t *end, uint32_t rows,
                     apus_epilogue *e) {
  for (e->count = 0; at < end; e->count++) {
    uint32_t kind = at[0], i = e->count;
    e->step[i].kind = kind, e->step[i].function = at[1], at += 2;
    if (kind == APUS_CLAMP) {
      memcpy(&e->step[i].low, at, 4), memcpy(&e->step[i].high, at + 1, 4), at += 2;
    } else if (kind == APUS_ADD) {
      e->step[i].stride = apus_i64_at(at + 1);
      e->step[i].operand = floats(v, &at);
      e->step[i].offset = at, at += 2 * rows;
    }
  }
}
/* The levels of a reduction; returns what follows them. */
static const uint32_t *levels(const uint32_t *at, uint32_t count, int64_t *extent, int64_t *a_step,
                              int64_t *b_step) {
  for (uint32_t i = 0; i < count; i++, at += 6) {
    extent[i] = apus_i64_at(at);
    a_step[i] = apus_i64_at(at + 2);
    b_step[i] = apus_i64_at(at + 4);
  }
  return at;
}
static void tile(const machine *v, const uint32_t *w) {
  apus_tile t;
  t.rows = w[2], t.columns = w[3], t.stored = w[4], t.levels = w[5], t.start = w[6];
  const uint32_t *at = w + 7;
  at = levels(at, t.levels, t.extent, t.a_step, t.b_step);
  t.b = floats(v, &at);
  if (t.start == 1) t.first = floats(v, &at);
  const float *a = floats(v, &at);
  for (uint32_t i = 0; i < t.rows; i++, at += 2) t.a[i] = a + apus_i64_at(at);
  float *output = floats(v, &at);
  for (uint32_t i = 0; i < t.rows; i++, at += 2) t.output[i] = output + apus_i64_at(at);
  epilogue(v, at, w + (w[1] >> 16), t.rows, &t.epilogue);
  v->routines->tile(&t);
}
static void dot(const machine *v, const uint32_t *w) {
  apus_dot t;
  t.rows = w[2], t.columns = w[3], t.stored = w[4], t.levels = w[5], t.start = w[6];
  const uint32_t *at = w + 7;
  at = levels(at, t.levels, t.extent, t.a_step, t.b_step);
  t.b = memory(v, &at);
  t.first = t.start == 1 ? memory(v, &at) : NULL;
  const uint8_t *a = memory(v, &at);
  for (uint32_t i = 0; i < t.rows; i++, at += 2) t.a[i] = a + apus_i64_at(at);
  int32_t *output = memory(v, &at);
  for (uint32_t i = 0; i < t.rows; i++, at += 2) t.output[i] = output + apus_i64_at(at);
  v->routines->dot(&t);
}
static void window(const machine *v, const uint32_t *w) {
  apus_window a;
  a.points = w[2], a.channels = w[3], a.taps = w[4];
  a.weight_step = apus_i64_at(w + 6);
  const uint32_t *at = w + 8 + 2 * a.taps;
  a.tap = w + 8;
  a.weights = floats(v, &at);
  a.first = w[5] ? floats(v, &at) : NULL;
  a.x = floats(v, &at);
  a.x_offset = at;
  at += 2 * a.points;
  a.y = floats(v, &at);
  a.y_offset = at;
  epilogue(v, at + 2 * a.points, w + (w[1] >> 16), a.points, &a.epilogue);
  v->routines->window(&a);
}
#define REG(i) (v->registers + 64 * (size_t)w[i])
/* Moves numbers of 32 bits that lie side by side, most of what is moved; false for others. */
static inline bool copies(const machine *v, uint32_t type, size_t n, void *d, const void *p,
                          int64_t stride) {
  if (apus_width(type) != 4 || (stride != 1 && n != 1)) return false;
  if (n == 1) memcpy(d, p, 4);
  else v->routines->copy(n, d, p);
  return true;
}
static void load(machine *v, const uint32_t *w, uint32_t n) {
  if (!inside(v, w + 3, n)) return;
  const uint32_t type = element(v, w[3]);
  const int64_t stride = apus_i64_at(w + 4);
  const uint8_t *p = place(v, w + 3);
  if (copies(v, type, n, REG(2), p, stride)) return;
  if (has_pointers(v, w[3])) apus_take_lanes(&v->pool, n, REG(2), p, stride);
  else apus_load_lanes(type, n, REG(2), p, stride);
}
static void store(machine *v, const uint32_t *w, uint32_t n) {
  if (!inside(v, w + 3, n)) return;
  const uint32_t type = element(v, w[3]);
  const int64_t stride = apus_i64_at(w + 4);
  uint8_t *p = place(v, w + 3);
  if (copies(v, type, n, p, REG(2), stride)) return;
  if (has_pointers(v, w[3])) apus_give_lanes(&v->pool, n, p, stride, REG(2));
  else apus_store_lanes(type, n, p, stride, REG(2));
}
static void convert(machine *v, const uint32_t *w, uint32_t f, uint32_t n) {
  const uint32_t to = w[1] & 0xff, from = (w[1] >> 8) & 0xff;
  if (to != from && (to == APUS_STRING || from == APUS_STRING))
    apus_convert_strings(&v->pool, to, from, n, REG(2), REG(3));
  else
    (f == APUS_KEEP_BITS ? apus_reinterpret : apus_convert)(to, from, n, REG(2), REG(3));
}
/* Runs functions of strings. */
static void strings(machine *v, const uint32_t *w, uint32_t f, uint32_t n) {
  const uint32_t opcode = w[0] & 0xff;
  apus_string_lanes(&v->pool, opcode, f, n, REG(2), REG(3),
                    opcode == APUS_OP_UNARY ? NULL : REG(4));
}
/* Opens a block and returns where to go on. */
static uint32_t open_block(machine *v, const uint32_t *w, uint32_t next) {
  int64_t extent = 1, i = 0;
  if ((w[0] & 0xff) == APUS_OP_LOOP) {
    extent = apus_i64_at(w + 3);
  } else if ((w[0] & 0xff) == APUS_OP_LOOPTO) {
    extent = v->variable[w[3]];
  } else {
    i = v->variable[w[2]];
    if (i < apus_i64_at(w + 3) || i >= apus_i64_at(w + 5)) extent = 0;
  }
  if (extent <= 0) return next + w[(w[1] >> 16) - 1];
  v->frames[v->depth++] = (frame){next, 0, extent, w[2]};
  v->variable[w[2]] = i;
  return next;
}
/* Ends a turn of the innermost block and returns where to go on. */
static uint32_t end_turn(machine *v, uint32_t next) {
  frame *f = &v->frames[v->depth - 1];
  if (++f->trip < f->extent) {
    v->variable[f->variable] = f->trip;
    return f->body;
  }
  v->depth--;
  return next;
}
/* Runs the code of one kernel. */
static void run(machine *v, uint32_t at, uint32_t end) {
  const apus_vm_program *m = v->m;
  const apus_routines *r = v->routines;
  while (at < end && !v->failed) {
    const uint32_t *w = m->code + at;
    const uint32_t f = (w[0] >> 8) & 0xff, n = w[0] >> 16, type = w[1] & 0xff;
    const uint32_t next = at + (w[1] >> 16);
    const bool text = type == APUS_STRING;
    int64_t i;
    at = next;
    switch (w[0] & 0xff) {
      case APUS_OP_LOOP: case APUS_OP_WITHIN: case APUS_OP_LOOPTO:
        at = open_block(v, w, next);
        break;
      case APUS_OP_END: at = end_turn(v, next); break;
      case APUS_OP_AFFINE: v->variable[w[2]] = value(v, w + 3); break;
      case APUS_OP_QUOTIENT: v->variable[w[2]] = value(v, w + 5) / apus_i64_at(w + 3); break;
      case APUS_OP_REMAINDER: v->variable[w[2]] = value(v, w + 5) % apus_i64_at(w + 3); break;
      case APUS_OP_FETCH: v->variable[w[2]] = fetch(v, w, 5, apus_i64_at(w + 3)); break;
      case APUS_OP_FETCHTO: v->variable[w[2]] = fetch(v, w, 4, v->variable[w[3]]); break;
      case APUS_OP_SIZE: v->variable[w[2]] = v->sizes[w[3]]; break;
      case APUS_OP_PRODUCT:
        v->variable[w[2]] = (int64_t)((uint64_t)v->variable[w[3]] * (uint64_t)v->variable[w[4]]);
        break;
      case APUS_OP_LOAD: load(v, w, n); break;
      case APUS_OP_STORE: store(v, w, n); break;
      case APUS_OP_LITERAL: memcpy(REG(2), w + 3, 8); break;
      case APUS_OP_INDEX: i = value(v, w + 3), memcpy(REG(2), &i, 8); break;
      case APUS_OP_SPREAD: r->spread(type, n, REG(2), REG(3)); break;
      case APUS_OP_UNARY:
        if (text) strings(v, w, f, n);
        else r->unary(f, type, n, REG(2), REG(3));
        break;
      case APUS_OP_BINARY:
        if (text) strings(v, w, f, n);
        else r->binary(f, type, n, REG(2), REG(3), REG(4));
        break;
      case APUS_OP_COMPARE:
        if (text) strings(v, w, f, n);
        else apus_compare_lanes(f, type, n, REG(2), REG(3), REG(4));
        break;
      case APUS_OP_SELECT: apus_select_lanes(type, n, REG(2), REG(3), REG(4), REG(5)); break;
      case APUS_OP_CONVERT: convert(v, w, f, n); break;
      case APUS_OP_FUSED: r->fused(type, n, REG(2), REG(3), REG(4), REG(5)); break;
      case APUS_OP_ACROSS: apus_across(f, type, n, REG(2), REG(3)); break;
      case APUS_OP_TILE: tile(v, w); break;
      case APUS_OP_DOT: dot(v, w); break;
      default: window(v, w);
    }
  }
  v->depth = 0;
}
static void run_kernel(machine *v, uint32_t kernel) {
  const uint8_t *p = v->m->kernels + 24 * (size_t)kernel;
  run(v, apus_u32_at(p + 16), apus_u32_at(p + 16) + apus_u32_at(p + 20));
}
/* The element that a step reads. */
static int64_t element_of_step(machine *v, const uint32_t *w) {
  apus_buffer b = apus_buffer_at(v->m, w[0]);
  int64_t at = v->sizes[w[1]], wide = 0;
  if (at < 0 || (uint64_t)at >= b.count) return v->failed = true, 0;
  const uint8_t *p = v->base[w[0]] + at * (int64_t)apus_width(b.element);
  int32_t narrow;
  if (b.element == APUS_BOOL) wide = *p;
  else if (b.element == APUS_I32) memcpy(&narrow, p, 4), wide = narrow;
  else memcpy(&wide, p, 8);
  return wide;
}
static void set_symbol(machine *v, uint32_t symbol, int64_t value) {
  apus_range r = apus_symbol_range(v->m, symbol);
  bool open = r.low == -APUS_UNBOUNDED && r.high == APUS_UNBOUNDED;
  if (!open && (value < r.low || value > r.high)) v->failed = true;
  v->symbols[symbol] = value;
  if (!v->failed) apus_refresh_sizes(v->m, v->symbols, v->sizes);
}
static void run_steps(machine *v, uint32_t at, uint32_t end) {
  while (at < end && !v->failed) {
    const uint32_t *w = v->m->steps + at;
    uint32_t next = at + apus_step_words[w[0]];
    switch (w[0]) {
      case APUS_STEP_RUN: run_kernel(v, w[1]); break;
      case APUS_STEP_READ: set_symbol(v, w[1], element_of_step(v, w + 2)); break;
      case APUS_STEP_SET: set_symbol(v, w[1], v->sizes[w[2]]); break;
      case APUS_STEP_REQUIRE: if (v->sizes[w[1]] != 0) v->failed = true; break;
      case APUS_STEP_BRANCH:
        if (element_of_step(v, w + 1)) run_steps(v, next, next + w[3]);
        else run_steps(v, next + w[3], next + w[3] + w[4]);
        next += w[3] + w[4];
        break;
      default:
        v->symbols[w[1]] = 0;
        apus_refresh_sizes(v->m, v->symbols, v->sizes);
        for (int64_t i = 0; !v->failed && i < v->sizes[w[2]] &&
                            (w[3] == UINT32_MAX || element_of_step(v, w + 3));) {
          run_steps(v, next, next + w[5]);
          v->symbols[w[1]] = ++i;
          apus_refresh_sizes(v->m, v->symbols, v->sizes);
        }
        next += w[5];
    }
    at = next;
  }
}
apus_vm_status apus_vm_run(const apus_vm_program *m, void *memory, const void *const *inputs,
                           void *const *outputs, int64_t *dimensions) {
  machine state = {.m = m, .routines = m->routines}, *v = &state;
  v->registers = (uint8_t *)memory + m->arena_bytes;
  v->base = (uint8_t **)(void *)(v->registers + 64 * (size_t)m->slots);
  v->symbols = (int64_t *)(void *)(v->base + m->buffer_count);
  v->sizes = v->symbols + m->symbol_count;
  for (uint32_t i = 0; i < m->buffer_count; i++) {
    apus_buffer b = apus_buffer_at(m, i);
    const void *p = b.storage == APUS_INPUT ? inputs[b.offset]
                    : b.storage == APUS_OUTPUT ? outputs[b.offset]
                    : b.storage == APUS_ARENA ? (uint8_t *)memory + b.offset
                                              : m->constants + b.offset;
    memcpy(&v->base[i], &p, sizeof p);
  }
  if (m->has_pool) {
    uint32_t fixed = m->pool_constants, room = m->pool_room;
    v->pool = apus_new_pool(v->base[fixed], (uint32_t)apus_buffer_at(m, fixed).count,
                            v->base[room], (uint32_t)apus_buffer_at(m, room).count);
  }
  if (m->sizes == NULL) {
    run(v, 0, m->code_words);
    return v->pool.full ? APUS_VM_NO_ROOM : APUS_VM_OK;
  }
  /* Which kernels run is not known before: nothing an earlier run left shall be seen. */
  memset(memory, 0, m->arena_bytes);
  memset(v->symbols, 0, 8 * ((size_t)m->symbol_count + m->size_count));
  apus_refresh_sizes(m, v->symbols, v->sizes);
  for (uint32_t i = 0; i < m->given_count; i++) set_symbol(v, i, dimensions[i]);
  run_steps(v, 0, m->step_words);
  for (uint32_t i = m->given_count; i < m->dimension_count; i++) dimensions[i] = v->symbols[i];
  return v->failed ? APUS_VM_BAD_SIZE : v->pool.full ? APUS_VM_NO_ROOM : APUS_VM_OK;
}
const char *apus_opcode_name(uint32_t opcode) {
#define NAME(name) #name,
  static const char *const names[] = {APUS_OPCODES(NAME)};
  return opcode < APUS_OP_COUNT ? names[opcode] : NULL;
}
