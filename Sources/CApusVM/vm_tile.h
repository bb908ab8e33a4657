/* Small matrix products with all sums in registers: one copy of the body per shape. */
#define UNROLL _Pragma("GCC unroll 16")
enum { APUS_SUMS = APUS_TILE_ROWS * APUS_TILE_COLUMNS };
typedef apus_f32_16 apus_block[APUS_TILE_ROWS][4];
/* What the first steps of an epilogue, adds and clamps, make of sums in registers. */
static inline __attribute__((always_inline, unused)) WIDE void finish_block(
    const apus_tile *t, const uint32_t first, const int R, const int N, apus_block sum) {
  for (uint32_t s = 0; s < t->direct; s++) {
    if (t->epilogue.step[s].kind == APUS_CLAMP) {
      const apus_f32_16 low = apus_splat_16(t->epilogue.step[s].low);
      const apus_f32_16 high = apus_splat_16(t->epilogue.step[s].high);
      UNROLL for (int i = 0; i < R; i++) UNROLL for (int j = 0; j < N; j++)
        sum[i][j] = apus_min_16(apus_max_16(sum[i][j], low), high);
      continue;
    }
    const uint32_t *offset = t->epilogue.step[s].offset + 2 * first;
    const float *operand = t->epilogue.step[s].operand;
    if (t->epilogue.step[s].stride == 1) {
      UNROLL for (int i = 0; i < R; i++) UNROLL for (int j = 0; j < N; j++)
        sum[i][j] += apus_load_16(operand + apus_i64_at(offset + 2 * i) + 16 * j);
    } else {
      UNROLL for (int i = 0; i < R; i++) UNROLL for (int j = 0; j < N; j++)
        sum[i][j] += apus_splat_16(operand[apus_i64_at(offset + 2 * i)]);
    }
  }
}
/* Columns in N vectors of 16, R rows that lie evenly apart: a pointer for each three rows, kept
 * from being split into one per row, so that they all stay in general registers. */
static inline __attribute__((always_inline, unused)) WIDE void tile_of(
    const apus_tile *t, const uint32_t first, const int R, const int N) {
  const float *const *a = t->a + first;
  float *const *output = t->output + first;
  apus_block sum;
  UNROLL for (int i = 0; i < R; i++) UNROLL for (int j = 0; j < N; j++)
    sum[i][j] = t->start == 1   ? apus_load_16(t->first + 16 * j)
                : t->start == 2 ? apus_load_16(output[i] + 16 * j)
                                : apus_splat_16(0.0f);
  int64_t count[APUS_LEVELS] = {0}, a_at = 0;
  const uint32_t last = t->levels - 1;
  const int64_t inner = t->extent[last], a_step = t->a_step[last], b_step = t->b_step[last];
  const int64_t apart = R > 1 ? a[1] - a[0] : 0;
  const float *b = t->b;
  for (;;) {
    const float *row[APUS_TILE_ROWS], *bk = b;
    UNROLL for (int i = 0; i < R; i += 3) row[i] = a[i] + a_at;
    for (int64_t k = 0; k < inner; k++, bk += b_step) {
      apus_f32_16 v[4];
      UNROLL for (int j = 0; j < N; j++) v[j] = apus_load_16(bk + 16 * j);
      UNROLL for (int i = 0; i < R; i++) {
        const apus_f32_16 s = apus_splat_16(row[i - i % 3][i % 3 * apart]);
        UNROLL for (int j = 0; j < N; j++) sum[i][j] = apus_fma_16(s, v[j], sum[i][j]);
      }
      UNROLL for (int i = 0; i < R; i += 3) {
        row[i] += a_step;
        __asm__("" : "+r"(row[i]));
      }
    }
    int level = (int)last - 1;
    for (; level >= 0; level--) {
      a_at += t->a_step[level], b += t->b_step[level];
      if (++count[level] < t->extent[level]) break;
      a_at -= t->extent[level] * t->a_step[level], b -= t->extent[level] * t->b_step[level];
      count[level] = 0;
    }
    if (level < 0) break;
  }
  finish_block(t, first, R, N, sum);
  UNROLL for (int i = 0; i < R; i++) UNROLL for (int j = 0; j < N; j++) {
    int64_t left = (int64_t)t->stored - 16 * j;
    if (left >= 16) apus_store_16(output[i] + 16 * j, sum[i][j]);
    else if (left > 0) apus_store_part_16(output[i] + 16 * j, sum[i][j], (int)left);
  }
}
#define SHAPE(R, N) WIDE static void tile_##R##_##N(const apus_tile *t, uint32_t first) { \
  tile_of(t, first, R, N); }
#define SHAPES(N) SHAPE(1, N) SHAPE(2, N) SHAPE(3, N) SHAPE(4, N) SHAPE(5, N) SHAPE(6, N) \
  SHAPE(7, N) \
  SHAPE(8, N) SHAPE(9, N) SHAPE(10, N) SHAPE(11, N) SHAPE(12, N) SHAPE(13, N) SHAPE(14, N)
