/* The network as compiled C: `apus compile digits.onnx --dim N=1` writes digits.h and digits.c. */

#include "classifier.h"
#include "digits.h"

static digits_context context;
/* A model without scratch memory has an arena of no bytes, which C does not allow as an array. */
static _Alignas(64) unsigned char arena[DIGITS_ARENA_BYTES + 1];

static int run(const float *image, float *probabilities) {
  return (int)digits_run(&context, image, probabilities);
}

int open_compiled(struct classifier *classifier) {
  classifier->name = "C";
  classifier->arena_bytes = DIGITS_ARENA_BYTES;
  classifier->run = run;
  return (int)digits_init(&context, arena, NULL, NULL);
}
