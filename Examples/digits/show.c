/* Shows what a compiled digits network sees: eight pictures, then accuracy and time over all. */

#define _POSIX_C_SOURCE 199309L

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "classifier.h"

enum { SIDE = 8, PIXELS = SIDE * SIDE, CLASSES = 10, SHOWN = 8, ROUNDS = 5 };

/* The held-out images of test-images.bin: per image 64 pixels 0...16 and a label. */
struct images {
  uint32_t count;
  unsigned char *bytes;
};

static const unsigned char *image_at(const struct images *images, uint32_t index) {
  return images->bytes + (size_t)index * (PIXELS + 1);
}

static uint32_t little_endian(const unsigned char *b) {
  return (uint32_t)b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

/* Reads the file; returns 0, or -1 when it is not what README.md describes. */
static int read_images(const char *path, struct images *images) {
  unsigned char head[20];
  size_t size;
  int result = -1;
  FILE *file = fopen(path, "rb");
  if (file == NULL) return -1;
  if (fread(head, 1, sizeof head, file) == sizeof head && memcmp(head, "DIGITS01", 8) == 0 &&
      little_endian(head + 12) == SIDE && little_endian(head + 16) == SIDE) {
    images->count = little_endian(head + 8);
    size = (size_t)images->count * (PIXELS + 1);
    if (images->count >= SHOWN && images->count < 100000) {
      images->bytes = malloc(size);
      if (images->bytes != NULL && fread(images->bytes, 1, size, file) == size) result = 0;
    }
  }
  fclose(file);
  return result;
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/* The most probable class of an image, or -1 when the model reports an error. */
static int classify(const struct classifier *model, const unsigned char *pixels) {
  float input[PIXELS], output[CLASSES];
  int best = 0, i;
  for (i = 0; i < PIXELS; i++) input[i] = (float)pixels[i] / 16.0f;
  if (model->run(input, output) != 0) return -1;
  for (i = 1; i < CLASSES; i++)
    if (output[i] > output[best]) best = i;
  return best;
}

static void print_pictures(const struct classifier *model, const struct images *images) {
  static const char ramp[] = " .:-=+*#%@";
  int row, column;
  uint32_t index;
  for (row = 0; row < SIDE; row++) {
    for (index = 0; index < SHOWN; index++) {
      for (column = 0; column < SIDE; column++) {
        const char ink = ramp[image_at(images, index)[row * SIDE + column] * 9 / 16];
        putchar(ink), putchar(ink);
      }
      putchar(' ');
    }
    putchar('\n');
  }
  for (index = 0; index < SHOWN; index++) {
    const unsigned char *image = image_at(images, index);
    printf("  read %d, is %d    ", classify(model, image), image[PIXELS]);
  }
  printf("\n\n");
}

/* Prints one line of results; returns whether accuracy is what training reported. */
static int print_results(const struct classifier *model, const struct images *images) {
  uint32_t index, correct = 0;
  double best = 1e30;
  int round;
  for (round = 0; round < ROUNDS; round++) {
    const double start = now();
    correct = 0;
    for (index = 0; index < images->count; index++) {
      const unsigned char *image = image_at(images, index);
      correct += classify(model, image) == image[PIXELS];
    }
    if (now() - start < best) best = now() - start;
  }
  printf("%-9s %u of %u right (%.1f %%)  %8.2f us per image  arena %lu bytes\n", model->name,
         (unsigned)correct, (unsigned)images->count, 100.0 * correct / images->count,
         1e6 * best / images->count, (unsigned long)model->arena_bytes);
  return correct * 1000 >= images->count * 975u;
}

int main(int count, char **arguments) {
  struct images images = {0, NULL};
  struct classifier model;
  int good = 1, status;
  if (count < 2 || read_images(arguments[1], &images) != 0) {
    fprintf(stderr, "usage: show test-images.bin [model.apb]\n");
    return 2;
  }
  status = open_compiled(&model);
  if (status == 0) {
    print_pictures(&model, &images);
    good = print_results(&model, &images);
  }
  if (status == 0 && count > 2) {
    status = open_bytecode(&model, arguments[2]);
    if (status == CLASSIFIER_MISSING) {
      printf("bytecode  not part of this build\n");
      status = 0;
    } else if (status == 0) {
      good = print_results(&model, &images) && good;
    }
  }
  free(images.bytes);
  if (status != 0) fprintf(stderr, "the model reports status %d\n", status);
  return status == 0 && good ? 0 : 1;
}
