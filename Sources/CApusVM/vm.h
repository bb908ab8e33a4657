/* What the files of the interpreter share. */
#ifndef APUS_VM_INTERNAL_H
#define APUS_VM_INTERNAL_H
#include <stdbool.h>
#include <string.h>
#include "include/apus_opcodes.h"
#include "include/apus_vm.h"

enum { APUS_MAX_LANES = 256, APUS_MAX_DEPTH = 32, APUS_MAX_SLOTS = 2048, APUS_VARIABLES = 256,
       APUS_MAX_BUFFERS = 16384, APUS_TILE_ROWS = 14, APUS_TILE_COLUMNS = 64, APUS_LEVELS = 4,
       APUS_STEPS = 8 };
enum { APUS_STEP_RUN, APUS_STEP_READ, APUS_STEP_SET, APUS_STEP_REQUIRE, APUS_STEP_BRANCH,
       APUS_STEP_REPEAT };
#define APUS_UNBOUNDED ((int64_t)1 << 60)
enum { APUS_INPUT, APUS_OUTPUT, APUS_CONSTANT, APUS_ARENA };
/* What products do to their sums: add an operand, clamp, f(x), x * f(x). */
enum { APUS_ADD, APUS_CLAMP, APUS_APPLY, APUS_GATE };

static inline uint32_t apus_u32_at(const void *p) { uint32_t v; memcpy(&v, p, 4); return v; }
static inline uint64_t apus_u64_at(const void *p) { uint64_t v; memcpy(&v, p, 8); return v; }
static inline int64_t apus_i64_at(const void *p) { int64_t v; memcpy(&v, p, 8); return v; }

typedef struct { uint32_t storage, element; uint64_t count, offset; } apus_buffer;
static inline apus_buffer apus_buffer_at(const apus_vm_program *m, uint32_t number) {
  const uint8_t *p = m->buffers + 32 * (size_t)number;
  return (apus_buffer){apus_u32_at(p), apus_u32_at(p + 4), apus_u64_at(p + 8), apus_u64_at(p + 16)};
}
/* The bytes of one element in memory; 0 for a type the machine does not know. */
static inline uint32_t apus_width(uint32_t element) {
  switch (element) {
    case APUS_U8: case APUS_I8: case APUS_BOOL: return 1;
    case APUS_F8E4M3FN: case APUS_F8E4M3FNUZ: case APUS_F8E5M2: case APUS_F8E5M2FNUZ: return 1;
    case APUS_F8E8M0: case APUS_F6E2M3: case APUS_F6E3M2: case APUS_F4E2M1: return 1;
    case APUS_U16: case APUS_I16: case APUS_F16: case APUS_BF16: return 2;
    case APUS_F32: case APUS_I32: case APUS_U32: return 4;
    case APUS_F64: case APUS_I64: case APUS_U64: case APUS_STRING: return 8;
    default: return 0;
  }
}
/* The type that a register holds after a load of a storage type. */
static inline uint32_t apus_widened(uint32_t element) {
  switch (element) {
    case APUS_U8: case APUS_I8: case APUS_U16: case APUS_I16: return APUS_I32;
    case APUS_F16: case APUS_BF16: return APUS_F32;
    case APUS_F8E4M3FN: case APUS_F8E4M3FNUZ: case APUS_F8E5M2: case APUS_F8E5M2FNUZ:
    case APUS_F8E8M0: case APUS_F6E2M3: case APUS_F6E3M2: case APUS_F4E2M1: return APUS_F32;
    default: return element;
  }
}
/* The elements that ports hold in one byte; 1 where an element takes a byte or more. */
static inline uint32_t apus_packed(uint32_t element) {
  switch (element) {
    case APUS_U4: case APUS_I4: case APUS_F4E2M1: return 2;
    case APUS_U2: case APUS_I2: return 4;
    default: return 1;
  }
}
/* An index in the code: number of terms, constant, then variable and coefficient of each term. */
typedef struct { int64_t constant; uint32_t terms; const uint32_t *term; } apus_affine;
static inline apus_affine apus_affine_at(const uint32_t *w) {
  return (apus_affine){apus_i64_at(w + 1), w[0], w + 3};
}
/* A place in a buffer: buffer, lane stride, index. */
typedef struct { uint32_t buffer; int64_t stride; apus_affine index; } apus_access;
static inline apus_access apus_access_at(const uint32_t *w) {
  return (apus_access){w[0], apus_i64_at(w + 1), apus_affine_at(w + 3)};
}
static inline uint32_t apus_access_words(const uint32_t *w) { return 6 + 3 * w[3]; }

