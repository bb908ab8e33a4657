/* Runs a compiled model on small pseudo-random inputs, for compilers and sanitizers to watch.
 * With -DSTREAMS, inputs come from standard input and outputs go to standard output.
 *
 * An argument is the number that all inputs of i64 hold.
 *
 *   cc -DMODEL_HEADER='"digits.h"' -DMODEL=digits harness.c digits.c -lm
 */
#include MODEL_HEADER
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define JOIN_(a, b) a##b
#define JOIN(a, b) JOIN_(a, b)
#define NAME(suffix) JOIN(MODEL, suffix)

static size_t width(int32_t type) {
  switch (type) {
    case 1: case 6: case 12: return 4;
    case 7: case 11: case 13: return 8;
    case 8: return sizeof(char *);
    case 4: case 5: case 10: case 16: return 2;
    default: return 1;
  }
}

/* All elements of i64 where it is not negative. */
static int64_t whole = -1;
/* Open sizes: their limits before a run, and what it found behind it. */
static int64_t dims[64];

static size_t extent(const NAME(_tensor_t) *tensor, int32_t axis) {
  const NAME(_signature_t) *signature = NAME(_signature)();
  if (tensor->shape[axis] >= 0) return (size_t)tensor->shape[axis];
  for (int32_t i = 0; i < signature->dimension_count; i++)
    if (strcmp(signature->dimension_names[i], tensor->symbols[axis]) == 0) return (size_t)dims[i];
  exit(2);
}

static size_t count(const NAME(_tensor_t) *tensor) {
  size_t n = 1;
  for (int32_t axis = 0; axis < tensor->rank; axis++) n *= extent(tensor, axis);
  return n;
}

static void *allocate(size_t bytes) {
  void *p = aligned_alloc(64, (bytes + 127) / 64 * 64);
  if (p == NULL) exit(2);
  for (size_t i = 0; i < bytes; i++) ((unsigned char *)p)[i] = 0;
  return p;
}

static void *input(const NAME(_tensor_t) *tensor) {
  static const char *const words[] = {"", "word", "two  words", "a,b,,c", "\xc3\xa9t", NULL};
  static uint32_t state = 1;
  const size_t n = count(tensor);
  void *p = allocate(n * width(tensor->element_type));
#ifdef STREAMS
  if (fread(p, width(tensor->element_type), n, stdin) != n) exit(2);
  return p;
#endif
  for (size_t i = 0; i < n; i++) {
    state = state * 1664525u + 1013904223u;
    if (tensor->element_type == 1) ((float *)p)[i] = (float)(state >> 8) * 0x1p-24f;
    if (tensor->element_type == 6) ((int32_t *)p)[i] = (int32_t)(state >> 28);
    if (tensor->element_type == 8) ((const char **)p)[i] = words[(state >> 8) % 6];
    if (tensor->element_type == 7) ((int64_t *)p)[i] = whole >= 0 ? whole : state >> 28;
  }
  return p;
}

int main(int argc, char **argv) {
  const NAME(_signature_t) *signature = NAME(_signature)();
  const void *inputs[64];
  void *outputs[64];
  NAME(_context) context;
  void *arena = allocate(signature->arena_bytes);
  if (signature->input_count > 64 || signature->output_count > 64) return 2;
  if (signature->dimension_count > 64) return 2;
  if (argc > 1) whole = atoll(argv[1]);
  for (int32_t i = 0; i < signature->dimension_count; i++) dims[i] = signature->dimension_limits[i];
  for (int32_t i = 0; i < signature->input_count; i++) inputs[i] = input(&signature->inputs[i]);
  for (int32_t i = 0; i < signature->output_count; i++) {
    const NAME(_tensor_t) *tensor = &signature->outputs[i];
    outputs[i] = allocate(count(tensor) * width(tensor->element_type));
  }
  if (NAME(_init)(&context, arena, NULL, NULL) != 0) return 1;
  for (int run = 0; run < 2; run++)
    if (NAME(_invoke)(&context, inputs, outputs, dims) != 0) return 1;
#ifdef STREAMS
  for (int32_t i = 0; i < signature->output_count; i++) {
    const NAME(_tensor_t) *tensor = &signature->outputs[i];
    const size_t n = count(tensor);
    if (fwrite(outputs[i], width(tensor->element_type), n, stdout) != n) return 2;
  }
#endif
  for (int32_t i = 0; i < signature->input_count; i++) free((void *)(uintptr_t)inputs[i]);
  for (int32_t i = 0; i < signature->output_count; i++) free(outputs[i]);
  free(arena);
  return 0;
}
