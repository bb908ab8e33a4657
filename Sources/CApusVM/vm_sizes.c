/* Sizes that are known at run time only, and the steps of programs that have them.
 *
 * The section is a list of words: counts of symbols, sizes, words of formulas, words of steps,
 * given symbols and interface symbols; then symbols (name, bounds), sizes (start and length of a
 * formula), formulas and steps. A formula is code for a stack of numbers. */
#include "vm.h"

enum { CONSTANT, SYMBOL, ADD, MULTIPLY, DIVIDE, LARGER, SMALLER };
#define HEAD 6
#define NEED(c, s) do { if (!(c)) return APUS_VM_##s; } while (0)
#define TRY(e) do { apus_vm_status s_ = (e); if (s_ != APUS_VM_OK) return s_; } while (0)

static int64_t limited(__int128 x) {
  const int64_t most = APUS_UNBOUNDED;
  return x > most ? most : x < -most ? -most : (int64_t)x;
}
static int64_t combine(uint32_t op, int64_t a, int64_t b) {
  switch (op) {
    case ADD: return limited((__int128)a + b);
    case MULTIPLY: return limited((__int128)a * b);
    case DIVIDE: return b == 0 ? 0 : a / b - (a % b != 0 && (a < 0) != (b < 0));
    case LARGER: return a > b ? a : b;
    default: return a < b ? a : b;
  }
}
static const uint32_t *symbol_at(const apus_vm_program *m, uint32_t i) {
  return m->sizes + HEAD + 6 * (size_t)i;
}
static const uint32_t *formula(const apus_vm_program *m, uint32_t size, uint32_t *count) {
  const uint32_t *entry = symbol_at(m, m->symbol_count) + 2 * (size_t)size;
  *count = entry[1];
  return symbol_at(m, m->symbol_count) + 2 * (size_t)m->size_count + entry[0];
}
apus_range apus_symbol_range(const apus_vm_program *m, uint32_t symbol) {
  return (apus_range){limited(apus_i64_at(symbol_at(m, symbol) + 2)),
                      limited(apus_i64_at(symbol_at(m, symbol) + 4))};
}
/* The interval of a formula, given the values of the first `known` symbols (others are 0), or,
 * without values, the intervals of all. */
static apus_range evaluate(const apus_vm_program *m, uint32_t size, const int64_t *symbols,
                           uint32_t known) {
  apus_range stack[APUS_MAX_DEPTH + 1];
  uint32_t count, top = 0;
  const uint32_t *w = formula(m, size, &count);
  for (uint32_t i = 0; i < count; i++) {
    if (w[i] == CONSTANT) {
      int64_t x = limited(apus_i64_at(w + i + 1));
      stack[top++] = (apus_range){x, x}, i += 2;
    } else if (w[i] == SYMBOL) {
      uint32_t s = w[++i];
      int64_t value = symbols && s < known ? symbols[s] : 0;
      stack[top++] = symbols ? (apus_range){value, value} : apus_symbol_range(m, s);
    } else {
      apus_range b = stack[--top], a = stack[--top], r = {INT64_MAX, INT64_MIN};
      if (w[i] == DIVIDE && b.low <= 0 && b.high != b.low) {
        r = (apus_range){-APUS_UNBOUNDED, APUS_UNBOUNDED};
      } else {
        const int64_t x[2] = {a.low, a.high}, y[2] = {b.low, b.high};
        for (int k = 0; k < 4; k++) {
          int64_t value = combine(w[i], x[k >> 1], y[k & 1]);
          if (value < r.low) r.low = value;
          if (value > r.high) r.high = value;
        }
      }
      stack[top++] = r;
    }
  }
  return stack[0];
}
apus_range apus_size_range(const apus_vm_program *m, uint32_t size) {
  return evaluate(m, size, NULL, 0);
}
void apus_refresh_sizes(const apus_vm_program *m, const int64_t *symbols, int64_t *sizes) {
  for (uint32_t i = 0; i < m->size_count; i++)
    sizes[i] = evaluate(m, i, symbols, m->symbol_count).low;
}