/* What is done to sums before they are stored; offsets are words of the instruction. */
typedef struct {
  uint32_t count;
  struct {
    uint32_t kind, function;
    float low, high;
    const float *operand;
    int64_t stride;
    const uint32_t *offset;
  } step[APUS_STEPS];
} apus_epilogue;
/* One small matrix product with its pointers resolved; offsets in elements. */
typedef struct {
  uint32_t rows, columns, stored, levels, start;
  int64_t extent[APUS_LEVELS], a_step[APUS_LEVELS], b_step[APUS_LEVELS];
  const float *a[APUS_TILE_ROWS];
  const float *b, *first;
  float *output[APUS_TILE_ROWS];
  apus_epilogue epilogue;
  uint32_t direct; /* how many of its steps are taken before the sums leave their registers */
} apus_tile;
/* One small matrix product of bytes, four neighbours a step. */
typedef struct {
  uint32_t rows, columns, stored, levels, start;
  int64_t extent[APUS_LEVELS], a_step[APUS_LEVELS], b_step[APUS_LEVELS];
  const uint8_t *a[APUS_TILE_ROWS];
  const int8_t *b;
  const int32_t *first;
  int32_t *output[APUS_TILE_ROWS];
} apus_dot;
/* The operands of a window product; offsets are words of the instruction, two per number. */
typedef struct {
  uint32_t points, channels, taps;
  const uint32_t *tap, *x_offset, *y_offset;
  const float *x, *weights, *first; /* first: NULL for sums that start at zero */
  int64_t weight_step;
  float *y;
  apus_epilogue epilogue;
} apus_window;
/* Routines compiled for one instruction set. Registers are written in the widest moves, because
 * processors take long to read what narrower ones have just written. */
typedef struct {
  void (*copy)(size_t n, void *d, const void *a); /* numbers of 32 bits, side by side */
  void (*spread)(uint32_t type, size_t n, void *d, const void *a);
  void (*unary)(uint32_t function, uint32_t type, size_t n, void *d, const void *a);
  void (*binary)(uint32_t function, uint32_t type, size_t n, void *d, const void *a, const void *b);
  void (*fused)(uint32_t type, size_t n, void *d, const void *a, const void *b, const void *c);
  void (*tile)(apus_tile *tile); /* uses up the outputs */
  void (*window)(const apus_window *window);
  void (*dot)(const apus_dot *dot);
} apus_routines;
extern const apus_routines apus_routines_base;
#if defined(__x86_64__)
extern const apus_routines apus_routines_avx2, apus_routines_avx512;
#endif

/* vm_values.c: the routines that need no special instructions. */
void apus_load_lanes(uint32_t element, size_t n, void *d, const void *p, int64_t stride);
void apus_store_lanes(uint32_t element, size_t n, void *p, int64_t stride, const void *s);
void apus_convert(uint32_t to, uint32_t from, size_t n, void *d, const void *a);
void apus_reinterpret(uint32_t to, uint32_t from, size_t n, void *d, const void *a);
void apus_compare_lanes(uint32_t test, uint32_t type, size_t n, void *d, const void *a,
                        const void *b);
void apus_select_lanes(uint32_t type, size_t n, void *d, const void *m, const void *a,
                       const void *b);
void apus_across(uint32_t function, uint32_t type, size_t n, void *d, const void *a);
bool apus_fits(uint32_t opcode, uint32_t function, uint32_t type);
/* vm_strings.c: strings, which lie in a pool (see `apus_pool` in the machine layer). */
struct apus_pool;
apus_vm_status apus_parse_pool(apus_vm_program *m, const uint8_t *section, uint64_t length);
uint64_t apus_pool_bytes(const apus_vm_program *m);
bool apus_is_string_function(uint32_t opcode, uint32_t function, uint32_t *result);
void apus_take_lanes(struct apus_pool *pool, size_t n, void *d, const void *p, int64_t stride);
void apus_give_lanes(struct apus_pool *pool, size_t n, void *p, int64_t stride, const void *s);
void apus_convert_strings(struct apus_pool *pool, uint32_t to, uint32_t from, size_t n, void *d,
                          const void *a);
void apus_string_lanes(struct apus_pool *pool, uint32_t opcode, uint32_t function, size_t n,
                       void *d, const void *a, const void *b);
/* vm_sizes.c: sizes and steps. */
typedef struct { int64_t low, high; } apus_range;
extern const uint32_t apus_step_words[];
apus_range apus_symbol_range(const apus_vm_program *m, uint32_t symbol);
apus_range apus_size_range(const apus_vm_program *m, uint32_t size);
void apus_refresh_sizes(const apus_vm_program *m, const int64_t *symbols, int64_t *sizes);
apus_vm_status apus_parse_sizes(apus_vm_program *m, const uint8_t *section, uint64_t length);
apus_vm_status apus_verify_steps(const apus_vm_program *m);
/* vm_verify*.c: prove that every instruction is safe. */
apus_vm_status apus_verify(apus_vm_program *program);
#endif
