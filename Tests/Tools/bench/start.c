/* Runs a compiled model once, as a program that was just started does, then again.
 *   usage: start LIBRARY NAME WEIGHTS
 * Prints when the first result was there (the monotonic clock in seconds), how long the fastest of
 * three further runs took, and the most kilobytes that were resident. */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

/* The types of every model's header. */
typedef struct {
  const char *name;
  int32_t element_type, rank;
  const int64_t *shape;
  const char *const *symbols;
} tensor;
typedef struct {
  int32_t abi_version, input_count, output_count;
  const tensor *inputs, *outputs;
  size_t arena_bytes, weight_bytes, state_bytes;
} signature;

static void *library;
static const char *prefix;

static void *symbol(const char *name) {
  char text[256];
  snprintf(text, sizeof text, "%s_%s", prefix, name);
  void *address = dlsym(library, text);
  if (!address) exit(2);
  return address;
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Of this program alone: getrusage would count the one that started it, too. */
static long resident(void) {
  char line[256];
  long kilobytes = -1;
  FILE *file = fopen("/proc/self/status", "r");
  while (file && fgets(line, sizeof line, file))
    if (sscanf(line, "VmHWM: %ld", &kilobytes) == 1) break;
  return kilobytes;
}

static void *zeros(size_t bytes) {
  void *memory =
      mmap(0, bytes + 1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return memory == MAP_FAILED ? exit(3), memory : memory;
}

/* Room for each tensor, at 8 bytes an element. */
static void **room(const tensor *tensors, int count) {
  void **places = calloc((size_t)count + 1, sizeof *places);
  for (int i = 0; i < count; ++i) {
    size_t bytes = 8;
    for (int axis = 0; axis < tensors[i].rank; ++axis) bytes *= (size_t)tensors[i].shape[axis];
    places[i] = zeros(bytes);
  }
  return places;
}

int main(int count, char **words) {
  if (count != 4 || !(library = dlopen(words[1], RTLD_NOW))) return 1;
  prefix = words[2];
  const signature *model = ((const signature *(*)(void))symbol("signature"))();
  void *context = calloc(1, ((size_t(*)(void))symbol("context_bytes"))());
  void *arena = zeros(model->arena_bytes), *weights = 0;
  if (model->weight_bytes > 0)
    weights = mmap(0, model->weight_bytes, PROT_READ, MAP_PRIVATE, open(words[3], O_RDONLY), 0);
  int (*init)(void *, void *, const void *, void *) =
      (int (*)(void *, void *, const void *, void *))symbol("init");
  int (*invoke)(void *, void **, void **, int64_t *) =
      (int (*)(void *, void **, void **, int64_t *))symbol("invoke");
  void **inputs = room(model->inputs, model->input_count);
  void **outputs = room(model->outputs, model->output_count);
  if (init(context, arena, weights, 0) || invoke(context, inputs, outputs, 0)) return 4;
  double first = now(), best = 1e9;
  for (int turn = 0; turn < 3; ++turn) {
    double start = now();
    if (invoke(context, inputs, outputs, 0)) return 4;
    if (now() - start < best) best = now() - start;
  }
  printf("%.9f %.9f %ld\n", first, best, resident());
  return 0;
}