SHAPES(1) SHAPES(2) SHAPES(3) SHAPES(4)
#define ROW(N) {tile_1_##N, tile_2_##N, tile_3_##N, tile_4_##N, tile_5_##N, tile_6_##N, \
  tile_7_##N, \
  tile_8_##N, tile_9_##N, tile_10_##N, tile_11_##N, tile_12_##N, tile_13_##N, tile_14_##N}
static void (*const tiles[4][APUS_TILE_ROWS])(const apus_tile *, uint32_t) = {
    ROW(1), ROW(2), ROW(3), ROW(4)};
/* Adds operands to rows of sums, clamps them and stores `stored` numbers of each row. */
typedef struct {
  const apus_epilogue *epilogue;
  uint32_t row, rows; /* the first row of the operands, the number of rows */
  size_t column, width, stored;
  float *sums;
} apus_sums;
static inline __attribute__((always_inline)) WIDE void finish_rows(
    const apus_sums *a, uint32_t step, const uint32_t adds, const bool clamps,
    float *const *output) {
  const apus_f32_16 low = apus_splat_16(clamps ? a->epilogue->step[step + adds].low : 0.0f);
  const apus_f32_16 high = apus_splat_16(clamps ? a->epilogue->step[step + adds].high : 0.0f);
  const float *p[2], *sums = a->sums;
  for (uint32_t i = 0; i < a->rows; i++, sums += a->width) {
    bool wide[2];
    UNROLL for (uint32_t k = 0; k < adds; k++) {
      wide[k] = a->epilogue->step[step + k].stride == 1;
      p[k] = a->epilogue->step[step + k].operand + (wide[k] ? a->column : 0) +
             apus_i64_at(a->epilogue->step[step + k].offset + 2 * (a->row + i));
    }
    for (size_t j = 0; j < a->stored; j += 16) {
      const int left = a->stored - j < 16 ? (int)(a->stored - j) : 16;
      apus_f32_16 x = apus_load_16(sums + j);
      UNROLL for (uint32_t k = 0; k < adds; k++)
        x += !wide[k]     ? apus_splat_16(*p[k])
             : left == 16 ? apus_load_16(p[k] + j)
                          : apus_load_part_16(p[k] + j, left);
      if (clamps) x = apus_min_16(apus_max_16(x, low), high);
      if (left == 16) apus_store_16(output[i] + j, x);
      else apus_store_part_16(output[i] + j, x, left);
    }
  }
}
#define PASS(adds, clamps) WIDE static void pass_##adds##_##clamps( \
    const apus_sums *a, uint32_t step, float *const *output) { \
  finish_rows(a, step, adds, clamps, output); }
PASS(0, 0) PASS(0, 1) PASS(1, 0) PASS(1, 1) PASS(2, 0) PASS(2, 1)
static void (*const passes[3][2])(const apus_sums *, uint32_t, float *const *) = {
    {pass_0_0, pass_0_1}, {pass_1_0, pass_1_1}, {pass_2_0, pass_2_1}};
/* Applies an epilogue from a step on to sums in rows of `width` numbers, a multiple of 16, and
 * stores `stored` of each; the sums lie apart from the outputs because an operand may lie where an
 * output goes. */
