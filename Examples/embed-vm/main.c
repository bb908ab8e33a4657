/* Runs a model on zeros, or on a raw file as its first input, and prints what comes out.
 * cc -O2 -ffp-contract=off -I Sources/CApusVM/include Examples/embed-vm/main.c \
 *   Sources/CApusVM/vm_*.c -lm -o embed-vm && ./embed-vm model.apb [input.raw] */
#include <stdio.h>
#include <stdlib.h>
#include "apus_vm.h"

static void *room(size_t bytes) {
  void *memory = aligned_alloc(64, (bytes + 127) / 64 * 64);
  if (memory == NULL) exit(6);
  for (size_t i = 0; i < bytes; i++) ((char *)memory)[i] = 0;
  return memory;
}
static void *contents(const char *path, size_t *size) {
  FILE *file = fopen(path, "rb");
  if (file == NULL || fseek(file, 0, SEEK_END) != 0) return NULL;
  *size = (size_t)ftell(file);
  rewind(file);
  void *memory = room(*size);
  size_t got = fread(memory, 1, *size, file);
  fclose(file);
  return got == *size ? memory : NULL;
}
int main(int argc, char **argv) {
  size_t size = 0, given = 0;
  void *bytes = argc > 1 ? contents(argv[1], &size) : NULL;
  if (bytes == NULL) return fprintf(stderr, "usage: embed-vm model.apb [input.raw]\n"), 2;
  apus_vm_program program;
  apus_vm_status status = apus_vm_load(bytes, size, NULL, &program);
  if (status != APUS_VM_OK) return fprintf(stderr, "%s\n", apus_vm_describe(status)), 3;
  enum { MOST = 64 };
  const void *inputs[MOST];
  void *outputs[MOST];
  uint32_t in = apus_vm_input_count(&program), out = apus_vm_output_count(&program);
  if (in > MOST || out > MOST) return 5;
  for (uint32_t i = 0; i < in; i++) inputs[i] = room(apus_vm_input(&program, i).byte_count);
  for (uint32_t i = 0; i < out; i++) outputs[i] = room(apus_vm_output(&program, i).byte_count);
  if (argc > 2 && in > 0) {
    void *raw = contents(argv[2], &given);
    if (raw == NULL || given != apus_vm_input(&program, 0).byte_count) return 3;
    inputs[0] = raw;
  }
  apus_vm_run(&program, room(apus_vm_memory_bytes(&program)), inputs, outputs, NULL);
  for (uint32_t i = 0; i < out; i++) {
    apus_vm_port port = apus_vm_output(&program, i);
    printf("%.*s:", (int)port.name_length, port.name);
    for (uint64_t j = 0; port.element == 1 && j < port.byte_count / 4; j++)
      printf(" %g", (double)((const float *)outputs[i])[j]);
    printf("\n");
  }
  return 0;
}
