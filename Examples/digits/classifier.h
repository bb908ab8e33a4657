/* One network, two ways to run it. */
#ifndef CLASSIFIER_H
#define CLASSIFIER_H

#include <stddef.h>

enum { CLASSIFIER_MISSING = -1 };

/* A network that is ready to run. */
struct classifier {
  const char *name;
  size_t arena_bytes;
  /* image: 64 numbers 0...1, row by row; probabilities: 10 numbers. Returns 0 or an error code. */
  int (*run)(const float *image, float *probabilities);
};

/* The network as compiled C. Returns 0 or an error code. */
int open_compiled(struct classifier *classifier);

/* The network as bytecode from the file at `path`, run by the VM. Returns 0, an error code, or
   CLASSIFIER_MISSING when the VM is not part of the build. See Examples/embed-vm. */
int open_bytecode(struct classifier *classifier, const char *path);

#endif