static apus_vm_status check_formula(const apus_vm_program *m, const uint32_t *w, uint32_t count) {
  uint32_t top = 0;
  for (uint32_t i = 0; i < count; i++) {
    if (w[i] == CONSTANT) {
      NEED(count - i > 2, BAD_SIZE);
      top++, i += 2;
    } else if (w[i] == SYMBOL) {
      NEED(count - i > 1 && w[i + 1] < m->symbol_count, BAD_SIZE);
      top++, i++;
    } else {
      NEED(w[i] <= SMALLER && top >= 2, BAD_SIZE);
      top--;
    }
    NEED(top <= APUS_MAX_DEPTH, BAD_SIZE);
  }
  NEED(top == 1, BAD_SIZE);
  return APUS_VM_OK;
}
/* An element that a step reads: its buffer and, as a size, its place. */
static apus_vm_status check_place(const apus_vm_program *m, const uint32_t *w, bool truth) {
  NEED(w[0] < m->buffer_count && w[1] < m->size_count, BAD_STEP);
  uint32_t element = apus_buffer_at(m, w[0]).element;
  NEED(truth ? element == APUS_BOOL : element == APUS_I32 || element == APUS_I64, BAD_STEP);
  return APUS_VM_OK;
}
static apus_vm_status check_steps(const apus_vm_program *m, uint32_t at, uint32_t end, int depth) {
  NEED(depth <= APUS_MAX_DEPTH, BAD_STEP);
  while (at < end) {
    const uint32_t *w = m->steps + at;
    uint32_t step = w[0], words = step <= APUS_STEP_REPEAT ? apus_step_words[step] : 0, inner = 0;
    NEED(words != 0 && end - at >= words, BAD_STEP);
    switch (step) {
      case APUS_STEP_RUN: NEED(w[1] < m->kernel_count, BAD_STEP); break;
      case APUS_STEP_READ:
        NEED(w[1] < m->symbol_count, BAD_STEP);
        TRY(check_place(m, w + 2, false));
        break;
      case APUS_STEP_SET: NEED(w[1] < m->symbol_count && w[2] < m->size_count, BAD_STEP); break;
      case APUS_STEP_REQUIRE: NEED(w[1] < m->size_count, BAD_STEP); break;
      case APUS_STEP_BRANCH:
        TRY(check_place(m, w + 1, true));
        inner = w[4];
        NEED(w[3] <= end - at - words && inner <= end - at - words - w[3], BAD_STEP);
        TRY(check_steps(m, at + words, at + words + w[3], depth + 1));
        TRY(check_steps(m, at + words + w[3], at + words + w[3] + inner, depth + 1));
        inner += w[3];
        break;
      default:
        NEED(w[1] < m->symbol_count && w[2] < m->size_count && w[5] <= end - at - words, BAD_STEP);
        NEED(apus_size_range(m, w[2]).high <= (int64_t)1 << 48, TOO_MUCH);
        if (w[3] != UINT32_MAX) TRY(check_place(m, w + 3, true));
        else NEED(w[4] == 0, BAD_STEP);
        inner = w[5];
        TRY(check_steps(m, at + words, at + words + inner, depth + 1));
    }
    at += words + inner;
  }
  return APUS_VM_OK;
}
const uint32_t apus_step_words[] = {2, 4, 3, 2, 5, 6};

apus_vm_status apus_parse_sizes(apus_vm_program *m, const uint8_t *section, uint64_t length) {
  NEED(length % 4 == 0 && length >= 4 * HEAD && length <= (uint64_t)1 << 30, BAD_SIZE);
  const uint32_t *w = (const uint32_t *)(const void *)section;
  uint64_t total = HEAD + 6 * (uint64_t)w[0] + 2 * (uint64_t)w[1] + w[2] + w[3];
  NEED(w[0] <= 4096 && w[1] <= 1 << 16 && w[4] <= w[5] && w[5] <= w[0] && total == length / 4,
       BAD_SIZE);
  m->sizes = w, m->symbol_count = w[0], m->size_count = w[1], m->step_words = w[3];
  m->given_count = w[4], m->dimension_count = w[5];
  m->steps = w + (total - w[3]);
  for (uint32_t i = 0; i < m->symbol_count; i++) {
    const uint32_t *s = symbol_at(m, i);
    NEED((uint64_t)s[0] + s[1] <= m->string_bytes && apus_i64_at(s + 2) <= apus_i64_at(s + 4),
         BAD_SIZE);
  }
  for (uint32_t i = 0; i < m->size_count; i++) {
    const uint32_t *entry = symbol_at(m, m->symbol_count) + 2 * (size_t)i;
    uint32_t count;
    NEED((uint64_t)entry[0] + entry[1] <= w[2], BAD_SIZE);
    const uint32_t *code = formula(m, i, &count);
    TRY(check_formula(m, code, count));
  }
  return APUS_VM_OK;
}
apus_vm_status apus_verify_steps(const apus_vm_program *m) {
  return check_steps(m, 0, m->step_words, 0);
}

uint32_t apus_vm_dimension_count(const apus_vm_program *m) { return m->dimension_count; }
uint32_t apus_vm_given_dimension_count(const apus_vm_program *m) { return m->given_count; }
apus_vm_dimension apus_vm_dimension_at(const apus_vm_program *m, uint32_t place) {
  const uint32_t *s = symbol_at(m, place);
  return (apus_vm_dimension){(const char *)m->strings + s[0], s[1], apus_i64_at(s + 2),
                             apus_i64_at(s + 4)};
}
int64_t apus_vm_extent(const apus_vm_program *m, const apus_vm_port *port, uint32_t axis,
                       const int64_t *dimensions) {
  if (port->sizes[axis] < 0) return port->shape[axis];
  return evaluate(m, (uint32_t)port->sizes[axis], dimensions, m->dimension_count).low;
}
