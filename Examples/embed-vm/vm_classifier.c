/* The network as bytecode, run by the interpreter in Sources/CApusVM. */

#include "../digits/classifier.h"
#include "apus_vm.h"
#include <stdio.h>
#include <stdlib.h>

static apus_vm_program program;
static void *memory;

/* The bytes of a file at a 64-byte boundary, or NULL. */
static void *read_file(const char *path, size_t *size) {
  FILE *file = fopen(path, "rb");
  if (file == NULL) return NULL;
  void *bytes = NULL;
  if (fseek(file, 0, SEEK_END) == 0) {
    const long length = ftell(file);
    *size = length < 0 ? 0 : (size_t)length;
    bytes = aligned_alloc(64, (*size + 64) / 64 * 64);
    rewind(file);
    if (bytes != NULL && fread(bytes, 1, *size, file) != *size) {
      free(bytes);
      bytes = NULL;
    }
  }
  fclose(file);
  return bytes;
}

static int run(const float *image, float *probabilities) {
  const void *inputs[] = {image};
  void *outputs[] = {probabilities};
  apus_vm_run(&program, memory, inputs, outputs, NULL);
  return 0;
}

int open_bytecode(struct classifier *classifier, const char *path) {
  size_t size = 0;
  void *bytes = read_file(path, &size);
  if (bytes == NULL) return 1;
  const apus_vm_status status = apus_vm_load(bytes, size, NULL, &program);
  if (status != APUS_VM_OK) return (int)status;
  if (apus_vm_input_count(&program) != 1 || apus_vm_output_count(&program) != 1) return 2;
  const size_t need = (size_t)apus_vm_memory_bytes(&program);
  memory = aligned_alloc(64, (need + 64) / 64 * 64);
  if (memory == NULL) return 3;
  classifier->name = "bytecode";
  classifier->arena_bytes = need;
  classifier->run = run;
  return 0;
}
