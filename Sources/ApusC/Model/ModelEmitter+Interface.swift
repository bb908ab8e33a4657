internal import ApusIR
internal import ApusLoops

extension ModelEmitter {
  /// `NAME_init`, `NAME_run`, `NAME_invoke` and `NAME_signature`.
  func printInterface(_ printer: inout CPrinter) {
    printer.print(initialize)
    printer.line()
    printer.print(run)
    printer.line()
    printer.print(invoke)
    printer.line()
    printSignature(&printer)
  }

  private func status(_ value: String) -> CStatement { .result(.name("\(macro)_\(value)")) }

  private func isNull(_ name: CExpression) -> CExpression { .binary("==", name, .name("NULL")) }

  private func require(_ pointers: [CExpression]) -> [CStatement] {
    guard let first = pointers.first else { return [] }
    let anyNull = pointers.dropFirst().reduce(isNull(first)) { .binary("||", $0, isNull($1)) }
    return [.branch(anyNull, [status("NULL_POINTER")])]
  }

  private var initialize: CFunction {
    let context = CExpression.name("ctx")
    var body = require([context])
    if program.arenaBytes > 0 {
      body += require([.name("arena")])
      body.append(
        .branch(
          .binary(
            "!=", .binary("%", .cast("uintptr_t", .name("arena")), .integer(64)), .integer(0)),
          [status("MISALIGNED")]))
    }
    var weights = CExpression.name("weights")
    switch options.weights {
    case .embed: body.append(.expression(.cast("void", .name("weights"))))
    case .object: weights = .name("\(name)_weights")
    case .file:
      body += require([weights])
      body.append(
        .branch(
          .binary("!=", .binary("%", .cast("uintptr_t", weights), .integer(64)), .integer(0)),
          [status("MISALIGNED")]))
    }
    if options.weights == .object { body.append(.expression(.cast("void", .name("weights")))) }
    body.append(.expression(.cast("void", .name("state"))))
    body.append(
      .assign(.member(context, "->arena"), .cast("unsigned char *", .name("arena"))))
    body.append(
      .assign(
        .member(context, "->weights"),
        options.weights == .embed ? .name("NULL") : .cast("const unsigned char *", weights)))
    body.append(status("OK"))
    return CFunction(
      attributes: "", result: "\(name)_status", name: "\(name)_init",
      parameters: [
        CParameter(type: "\(name)_context *", name: "ctx"),
        CParameter(type: "void *", name: "arena"),
        CParameter(type: "const void *", name: "weights"),
        CParameter(type: "void *", name: "state"),
      ], body: body)
  }

  private var run: CFunction {
    let context = CExpression.name("ctx")
    var body = require([context] + runParameters.map { .name($0.name) })
    let used = Set(program.kernels.flatMap(\.buffers))
    let storages = used.map { program[$0].storage }
    let usesArena = storages.contains { if case .arena = $0 { true } else { false } }
    let usesWeights = storages.contains { if case .constant = $0 { true } else { false } }
    if usesArena {
      body.append(.declare("unsigned char *", "arena", .member(context, "->arena")))
      body += require([.name("arena")])
    }
    if usesWeights, options.weights != .embed {
      body.append(.declare("const unsigned char *", "weights", .member(context, "->weights")))
      body += require([.name("weights")])
    }
    for call in kernels.calls {
      let written = Set(call.kernel.writtenBuffers)
      body.append(
        .expression(
          .call(
            call.function,
            call.arguments.map { pointer($0, isWritten: written.contains($0)) })))
    }
    for port in program.inputs where !used.contains(port.buffer) {
      body.append(.expression(.cast("void", pointer(port.buffer, isWritten: false))))
    }
    body.append(status("OK"))
    return CFunction(
      attributes: "", result: "\(name)_status", name: "\(name)_run",
      parameters: [CParameter(type: "\(name)_context *", name: "ctx")] + runParameters, body: body)
  }

  private var invoke: CFunction {
    let inputs = program.inputs.indices.map {
      CExpression.element(.name("inputs"), .integer($0))
    }
    let outputs = program.outputs.indices.map {
      CExpression.element(.name("outputs"), .integer($0))
    }
    let tables = (inputs.isEmpty ? [] : ["inputs"]) + (outputs.isEmpty ? [] : ["outputs"])
    let types = runParameters.map(\.type)
    let arguments = zip(types, inputs + outputs).map { CExpression.cast($0, $1) }
    return CFunction(
      attributes: "", result: "\(name)_status", name: "\(name)_invoke",
      parameters: [
        CParameter(type: "\(name)_context *", name: "ctx"),
        CParameter(type: "const void *const *", name: "inputs"),
        CParameter(type: "void *const *", name: "outputs"),
        CParameter(type: "int64_t *", name: "dims"),
      ],
      body: require(tables.map { .name($0) }) + [
        .expression(.cast("void", .name("inputs"))),
        .expression(.cast("void", .name("dims"))),
        .result(.call("\(name)_run", [.name("ctx")] + arguments)),
      ])
  }

  private func printSignature(_ printer: inout CPrinter) {
    for (kind, ports) in [("inputs", program.inputs), ("outputs", program.outputs)] {
      for (place, port) in ports.enumerated() where port.type.rank > 0 {
        let extents = (port.type.shape.extents ?? []).map(String.init).joined(separator: ", ")
        printer.line("static const int64_t \(kind)_shape_\(place)[] = {\(extents)};")
      }
      guard !ports.isEmpty else { continue }
      printer.line("static const \(name)_tensor_t signature_\(kind)[] = {")
      for (place, port) in ports.enumerated() {
        let shape = port.type.rank > 0 ? "\(kind)_shape_\(place)" : "NULL"
        printer.line(
          "  {\"\(port.name.cEscaped)\", \(port.type.element.onnxDataType), \(port.type.rank), "
            + "\(shape), NULL},")
      }
      printer.line("};")
    }
    func table(_ kind: String, _ ports: [Port]) -> String {
      ports.isEmpty ? "NULL" : "signature_\(kind)"
    }
    printer.line("static const \(name)_signature_t signature = {")
    printer.line(
      "  \(macro)_ABI_VERSION, \(program.inputs.count), \(program.outputs.count), "
        + "\(table("inputs", program.inputs)), \(table("outputs", program.outputs)),")
    printer.line("  \(macro)_ARENA_BYTES, \(macro)_WEIGHT_BYTES, \(macro)_STATE_BYTES,")
    printer.line("};")
    printer.line()
    printer.line(
      "const \(name)_signature_t *\(name)_signature(void) { return &signature; }")
    printer.line("size_t \(name)_context_bytes(void) { return sizeof(\(name)_context); }")
  }
}

extension String {
  /// The text inside a C string literal: everything unusual as octal.
  var cEscaped: String {
    utf8.map { byte -> String in
      let isPlain =
        byte >= 0x20 && byte < 0x7f && byte != UInt8(ascii: "\"")
        && byte != UInt8(ascii: "\\") && byte != UInt8(ascii: "?")
      if isPlain { return String(UnicodeScalar(byte)) }
      let digits = String(byte, radix: 8)
      return "\\" + String(repeating: "0", count: 3 - digits.count) + digits
    }.joined()
  }
}
