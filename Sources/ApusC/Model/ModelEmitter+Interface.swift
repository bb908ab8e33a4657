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

  func status(_ value: String) -> CStatement { .result(.name("\(macro)_\(value)")) }

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
    if options.threads == .callback {
      for member in ["run", "pool"] {
        body.append(.assign(.member(context, "->threads.\(member)"), .name("NULL")))
      }
    }
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
    let pointers = runParameters + sizeParameters.filter { $0.type.hasSuffix("*") }
    var body = require([context] + pointers.map { .name($0.name) })
    let used = Set(program.kernels.flatMap(\.buffers) + program.steps.flatMap(\.allReadBuffers))
    let storages = used.map { program[$0].storage }
    let usesPool = kernels.calls.contains { $0.usesPool }
    let usesArena = usesPool || storages.contains { if case .arena = $0 { true } else { false } }
    let usesWeights =
      usesPool || storages.contains { if case .constant = $0 { true } else { false } }
    if usesArena {
      body.append(.declare("unsigned char *", "arena", .member(context, "->arena")))
      body += require([.name("arena")])
    }
    if usesWeights, options.weights != .embed {
      body.append(.declare("const unsigned char *", "weights", .member(context, "->weights")))
      body += require([.name("weights")])
    }
    if usesPool, let pool = program.pool { body.append(declaration(of: pool)) }
    body += sizes
    body += program.steps.flatMap(code)
    if usesPool {
      body.append(.branch(.member(.pool, ".full"), [status("NO_ROOM")]))
    }
    for symbol in program.outputSymbols {
      let name = symbolNames[symbol] ?? ""
      body.append(.assign(.unary("*", .name("out_" + name)), .name(name)))
    }
    for port in program.inputs where !used.contains(port.buffer) {
      body.append(.expression(.cast("void", pointer(port.buffer, isWritten: false))))
    }
    body.append(status("OK"))
    return CFunction(
      attributes: "", result: "\(name)_status", name: "\(name)_run",
      parameters: [CParameter(type: "\(name)_context *", name: "ctx")] + runParameters
        + sizeParameters, body: body)
  }

  /// Declares the pool of one run.
  private func declaration(of pool: StringPool) -> CStatement {
    func part(_ id: BufferID, isWritten: Bool) -> [CExpression] {
      [pointer(id, isWritten: isWritten), .integer(program[id].count)]
    }
    return .declare(
      "apus_pool", "pool",
      .call(
        "apus_new_pool",
        part(pool.constants, isWritten: false) + part(pool.room, isWritten: true)))
  }

  /// Declares the symbols that are found out and checks those that are given.
  private var sizes: [CStatement] {
    let given = program.inputSymbols
    return program.symbols.flatMap { symbol -> [CStatement] in
      let name = symbolNames[symbol.name] ?? ""
      if given.contains(symbol.name) { return checkBounds(of: symbol.name) }
      return [.declare("int64_t", name, .integer(0)), .expression(.cast("void", .name(name)))]
    }
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
    let given = program.inputSymbols.count
    let sizes = sizeParameters.indices.map { place in
      place < given
        ? CExpression.element(.name("dims"), .integer(place))
        : .binary("+", .name("dims"), .integer(place))
    }
    return CFunction(
      attributes: "", result: "\(name)_status", name: "\(name)_invoke",
      parameters: [
        CParameter(type: "\(name)_context *", name: "ctx"),
        CParameter(type: "const void *const *", name: "inputs"),
        CParameter(type: "void *const *", name: "outputs"),
        CParameter(type: "int64_t *", name: "dims"),
      ],
      body: require((tables + (sizes.isEmpty ? [] : ["dims"])).map { .name($0) }) + [
        .expression(.cast("void", .name("inputs"))),
        .expression(.cast("void", .name("dims"))),
        .result(.call("\(name)_run", [.name("ctx")] + arguments + sizes)),
      ])
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
