/* The C interface of the Apus compiler: C99, and C++.
 *
 * Handles are pointers to structures that only the library knows. Whoever gets one frees it, and
 * freeing NULL does nothing. A handle may be used by one thread at a time, a session by many.
 *
 * Functions that can fail take an `apus_error **` last. It may be NULL; otherwise it is set to
 * NULL, or to an error that the caller frees. They return NULL or an `apus_status` then. Nothing is
 * ever printed. All text is UTF-8.
 *
 * Structures of options begin with `struct_size`, which the caller sets to their `sizeof`: later
 * versions only add fields at the end, whose value is 0 for callers that do not know them. A NULL
 * in place of options stands for 0 in all fields. What this header declares stays as it is through
 * all versions with the same `APUS_ABI_VERSION`; see docs/versions.md.
 */
#ifndef APUS_H
#define APUS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define APUS_ABI_VERSION 1

/* What a call comes to: the exit codes of the command. */
typedef int32_t apus_status;
enum {
  APUS_OK = 0,
  APUS_DIFFERENT = 1,    /* a comparison fails its gate */
  APUS_USAGE = 2,        /* the call itself is wrong */
  APUS_INVALID = 3,      /* a file or text is malformed */
  APUS_UNSUPPORTED = 4,  /* a model has something that is not implemented */
  APUS_LIMIT = 5,        /* a limit was exceeded */
  APUS_IO = 6,           /* a file cannot be read or written */
  APUS_INTERNAL = 70     /* a mistake of the compiler */
};

/* Types of elements: the numbers of ONNX TensorProto.DataType, such as 1 for float. */
typedef int32_t apus_element;

/* The version of the interface that the library implements: APUS_ABI_VERSION. */
uint32_t apus_abi_version(void);

/* ---- Errors ------------------------------------------------------------------------------- */

typedef struct apus_error apus_error;

apus_status apus_error_code(const apus_error *error);
/* Everything that went wrong, for people; lives as long as the error. */
const char *apus_error_message(const apus_error *error);
/* The same as one JSON object per line, as `apus --diagnostics json` writes it. */
const char *apus_error_json(const apus_error *error);
void apus_error_free(apus_error *error);

/* ---- Bytes -------------------------------------------------------------------------------- */

/* Bytes or text that the library made; a 0 follows the last byte, so text is a C string. */
typedef struct apus_buffer apus_buffer;

const void *apus_buffer_data(const apus_buffer *buffer);
size_t apus_buffer_size(const apus_buffer *buffer);
void apus_buffer_free(apus_buffer *buffer);

/* ---- Graphs ------------------------------------------------------------------------------- */

typedef struct apus_graph apus_graph;

/* The size of a symbolic dimension: `lower` and `upper` are the same to fix it. */
typedef struct {
  const char *name;
  int64_t lower;
  int64_t upper;
} apus_dimension;

typedef struct {
  size_t struct_size;
  const apus_dimension *dimensions;
  size_t dimension_count;
} apus_import_options;

/* Imports an ONNX model from a file; external weights are looked for beside it. */
apus_graph *apus_graph_import(
    const char *path, const apus_import_options *options, apus_error **error);
/* Imports an ONNX model from memory, which is not needed afterwards. */
apus_graph *apus_graph_import_bytes(
    const void *bytes, size_t size, const apus_import_options *options, apus_error **error);
/* Reads the text form of a graph. */
apus_graph *apus_graph_parse(const char *text, apus_error **error);
apus_graph *apus_graph_copy(const apus_graph *graph, apus_error **error);
void apus_graph_free(apus_graph *graph);

enum {
  APUS_CONSTANTS_DIGEST = 0, /* large constants by name and digest */
  APUS_CONSTANTS_FULL = 1    /* everything, so that the text can be parsed again */
};

