/* Everything the C interface does, with one model: main MODEL.onnx OUT, where OUT is a folder. */
#include <apus.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Ends the program with the code and the message of an error. */
static void check(apus_error *error) {
  if (error == NULL) return;
  int code = apus_error_code(error);
  fprintf(stderr, "%s\n", apus_error_message(error));
  apus_error_free(error);
  exit(code);
}

static void expect(int holds, const char *what) {
  printf("%s: %s\n", holds ? "right" : "WRONG", what);
  if (!holds) exit(1);
}

static void save(const char *folder, const char *name, apus_buffer *buffer) {
  char path[1024];
  snprintf(path, sizeof path, "%s/%s", folder, name);
  FILE *file = fopen(path, "wb");
  size_t size = apus_buffer_size(buffer);
  expect(file != NULL && fwrite(apus_buffer_data(buffer), 1, size, file) == size, path);
  fclose(file);
}

static apus_buffer *compile(const apus_graph *graph, int32_t emit) {
  apus_error *error;
  apus_compile_options options = {.struct_size = sizeof options, .emit = emit, .name = "digits"};
  apus_buffer *result = apus_graph_compile(graph, &options, &error);
  check(error);
  return result;
}

/* Expects that a call was refused with a code, and shows why. */
static void expect_refusal(apus_error *error, apus_status code) {
  expect(error != NULL && apus_error_code(error) == code, apus_error_json(error));
  apus_error_free(error);
}

/* Runs bytecode on an image of zeros: the probabilities add up to 1. */
static void run(const apus_buffer *bytecode) {
  apus_error *error;
  apus_session *session =
      apus_session_load(apus_buffer_data(bytecode), apus_buffer_size(bytecode), &error);
  check(error);
  apus_port port;
  expect(apus_session_input_count(session) == 1, "one input");
  expect(apus_session_input(session, 0, &port) == APUS_OK, "the input is described");
  expect(strcmp(port.name, "image") == 0 && port.rank == 4, port.name);
  static float image[64];
  apus_tensor input = {
      .element = port.element, .rank = port.rank, .extents = port.extents, .data = image,
      .byte_count = sizeof image};
  apus_results *results = apus_session_run(session, &input, 1, &error);
  check(error);
  apus_tensor output;
  expect(apus_results_get(results, 0, &output) == APUS_OK, "there is a result");
  float sum = 0;
  for (size_t i = 0; i < output.byte_count / sizeof(float); i++) {
    sum += ((const float *)output.data)[i];
  }
  expect(sum > 0.999f && sum < 1.001f, "the probabilities add up to 1");
  apus_results_free(results);

  input.byte_count = 4;
  results = apus_session_run(session, &input, 1, &error);
  expect(results == NULL, "too few bytes are refused");
  expect_refusal(error, APUS_USAGE);
  apus_session_free(session);
}

/* Runs a graph on strings. */
static void run_strings(void) {
  apus_error *error;
  apus_graph *graph = apus_graph_parse(
      "graph @upper(%x: tensor<3xstring>) -> (y: tensor<3xstring>) {\n"
      "  %0 = map %x {f = (a: string) upper(a)} : tensor<3xstring>\n"
      "  return %0\n"
      "}\n", &error);
  check(error);
  apus_session *session = apus_session_create(graph, &error);
  check(error);
  static const char *const words[] = {"one", "", "three"};
  apus_buffer *packed = apus_strings_pack(words, 3, &error);
  check(error);
  static const int64_t extents[] = {3};
  apus_tensor input = {
      .element = 8, .rank = 1, .extents = extents, .data = apus_buffer_data(packed),
      .byte_count = apus_buffer_size(packed)};
  apus_results *results = apus_session_run(session, &input, 1, &error);
  check(error);
  apus_tensor output;
  expect(apus_results_get(results, 0, &output) == APUS_OK, "there is a result");
  size_t length;
  const char *word = apus_tensor_string(&output, 2, &length);
  expect(length == 5 && memcmp(word, "THREE", 5) == 0, "strings come out");
  expect(apus_tensor_string(&output, 1, &length) != NULL && length == 0, "empty ones too");
  expect(apus_tensor_string(&output, 3, &length) == NULL, "there are no more");
  apus_results_free(results);
  input.byte_count -= 1;
  expect(apus_session_run(session, &input, 1, &error) == NULL, "too few bytes are refused");
  expect_refusal(error, APUS_USAGE);
  apus_buffer_free(packed);
  apus_session_free(session);
  apus_graph_free(graph);
}

int main(int argc, char **argv) {
  if (argc != 3) return APUS_USAGE;
  apus_error *error;
  expect(apus_abi_version() == APUS_ABI_VERSION, "header and library agree");

  apus_dimension batch = {.name = "N", .lower = 1, .upper = 1};
  apus_import_options options = {
      .struct_size = sizeof options, .dimensions = &batch, .dimension_count = 1};
  apus_graph *graph = apus_graph_import(argv[1], &options, &error);
  check(error);
  expect(apus_graph_verify(graph, &error) == APUS_OK, "the graph is correct");

  apus_buffer *text = apus_graph_print(graph, APUS_CONSTANTS_FULL, &error);
  check(error);
  apus_graph *again = apus_graph_parse(apus_buffer_data(text), &error);
  check(error);
  apus_status status;
  apus_buffer *report = apus_diff(graph, again, NULL, &status, &error);
  check(error);
  expect(status == APUS_OK, "what was printed is read as the same graph");
  apus_buffer_free(report);

  expect(apus_graph_run_passes(again, "canonicalize,fuse-maps", &error) == APUS_OK, "passes run");
  expect(apus_graph_optimize(again, 2, &error) == APUS_OK, "the graph is optimised");
  expect(apus_graph_run_passes(again, "no-such", &error) == APUS_USAGE, "a pass must exist");
  expect_refusal(error, APUS_USAGE);
  expect(apus_graph_import("missing.onnx", NULL, &error) == NULL, "a missing file is refused");
  expect_refusal(error, APUS_IO);

  static const struct {
    int32_t emit;
    const char *name;
  } forms[] = {
      {APUS_EMIT_BYTECODE, "digits.apb"}, {APUS_EMIT_C_SOURCE, "digits.c"},
      {APUS_EMIT_C_HEADER, "digits.h"},   {APUS_EMIT_C_MANIFEST, "digits.json"},
      {APUS_EMIT_LOOPS, "digits.loops"},  {APUS_EMIT_ONNX, "digits.onnx"},
  };
  for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
    apus_buffer *result = compile(again, forms[i].emit);
    save(argv[2], forms[i].name, result);
    if (forms[i].emit == APUS_EMIT_BYTECODE) run(result);
    apus_buffer_free(result);
  }
  apus_buffer_free(text);
  apus_graph_free(again);
  apus_graph_free(graph);
  run_strings();
  return 0;
}
