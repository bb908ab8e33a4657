/* Small matrix products with all sums in registers: one copy of the body per shape. */
#define UNROLL _Pragma("GCC unroll 16")
enum { APUS_SUMS = APUS_TILE_ROWS * APUS_TILE_COLUMNS };
/* Columns in N vectors of 16, R rows that lie evenly apart: a pointer for each three rows, kept
 * from being split into one per row, so that they all stay in general registers. */
static inline __attribute__((always_inline, unused)) WIDE void tile_of(
    const apus_tile *t, const int R, const int N) {
  apus_f32_16 sum[APUS_TILE_ROWS][4];
  UNROLL for (int i = 0; i < R; i++) UNROLL for (int j = 0; j < N; j++)
    sum[i][j] = t->start == 1   ? apus_load_16(t->first + 16 * j)
                : t->start == 2 ? apus_load_16(t->output[i] + 16 * j)
                                : apus_splat_16(0.0f);
  int64_t count[APUS_LEVELS] = {0}, a_at = 0;
  const uint32_t last = t->levels - 1;
  const int64_t inner = t->extent[last], a_step = t->a_step[last], b_step = t->b_step[last];
  const int64_t apart = R > 1 ? t->a[1] - t->a[0] : 0;
  const float *b = t->b;
  for (;;) {
    const float *row[APUS_TILE_ROWS], *bk = b;
    UNROLL for (int i = 0; i < R; i += 3) row[i] = t->a[i] + a_at;
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
  UNROLL for (int i = 0; i < R; i++) UNROLL for (int j = 0; j < N; j++) {
    int64_t left = (int64_t)t->stored - 16 * j;
    if (left >= 16) apus_store_16(t->output[i] + 16 * j, sum[i][j]);
    else if (left > 0) apus_store_part_16(t->output[i] + 16 * j, sum[i][j], (int)left);
  }
}
#define SHAPE(R, N) WIDE static void tile_##R##_##N(const apus_tile *t) { tile_of(t, R, N); }
#define SHAPES(N) SHAPE(1, N) SHAPE(2, N) SHAPE(3, N) SHAPE(4, N) SHAPE(5, N) SHAPE(6, N) \
  SHAPE(7, N) \
  SHAPE(8, N) SHAPE(9, N) SHAPE(10, N) SHAPE(11, N) SHAPE(12, N) SHAPE(13, N) SHAPE(14, N)
SHAPES(1) SHAPES(2) SHAPES(3) SHAPES(4)
#define ROW(N) {tile_1_##N, tile_2_##N, tile_3_##N, tile_4_##N, tile_5_##N, tile_6_##N, \
  tile_7_##N, \
  tile_8_##N, tile_9_##N, tile_10_##N, tile_11_##N, tile_12_##N, tile_13_##N, tile_14_##N}
static void (*const tiles[4][APUS_TILE_ROWS])(const apus_tile *) = {ROW(1), ROW(2), ROW(3), ROW(4)};
/* Applies an epilogue to sums in rows of `width` numbers, a multiple of 16, and stores `stored` of
 * each; the sums lie apart from the outputs because an operand may lie where an output goes. */
WIDE static void finish(const apus_epilogue *e, uint32_t first, uint32_t rows, size_t column,
                        size_t width, size_t stored, float *sums, float *const *output) {
  float gates[APUS_SUMS];
  for (uint32_t s = 0; s < e->count; s++) {
    const float low = e->step[s].low, high = e->step[s].high;
    switch (e->step[s].kind) {
      case APUS_ADD:
        for (uint32_t i = 0; i < rows; i++) {
          const float *p = e->step[s].operand + apus_i64_at(e->step[s].offset + 2 * (first + i));
          float *x = sums + i * width;
          if (e->step[s].stride == 0) {
            for (size_t j = 0; j < width; j += 16)
              apus_store_16(x + j, apus_load_16(x + j) + apus_splat_16(*p));
            continue;
          }
          size_t j = 0;
          for (p += column; j + 16 <= stored; j += 16)
            apus_store_16(x + j, apus_load_16(x + j) + apus_load_16(p + j));
          for (; j < stored; j++) x[j] += p[j];
        }
        break;
      case APUS_CLAMP:
        for (size_t j = 0; j < rows * width; j += 16)
          apus_store_16(sums + j, apus_min_16(apus_max_16(apus_load_16(sums + j),
                                                          apus_splat_16(low)),
                                              apus_splat_16(high)));
        break;
      case APUS_APPLY: unary_f32(e->step[s].function, rows * width, sums, sums); break;
      default:
        unary_f32(e->step[s].function, rows * width, gates, sums);
        binary_f32(APUS_B_mul, rows * width, sums, sums, gates);
    }
  }
  for (uint32_t i = 0; i < rows; i++) {
    size_t j = 0;
    for (; j + 16 <= stored; j += 16)
      apus_store_16(output[i] + j, apus_load_16(sums + i * width + j));
    for (; j < stored; j++) output[i][j] = sums[i * width + j];
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
  finish(&t->epilogue, 0, t->rows, 0, APUS_TILE_COLUMNS, t->stored, sums, t->output);
}
/* The rows from `first` on that lie evenly apart, as a tile of their own. */
static uint32_t even_rows(const apus_tile *t, uint32_t first, apus_tile *part) {
  uint32_t n = 1;
  while (first + n < t->rows &&
         (n < 2 || t->a[first + n] - t->a[first + n - 1] == t->a[first + 1] - t->a[first])) n++;
  *part = *t;
  part->rows = n;
  for (uint32_t i = 0; i < n; i++)
    part->a[i] = t->a[first + i], part->output[i] = t->output[first + i];
  return n;
}
static void tile(const apus_tile *t) {
  bool plain = t->columns % 16 == 0 && t->levels > 0 && (t->start != 2 || t->stored == t->columns);
  for (uint32_t l = 0; l < t->levels; l++) plain = plain && t->extent[l] > 0;
  if (!plain) {
    tile_slow(t);
    return;
  }
  apus_tile whole = *t, part;
  float sums[APUS_SUMS];
  if (t->epilogue.count > 0) {
    whole.stored = t->columns;
    for (uint32_t i = 0; i < t->rows; i++) whole.output[i] = sums + i * t->columns;
  }
  for (uint32_t first = 0; first < t->rows;) {
    first += even_rows(&whole, first, &part);
    tiles[t->columns / 16 - 1][part.rows - 1](&part);
  }
  if (t->epilogue.count > 0)
    finish(&t->epilogue, 0, t->rows, 0, t->columns, t->stored, sums, t->output);
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
    finish(&a->epilogue, point, (uint32_t)N, from, width, count, sums, y);
    UNROLL for (int i = 0; i < N; i++) y[i] += count;
  }
}
WIDE static void window(const apus_window *a) {
  uint32_t point = 0;
  for (; point + 4 <= a->points; point += 4) window_of(a, point, 4);
  for (; point < a->points; point++) window_of(a, point, 1);
}
