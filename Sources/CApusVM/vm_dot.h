/* Small matrix products of bytes: four rows by one vector of columns at a time in registers. */
static inline __attribute__((always_inline)) WIDE void dot_of(
    const apus_dot *t, const uint32_t row, const uint32_t column, const int R) {
  const int left = t->stored - column < 16 ? (int)(t->stored - column) : 16;
  apus_i32_16 sum[4];
  UNROLL for (int i = 0; i < R; i++)
    sum[i] = t->start == 1   ? apus_load_i32_16(t->first + column)
             : t->start == 2 ? apus_load_part_i32_16(t->output[row + (uint32_t)i] + column, left)
                             : apus_splat_i32_16(0);
  int64_t count[APUS_LEVELS] = {0}, a_at = 0;
  const int last = (int)t->levels - 1;
  const int8_t *b = t->b + 4 * column;
  for (int level = 0; level >= 0;) {
    const uint8_t *a[4];
    UNROLL for (int i = 0; i < R; i++) a[i] = t->a[row + (uint32_t)i] + a_at;
    const int8_t *bk = b;
    for (int64_t k = 0; k < t->extent[last]; k++, bk += t->b_step[last]) {
      const apus_i32_16 w = apus_load_bytes_16(bk);
      UNROLL for (int i = 0; i < R; i++) {
        sum[i] = apus_dot_16(apus_splat_bytes_16(a[i]), w, sum[i]);
        a[i] += t->a_step[last];
      }
    }
    for (level = last - 1; level >= 0; level--) {
      a_at += t->a_step[level], b += t->b_step[level];
      if (++count[level] < t->extent[level]) break;
      a_at -= t->extent[level] * t->a_step[level], b -= t->extent[level] * t->b_step[level];
      count[level] = 0;
    }
  }
  UNROLL for (int i = 0; i < R; i++)
    apus_store_part_i32_16(t->output[row + (uint32_t)i] + column, sum[i], left);
}
/* Any shape, number by number: the definition of the instruction. */
static void dot_slow(const apus_dot *t) {
  for (uint32_t i = 0; i < t->rows; i++) for (uint32_t j = 0; j < t->stored; j++) {
    int32_t sum = t->start == 1 ? t->first[j] : t->start == 2 ? t->output[i][j] : 0;
    int64_t count[APUS_LEVELS] = {0};
    const uint8_t *a = t->a[i];
    const int8_t *b = t->b + 4 * j;
    int level = 0;
    for (uint32_t l = 0; l < t->levels; l++) if (t->extent[l] == 0) level = -1;
    while (level >= 0) {
      for (int q = 0; q < 4; q++) sum = (int32_t)((uint32_t)sum + (uint32_t)(a[q] * b[q]));
      for (level = (int)t->levels - 1; level >= 0; level--) {
        a += t->a_step[level], b += t->b_step[level];
        if (++count[level] < t->extent[level]) break;
        a -= t->extent[level] * t->a_step[level], b -= t->extent[level] * t->b_step[level];
        count[level] = 0;
      }
    }
    t->output[i][j] = sum;
  }
}
WIDE static void dot(const apus_dot *t) {
  bool plain = t->columns % 16 == 0 && t->levels > 0;
  for (uint32_t l = 0; l < t->levels; l++) plain = plain && t->extent[l] > 0;
  if (!plain) {
    dot_slow(t);
    return;
  }
  for (uint32_t column = 0; column < t->stored; column += 16) {
    uint32_t row = 0;
    for (; row + 4 <= t->rows; row += 4) dot_of(t, row, column, 4);
    switch (t->rows - row) {
      case 3: dot_of(t, row, column, 3); break;
      case 2: dot_of(t, row, column, 2); break;
      case 1: dot_of(t, row, column, 1); break;
      default: break;
    }
  }
}
