/* Damages .apb files, makes their checksums right and runs what the interpreter accepts.
 *
 *   fuzz-vm ROUNDS FILE.apb …
 *
 * Every single bit of header, tables and code first, then ROUNDS files with one to four damaged
 * bytes. Memory has exactly the size that the program asks for, so that the address sanitizer sees
 * each byte outside. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "apus_vm.h"

enum { MOST = 1 << 22 };
static uint64_t state = 88172645463325252u, accepted, refused;

static uint64_t next(void) {
  state ^= state << 13, state ^= state >> 7, state ^= state << 17;
  return state;
}

static void seal(uint8_t *bytes, size_t size) {
  uint64_t hash = 0xcbf29ce484222325u, word;
  memset(bytes + 24, 0, 8);
  for (size_t i = 0; i + 8 <= size; i += 8) {
    memcpy(&word, bytes + i, 8);
    hash = (hash ^ word) * 0x9e3779b97f4a7c15u;
    hash ^= hash >> 29;
  }
  memcpy(bytes + 24, &hash, 8);
}

static void *allocate(uint64_t bytes) {
  void *p = NULL;
  if (posix_memalign(&p, 64, bytes > 0 ? bytes : 1) != 0) exit(2);
  for (uint64_t i = 0; i < bytes; i++) ((uint8_t *)p)[i] = (uint8_t)next();
  return p;
}

/* Inputs are random bytes, strings words or nothing. */
static void *input(const apus_vm_port *port) {
  static const char *const words[] = {"", "word", "two  words", "a,b,,c", "\xc3\xa9t", NULL};
  const char **p = allocate(port->byte_count);
  if (port->element == 8)
    for (uint64_t i = 0; i < port->byte_count / sizeof *p; i++) p[i] = words[next() % 6];
  return p;
}

/* Strings that come out end somewhere. */
static void read_strings(const apus_vm_port *port, const char *const *p) {
  static volatile size_t length;
  if (port->element != 8) return;
  for (uint64_t i = 0; i < port->byte_count / sizeof *p; i++)
    if (p[i] != NULL) length += strlen(p[i]);
}

static void try(uint8_t *bytes, size_t size) {
  static const void *inputs[64];
  static void *outputs[64];
  apus_vm_limits limits = {.work = 1 << 20, .memory_bytes = MOST};
  apus_vm_program program;
  seal(bytes, size);
  if (apus_vm_load(bytes, size, &limits, &program) != APUS_VM_OK) {
    refused++;
    return;
  }
  uint32_t in = apus_vm_input_count(&program), out = apus_vm_output_count(&program);
  if (in > 64 || out > 64) return;
  for (uint32_t i = 0; i < in; i++) if (apus_vm_input(&program, i).byte_count > MOST) return;
  for (uint32_t i = 0; i < out; i++) if (apus_vm_output(&program, i).byte_count > MOST) return;
  accepted++;
  for (uint32_t i = 0; i < in; i++) {
    apus_vm_port port = apus_vm_input(&program, i);
    inputs[i] = input(&port);
  }
  for (uint32_t i = 0; i < out; i++) {
    apus_vm_port port = apus_vm_output(&program, i);
    outputs[i] = allocate(port.byte_count);
    if (port.element == 8) memset(outputs[i], 0, port.byte_count);
  }
  void *memory = allocate(apus_vm_memory_bytes(&program));
  apus_vm_run(&program, memory, inputs, outputs, NULL);
  for (uint32_t i = 0; i < out; i++) {
    apus_vm_port port = apus_vm_output(&program, i);
    read_strings(&port, outputs[i]);
  }
  free(memory);
  for (uint32_t i = 0; i < in; i++) free((void *)(uintptr_t)inputs[i]);
  for (uint32_t i = 0; i < out; i++) free(outputs[i]);
}

/* The end of the code, the fourth section: what follows is constants and names. */
static size_t end_of_code(const uint8_t *bytes) {
  uint64_t at, length;
  memcpy(&at, bytes + 64 + 3 * 32 + 8, 8);
  memcpy(&length, bytes + 64 + 3 * 32 + 16, 8);
  return at + length;
}

static void fuzz(const char *path, long rounds) {
  FILE *file = fopen(path, "rb");
  if (file == NULL) exit(2);
  uint8_t *good = allocate(MOST), *bytes = allocate(MOST);
  size_t size = fread(good, 1, MOST, file), end = end_of_code(good);
  fclose(file);
  for (size_t bit = 0; bit < end * 8; bit++) {
    memcpy(bytes, good, size);
    bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
    try(bytes, size);
  }
  for (long round = 0; round < rounds; round++) {
    memcpy(bytes, good, size);
    size_t most = round % 8 == 7 ? size : end; /* constants and names now and then */
    for (long i = 0; i <= round % 4; i++) bytes[32 + next() % (most - 32)] = (uint8_t)next();
    try(bytes, size);
  }
  free(good);
  free(bytes);
}

int main(int count, char **words) {
  if (count < 3) return 2;
  for (int i = 2; i < count; i++) fuzz(words[i], atol(words[1]));
  printf("fuzz: %llu files refused, %llu ran clean\n", (unsigned long long)refused,
         (unsigned long long)accepted);
  return 0;
}