static void finish(const apus_sums *a, uint32_t s, float *const *output) {
  const apus_epilogue *e = a->epilogue;
  const size_t count = a->rows * a->width;
  float gates[APUS_SUMS], *back[APUS_TILE_ROWS];
  for (;;) {
    const uint32_t first = s;
    uint32_t adds = 0;
    while (adds < 2 && s < e->count && e->step[s].kind == APUS_ADD) adds++, s++;
    const bool clamps = s < e->count && e->step[s].kind == APUS_CLAMP;
    s += clamps;
    if (s == e->count) {
      passes[adds][clamps](a, first, output);
      return;
    }
    for (uint32_t i = 0; i < a->rows; i++) back[i] = a->sums + i * a->width;
    if (s > first) passes[adds][clamps](a, first, back);
    if (e->step[s].kind == APUS_APPLY) {
      unary_f32(e->step[s++].function, count, a->sums, a->sums);
    } else if (e->step[s].kind == APUS_GATE) {
      unary_f32(e->step[s++].function, count, gates, a->sums);
      binary_f32(APUS_B_mul, count, a->sums, a->sums, gates);
    }
  }
}
/* Any shape, number by number: the definition of the instruction. */
static void tile_slow(const apus_tile *t) {
  float sums[APUS_SUMS] = {0};
  for (uint32_t i = 0; i < t->rows; i++) for (uint32_t j = 0; j < t->stored; j++) {
    float sum = t->start == 1 ? t->first[j] : t->start == 2 ? t->output[i][j] : 0.0f;
    int64_t count[APUS_LEVELS] = {0};
    const float *a = t->a[i], *b = t->b + j;
    int level = 0;
    for (uint32_t l = 0; l < t->levels; l++) if (t->extent[l] == 0) level = -1;
    while (level >= 0) {
      sum = apus_fma_1(*a, *b, sum);
      for (level = (int)t->levels - 1; level >= 0; level--) {
        a += t->a_step[level], b += t->b_step[level];
        if (++count[level] < t->extent[level]) break;
        a -= t->extent[level] * t->a_step[level], b -= t->extent[level] * t->b_step[level];
        count[level] = 0;
      }
    }
    sums[i * APUS_TILE_COLUMNS + j] = sum;
  }
  const apus_sums all = {&t->epilogue, 0, t->rows, 0, APUS_TILE_COLUMNS, t->stored, sums};
  finish(&all, 0, t->output);
}
/* How many rows from `first` on lie evenly apart. */
static uint32_t even_rows(const apus_tile *t, uint32_t first) {
  uint32_t n = 1;
  while (first + n < t->rows &&
         (n < 2 || t->a[first + n] - t->a[first + n - 1] == t->a[first + 1] - t->a[first])) n++;
  return n;
}
static void tile(apus_tile *t) {
  bool plain = t->columns % 16 == 0 && t->levels > 0 && (t->start != 2 || t->stored == t->columns);
  for (uint32_t l = 0; l < t->levels; l++) plain = plain && t->extent[l] > 0;
  if (!plain || (t->start == 2 && t->epilogue.count > 0)) {
    tile_slow(t);
    return;
  }
  const apus_epilogue *e = &t->epilogue;
  float sums[APUS_SUMS], *output[APUS_TILE_ROWS];
  const uint32_t stored = t->stored;
  t->direct = 0;
  while (t->direct < e->count && e->step[t->direct].kind <= APUS_CLAMP && stored == t->columns)
    t->direct++;
  const bool rests = t->direct < e->count;
  if (rests) {
    for (uint32_t i = 0; i < t->rows; i++)
      output[i] = t->output[i], t->output[i] = sums + i * t->columns;
    t->stored = t->columns;
  }
  for (uint32_t first = 0, n; first < t->rows; first += n) {
    n = even_rows(t, first);
    tiles[t->columns / 16 - 1][n - 1](t, first);
  }
  const apus_sums all = {e, 0, t->rows, 0, t->columns, stored, sums};
  if (rests) finish(&all, t->direct, output);
}
/* 16 channels, or what is left of them, of N points whose inputs start at x. */
static inline __attribute__((always_inline)) WIDE void window_lanes(
    const apus_window *a, const float *const *x, size_t c, const int left, const int N,
    float *const *r) {
#define LANES(p) (left == 16 ? apus_load_16(p) : apus_load_part_16(p, left))
  apus_f32_16 sum[4];
  const apus_f32_16 first = a->first ? LANES(a->first + c) : apus_splat_16(0.0f);
  UNROLL for (int i = 0; i < N; i++) sum[i] = first;
  for (uint32_t t = 0; t < a->taps; t++) {
    const apus_f32_16 w = LANES(a->weights + (int64_t)t * a->weight_step + c);
    const int64_t tap = apus_i64_at(a->tap + 2 * t) + (int64_t)c;
    UNROLL for (int i = 0; i < N; i++) sum[i] = apus_fma_16(LANES(x[i] + tap), w, sum[i]);
  }
  UNROLL for (int i = 0; i < N; i++) apus_store_16(r[i], sum[i]);
}
enum { APUS_BLOCK = 224 }; /* channels of four points whose sums are finished together */
/* N neighbouring points: each weight is loaded once for all of them. */
static inline __attribute__((always_inline)) WIDE void window_of(
    const apus_window *a, uint32_t point, const int N) {
  const float *x[4];
  float *y[4], *r[4], sums[4 * APUS_BLOCK];
  UNROLL for (int i = 0; i < N; i++) {
    x[i] = a->x + apus_i64_at(a->x_offset + 2 * (point + (uint32_t)i));
    y[i] = a->y + apus_i64_at(a->y_offset + 2 * (point + (uint32_t)i));
  }
  for (size_t from = 0; from < a->channels; from += APUS_BLOCK) {
    const size_t count = a->channels - from < APUS_BLOCK ? a->channels - from : APUS_BLOCK;
    const size_t width = (count + 15) / 16 * 16;
    for (size_t c = 0; c < count; c += 16) {
      UNROLL for (int i = 0; i < N; i++) r[i] = sums + (size_t)i * width + c;
      if (c + 16 <= count) window_lanes(a, x, from + c, 16, N, r);
      else window_lanes(a, x, from + c, (int)(count - c), N, r);
    }
    const apus_sums all = {&a->epilogue, point, (uint32_t)N, from, width, count, sums};
    finish(&all, 0, y);
    UNROLL for (int i = 0; i < N; i++) y[i] += count;
  }
}
WIDE static void window(const apus_window *a) {
  uint32_t point = 0;
  for (; point + 4 <= a->points; point += 4) window_of(a, point, 4);
  switch (a->points - point) {
    case 3: window_of(a, point, 3); break;
    case 2: window_of(a, point, 2); break;
    case 1: window_of(a, point, 1); break;
    default: break;
  }
}
