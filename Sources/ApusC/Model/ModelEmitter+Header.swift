internal import ApusIR
internal import ApusLoops

extension ModelEmitter {
  /// The text of the header.
  var header: String {
    var printer = CPrinter()
    let guardName = "\(macro)_H"
    printer.line("/* \(name): a model compiled to C by Apus.")
    printer.line(" *")
    printer.line(" *   static unsigned char arena[\(macro)_ARENA_BYTES]; (64-byte aligned)")
    printer.line(" *   \(name)_context ctx;")
    printer.line(" *   \(name)_init(&ctx, arena, \(weightsHint), NULL);")
    let arguments = (inputNames + outputNames + sizeParameters.map(\.name))
      .joined(separator: ", ")
    printer.line(" *   \(name)_run(&ctx, \(arguments));")
    printer.line(" *")
    if program.pool != nil {
      printer.line(
        " * Strings are UTF-8 and end with a zero; NULL counts as empty. Those of outputs")
      printer.line(" * lie in the arena or among the constants and stay until the next run.")
    }
    printer.line(" * Tensors are row-major. Nothing is allocated or printed; contexts with arenas")
    printer.line(" * of their own may run at the same time. */")
    printer.line("#ifndef \(guardName)")
    printer.line("#define \(guardName)")
    printer.line()
    printer.line("#include <stddef.h>")
    printer.line("#include <stdint.h>")
    printer.line()
    printer.line("#ifdef __cplusplus")
    printer.line("extern \"C\" {")
    printer.line("#endif")
    printer.line()
    printer.line("#define \(macro)_ABI_VERSION 1")
    printer.line("#define \(macro)_ARENA_BYTES \(program.arenaBytes)")
    printer.line("#define \(macro)_WEIGHT_BYTES \(weights.byteCount)")
    printer.line("#define \(macro)_STATE_BYTES 0")
    if let pool = program.pool {
      printer.line("/* The room for strings that come in or are made, with a zero each. */")
      printer.line("#define \(macro)_STRING_BYTES \(program[pool.room].count)")
    }
    printer.line(
      "/* An upper bound of the stack that one call takes when optimised (-O1 or more). */")
    printer.line("#define \(macro)_STACK_BYTES \(stackBytes)")
    printer.line()
    printTypes(&printer)
    printDeclarations(&printer)
    printer.line("#ifdef __cplusplus")
    printer.line("}")
    printer.line("#endif")
    printer.line("#endif")
    return printer.text
  }

  private var weightsHint: String { options.weights == .file ? "weights" : "NULL" }

  private func printTypes(_ printer: inout CPrinter) {
    printer.line("typedef enum {")
    printer.line("  \(macro)_OK = 0,")
    printer.line("  \(macro)_NULL_POINTER = 1, /* a required pointer is NULL */")
    printer.line("  \(macro)_MISALIGNED = 2,   /* arena or weights are not 64-byte aligned */")
    let comma = program.pool == nil ? " " : ", "
    let dimension = "\(macro)_BAD_DIMENSION = 3\(comma)"
    printer.line("  \(dimension)/* a size is out of bounds or does not fit */")
    if program.pool != nil {
      printer.line("  \(macro)_NO_ROOM = 4 /* the strings need more than \(macro)_STRING_BYTES */")
    }
    printer.line("} \(name)_status;")
    printer.line()
    if options.threads == .callback {
      printer.line(
        "/* Runs body(data, i) for each i in 0..<count, in any order and on any threads, and")
      printer.line(" * returns when all are done. */")
      printer.line("typedef struct {")
      printer.line("  void (*run)(void *pool, ptrdiff_t count,")
      printer.line("      void (*body)(void *data, ptrdiff_t i), void *data);")
      printer.line("  void *pool;")
      printer.line("} \(name)_threads;")
      printer.line()
    }
    printer.line("typedef struct {")
    printer.line("  unsigned char *arena;")
    printer.line("  const unsigned char *weights;")
    if options.threads == .callback {
      printer.line("  \(name)_threads threads; /* set after init; run NULL: the calling thread */")
    }
    printer.line("} \(name)_context;")
    printer.line()
    printer.line("typedef struct {")
    printer.line("  const char *name;")
    printer.line("  int32_t element_type; /* ONNX TensorProto.DataType */")
    printer.line("  int32_t rank;")
    printer.line("  const int64_t *shape; /* -1 where symbolic; NULL for rank 0 */")
    printer.line("  const char *const *symbols; /* NULL when there are none */")
    printer.line("} \(name)_tensor_t;")
    printer.line()
    printer.line("typedef struct {")
    printer.line("  int32_t abi_version;")
    printer.line("  int32_t input_count, output_count;")
    printer.line("  const \(name)_tensor_t *inputs, *outputs;")
    printer.line("  size_t arena_bytes, weight_bytes, state_bytes;")
    printer.line("  int32_t dimension_count, given_dimension_count;")
    printer.line("  const char *const *dimension_names; /* in the order of dims */")
    printer.line("  const int64_t *dimension_limits;    /* the largest value of each */")
    printer.line("} \(name)_signature_t;")
    printer.line()
  }

