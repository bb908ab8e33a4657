/* Apus's interpreter: runs models from .apb files. C11, no heap, no stdio, re-entrant.
 *
 * Load once (which verifies every access of the program), then run as often as you like; a loaded
 * program refers to the bytes it was loaded from and may be run from many threads at once. */
#ifndef APUS_VM_H
#define APUS_VM_H
#include <stddef.h>
#include <stdint.h>
#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
  APUS_VM_OK = 0,
  APUS_VM_BAD_ALIGNMENT, /* the bytes are not 64-byte aligned */
  APUS_VM_BAD_MAGIC,     /* not an .apb file */
  APUS_VM_BAD_VERSION,   /* written by a newer major version */
  APUS_VM_BAD_LENGTH,    /* cut short, or trailing bytes */
  APUS_VM_BAD_CHECKSUM,
  APUS_VM_BAD_SECTION, /* overlap, hole, order, reserved field or unknown required section */
  APUS_VM_BAD_INTERFACE,
  APUS_VM_BAD_BUFFER,
  APUS_VM_BAD_CODE,     /* unknown opcode, malformed instruction or broken nesting */
  APUS_VM_BAD_REGISTER, /* register or index read before it is set, or of the wrong type */
  APUS_VM_OUT_OF_BOUNDS,
  APUS_VM_BAD_WRITE, /* a write to a constant or an input */
  APUS_VM_UNSET_READ, /* memory read before it is written */
  APUS_VM_TOO_MUCH,  /* a limit was exceeded */
  APUS_VM_BAD_SIZE,  /* a malformed formula, or a size outside its bounds */
  APUS_VM_BAD_STEP,  /* a malformed step */
  APUS_VM_NO_ROOM    /* the strings of a run need more room than the program has */
} apus_vm_status;

/* What the caller allows; 0 means no limit. */
typedef struct {
  uint64_t work;         /* lanes computed and multiply-adds, all trips counted */
  uint64_t memory_bytes; /* what apus_vm_memory_bytes may ask for */
} apus_vm_limits;

/* A loaded program. The fields are private. */
typedef struct {
  const uint8_t *bytes;
  const uint8_t *ports, *buffers, *kernels, *constants, *strings;
  const uint32_t *code, *sizes, *steps;
  uint64_t size, arena_bytes, constant_bytes, string_bytes, work;
  uint32_t port_count, input_count, output_count, buffer_count, kernel_count, code_words, slots;
  uint32_t symbol_count, size_count, step_words, given_count, dimension_count;
  uint32_t pool_constants, pool_room; /* the buffers of strings */
  uint32_t has_pool;
  uint32_t failing_word; /* the place in the code where verification stopped */
  uint32_t checked;      /* whether runs must check accesses */
  const void *routines;
} apus_vm_program;

/* One input or output. */
typedef struct {
  const char *name; /* not terminated */
  size_t name_length;
  int32_t element; /* ONNX TensorProto.DataType */
  uint32_t rank;
  int64_t shape[8];    /* the largest extents */
  int32_t sizes[8];    /* -1 where the extent is always that */
  uint64_t byte_count; /* what the caller's memory must hold */
} apus_vm_port;

/* A size that the caller gives or gets. */
typedef struct {
  const char *name; /* not terminated */
  size_t name_length;
  int64_t low, high;
} apus_vm_dimension;

/* Parses and verifies; `bytes` must be 64-byte aligned and outlive the program. */
apus_vm_status apus_vm_load(const void *bytes, size_t size, const apus_vm_limits *limits,
                            apus_vm_program *program);
/* The bytes of memory that one run needs, 64-byte aligned. */
uint64_t apus_vm_memory_bytes(const apus_vm_program *program);
uint32_t apus_vm_input_count(const apus_vm_program *program);
uint32_t apus_vm_output_count(const apus_vm_program *program);
/* The port at a place, which must exist. */
apus_vm_port apus_vm_input(const apus_vm_program *program, uint32_t place);
apus_vm_port apus_vm_output(const apus_vm_program *program, uint32_t place);
/* The sizes that are not fixed: those that the caller gives come first. */
uint32_t apus_vm_dimension_count(const apus_vm_program *program);
uint32_t apus_vm_given_dimension_count(const apus_vm_program *program);
apus_vm_dimension apus_vm_dimension_at(const apus_vm_program *program, uint32_t place);
/* The extent of an axis, given all sizes. */
int64_t apus_vm_extent(const apus_vm_program *program, const apus_vm_port *port, uint32_t axis,
                       const int64_t *dimensions);
/* Runs a loaded program. Inputs and outputs are row-major, aligned to their elements, in memory of
 * `byte_count` bytes each. `dimensions` holds the given sizes and takes the others; NULL when there
 * are none. Fails only when a size or an access is out of bounds, or for want of room for strings.
 *
 * A tensor of strings is an array of pointers to bytes that end with a zero (`const char *`); NULL
 * counts as empty. Those of outputs point into `memory` or the program's bytes and stay valid until
 * the next run in that memory. */
apus_vm_status apus_vm_run(const apus_vm_program *program, void *memory,
                           const void *const *inputs, void *const *outputs, int64_t *dimensions);
/* A line of text for people. */
const char *apus_vm_describe(apus_vm_status status);

#ifdef __cplusplus
}
#endif
#endif