/* The text form of a graph. */
apus_buffer *apus_graph_print(const apus_graph *graph, int32_t constants, apus_error **error);
/* Checks all that holds of a graph at some stage. */
apus_status apus_graph_verify(const apus_graph *graph, apus_error **error);
/* Runs passes by name, "canonicalize,fuse-maps"; `apus passes` lists them. */
apus_status apus_graph_run_passes(apus_graph *graph, const char *passes, apus_error **error);
/* Runs the passes of a level of optimisation, 0 to 3. */
apus_status apus_graph_optimize(apus_graph *graph, int32_t level, apus_error **error);

/* ---- Compiling ---------------------------------------------------------------------------- */

enum {
  APUS_EMIT_BYTECODE = 0,
  APUS_EMIT_C_SOURCE = 1, /* weights stand in it */
  APUS_EMIT_C_HEADER = 2,
  APUS_EMIT_C_MANIFEST = 3,
  APUS_EMIT_LOOPS = 4, /* the loop program as text */
  APUS_EMIT_ONNX = 5   /* weights stand in it */
};

typedef struct {
  size_t struct_size;
  int32_t emit;
  const char *name;   /* the C prefix; NULL for the name of the graph */
  const char *target; /* as in `apus targets`; NULL for this machine; bytecode has its own */
} apus_compile_options;

/* What a graph becomes, as it is: optimise it before. */
apus_buffer *apus_graph_compile(
    const apus_graph *graph, const apus_compile_options *options, apus_error **error);

/* ---- Comparing ---------------------------------------------------------------------------- */

typedef struct {
  size_t struct_size;
  const char *fail_on; /* rules as `apus diff --fail-on` takes them; NULL for the default */
} apus_diff_options;

/* Compares two graphs by meaning and returns the JSON document of `apus diff --json`.
 *
 * `status`, if not NULL, becomes APUS_OK or APUS_DIFFERENT, as the gate says. */
apus_buffer *apus_diff(
    const apus_graph *from, const apus_graph *to, const apus_diff_options *options,
    apus_status *status, apus_error **error);

/* ---- Running ------------------------------------------------------------------------------ */

/* A row-major tensor. This structure never changes.
 *
 * The data of strings, element type 8, are the length of each as a little-endian uint32_t, then the
 * bytes of all of them without anything between; inputs hold no byte that is 0. */
typedef struct {
  apus_element element;
  int32_t rank;
  const int64_t *extents; /* `rank` of them */
  const void *data;
  size_t byte_count;
} apus_tensor;

/* The data of a tensor of strings. */
apus_buffer *apus_strings_pack(
    const char *const strings[], size_t count, apus_error **error);
/* The bytes of one string of a tensor, without a 0 at the end; NULL where there is none. */
const char *apus_tensor_string(const apus_tensor *tensor, size_t place, size_t *length);

/* An input or output. This structure never changes. */
typedef struct {
  const char *name;
  apus_element element;
  int32_t rank;
  const int64_t *extents; /* -1 where it is known when the model runs */
} apus_port;

/* A program in the interpreter. */
typedef struct apus_session apus_session;

/* Lowers a graph, as it is, for the interpreter. */
apus_session *apus_session_create(const apus_graph *graph, apus_error **error);
/* Loads bytecode; it is verified first. */
apus_session *apus_session_load(const void *bytes, size_t size, apus_error **error);
void apus_session_free(apus_session *session);

size_t apus_session_input_count(const apus_session *session);
size_t apus_session_output_count(const apus_session *session);
/* A port; APUS_USAGE where there is none. What it points to lives as long as the session. */
apus_status apus_session_input(const apus_session *session, size_t place, apus_port *port);
apus_status apus_session_output(const apus_session *session, size_t place, apus_port *port);

/* Tensors that the library made. */
typedef struct apus_results apus_results;

/* Runs the program on all inputs in order; they are not needed afterwards. */
apus_results *apus_session_run(
    const apus_session *session, const apus_tensor *inputs, size_t input_count,
    apus_error **error);
size_t apus_results_count(const apus_results *results);
/* A result; APUS_USAGE where there is none. What it points to lives as long as the results. */
apus_status apus_results_get(const apus_results *results, size_t place, apus_tensor *tensor);
void apus_results_free(apus_results *results);

#ifdef __cplusplus
}
#endif

#endif