  private func printDeclarations(_ printer: inout CPrinter) {
    let need = options.weights == .file ? "\(name).weights, mapped or read" : "NULL"
    printer.line("/* `arena`: \(macro)_ARENA_BYTES bytes. `weights`: \(need). `state`: NULL. */")
    printer.line("\(name)_status \(name)_init(\(name)_context *ctx, void *arena,")
    printer.line("    const void *weights, void *state);")
    printer.line()
    for (kind, names, ports) in [
      ("in ", inputNames, program.inputs), ("out", outputNames, program.outputs),
    ] {
      for (name, port) in zip(names, ports) {
        printer.line("/* \(kind) \(name): \(port.type.description.asComment) */")
      }
    }
    for symbol in interfaceSymbols {
      guard let bounds = program.symbols.first(where: { $0.name == symbol }) else { continue }
      let direction = program.inputSymbols.contains(symbol) ? "in " : "out"
      let range = "\(bounds.lower)..\(bounds.upper.map(String.init) ?? "")"
      printer.line("/* \(direction) \(symbol.asComment): \(range) */")
    }
    let parameters = (runParameters + sizeParameters).map { $0.type.declaring($0.name) }
    printer.line("\(name)_status \(name)_run(\(name)_context *ctx,")
    printer.line("    \(parameters.joined(separator: ",\n    ")));")
    printer.line()
    if interfaceSymbols.isEmpty {
      printer.line("/* The same with the pointers in arrays, in the order of the graph. */")
    } else {
      let names = interfaceSymbols.joined(separator: ", ").asComment
      printer.line("/* The same with the pointers in arrays, in the order of the graph; dims holds")
      printer.line(" * \(names): those of the inputs go in, others come out. */")
    }
    printer.line("\(name)_status \(name)_invoke(\(name)_context *ctx, const void *const inputs[],")
    printer.line("    void *const outputs[], int64_t dims[]);")
    printer.line()
    printer.line("/* Names, types and shapes of inputs and outputs. */")
    printer.line("const \(name)_signature_t *\(name)_signature(void);")
    printer.line("size_t \(name)_context_bytes(void);")
    printer.line()
  }

  /// The assembler file that puts the weights into an object file.
  var assembly: String {
    """
    /* The weights of \(name), included as they are. */
    #ifdef __APPLE__
    .const
    #define SYMBOL _\(name)_weights
    #else
    .section .rodata
    #define SYMBOL \(name)_weights
    #endif
    .globl SYMBOL
    .balign 64
    SYMBOL:
    .incbin "\(name).weights"
    #ifdef __ELF__
    .section .note.GNU-stack,"",%progbits
    #endif

    """
  }

  /// What tools want to know about the files, as JSON.
  var manifest: String {
    func ports(_ ports: [Port], _ names: [String]) -> String {
      zip(ports, names).map { port, cName in
        let shape = port.type.shape.dimensions
          .map { $0.constant.map(String.init) ?? $0.description.jsonQuoted }.joined(separator: ",")
        return "    {\"name\": \(port.name.jsonQuoted), \"c_name\": \(cName.jsonQuoted), "
          + "\"element\": \"\(port.type.element)\", \"shape\": [\(shape)]}"
      }.joined(separator: ",\n")
    }
    return """
      {
        "schema": 1,
        "name": \(name.jsonQuoted),
        "target": \(target.name.jsonQuoted),
        "abi_version": 1,
        "weights": "\(options.weights.rawValue)",
        "arena_bytes": \(program.arenaBytes),
        "weight_bytes": \(weights.byteCount),
        "compiler_flags": [\(target.compilerFlags.map(\.jsonQuoted).joined(separator: ", "))],
        "inputs": [
      \(ports(program.inputs, inputNames))
        ],
        "outputs": [
      \(ports(program.outputs, outputNames))
        ]
      }

      """
  }
}
