/* The instructions of matrix products and windows: what they read and write, and their work. */
#include "vm_verify.h"

/* A row of offsets of 64 bits at `at`: their range; moves `at` behind them. */
static apus_vm_status offsets(apus_verifier *v, uint32_t *at, uint32_t n, int64_t *low,
                              int64_t *high) {
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
apus_vm_status apus_widen(int64_t n, int64_t step, int64_t *low, int64_t *high) {
  int64_t reach, most = (int64_t)1 << 60;
  NEED(!__builtin_mul_overflow(n - 1, step, &reach) && reach > -most && reach < most,
       OUT_OF_BOUNDS);
  if (reach < 0) *low += reach; else *high += reach;
  NEED(*low > -most && *high < most, OUT_OF_BOUNDS);
  return APUS_VM_OK;
}
static apus_vm_status typed(apus_verifier *v, uint32_t *at, uint32_t element, int64_t low,
                            int64_t high, bool write, bool empty) {
  NEED(apus_element_of(v, *at) == element, BAD_CODE);
  return apus_check_access(v, at, low, high, write, empty, false);
}
static apus_vm_status floats(apus_verifier *v, uint32_t *at, int64_t low, int64_t high, bool write,
                             bool empty) {
  return typed(v, at, APUS_F32, low, high, write, empty);
}
void apus_add_work(apus_verifier *v, uint64_t work) {
  if (__builtin_mul_overflow(work, v->trips, &work) ||
      __builtin_add_overflow(work, v->m->work, &v->m->work)) v->m->work = UINT64_MAX;
}
/* The steps of an epilogue up to the end of the instruction: kind, function and operands each. */
static apus_vm_status check_epilogue(apus_verifier *v, uint32_t at, uint32_t rows,
                                     uint32_t columns) {
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
apus_vm_status apus_check_tile(apus_verifier *v, bool bytes) {
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
    TRY(apus_widen(n, apus_i64_at(v->w + i + 2), &al, &ah));
    TRY(apus_widen(n, apus_i64_at(v->w + i + 4), &bl, &bh));
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
  apus_add_work(v, work);
  return APUS_VM_OK;
}
/* Layout: points, channels, taps, start, weight step; taps; weights; [start]; input; output;
 * epilogue. */
apus_vm_status apus_check_window(apus_verifier *v) {
  NEED(v->words >= 8, BAD_CODE);
  uint32_t points = v->w[2], channels = v->w[3], taps = v->w[4], kind = v->w[5], at = 8, look;
  NEED(points >= 1 && channels >= 1 && channels <= 1 << 24 && kind <= 1, BAD_CODE);
  int64_t tl = 0, th = 0, wl = 0, wh = channels - 1, low, high;
  if (taps > 0) {
    TRY(offsets(v, &at, taps, &tl, &th));
    TRY(apus_widen(taps, apus_i64_at(v->w + 6), &wl, &wh));
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
  apus_add_work(v, (uint64_t)points * channels * (taps + 1u)); /* below 2^54 */
  return APUS_VM_OK;
}
