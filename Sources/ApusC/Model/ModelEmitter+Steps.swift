internal import ApusIR
internal import ApusLoops

extension ModelEmitter {
  /// The statements of one step of `NAME_run`.
  func code(_ step: Step) -> [CStatement] {
    switch step {
    case .run(let number): return [call(kernels.calls[number])]
    case .read(let symbol, let access):
      let value = CExpression.cast("int64_t", element(access))
      return [.assign(.name(symbolNames[symbol] ?? ""), value)] + checkBounds(of: symbol)
    case .assign(let symbol, let value):
      return [.assign(.name(symbolNames[symbol] ?? ""), value.code(symbolNames))]
        + checkBounds(of: symbol)
    case .require(let value):
      return [
        .branch(.binary("!=", value.code(symbolNames), .integer(0)), [status("BAD_DIMENSION")])
      ]
    case .branch(let access, let yes, let no):
      return [
        .branch(
          .binary("!=", element(access), .integer(0)), yes.flatMap(code),
          otherwise: no.flatMap(code))
      ]
    case .repeat(let counter, let limit, let condition, let body):
      let name = symbolNames[counter] ?? ""
      var test = CExpression.binary("<", .name(name), limit.code(symbolNames))
      if let condition {
        test = .binary("&&", test, .binary("!=", element(condition), .integer(0)))
      }
      return [.loop(name, test, body.flatMap(code))]
    }
  }

  private func call(_ call: KernelFunctions.Call) -> CStatement {
    let written = Set(call.kernel.writtenBuffers)
    return .expression(
      .call(
        call.function,
        call.arguments.map { pointer($0, isWritten: written.contains($0)) }
          + call.symbols.map { .cast("ptrdiff_t", .name(symbolNames[$0] ?? "")) }
          + (call.usesPool ? [.unary("&", .pool)] : [])
          + (call.usesThreads ? [.unary("&", .member(.name("ctx"), "->threads"))] : [])))
  }

  private func element(_ access: Access) -> CExpression {
    .element(pointer(access.buffer, isWritten: false), access.index.constant.code(symbolNames))
  }

  /// Returns an error unless a symbol lies within its bounds.
  func checkBounds(of symbol: String) -> [CStatement] {
    guard let bounds = program.symbols.first(where: { $0.name == symbol }) else { return [] }
    let name = CExpression.name(symbolNames[symbol] ?? "")
    var tests: [CExpression] = []
    if bounds.lower > .min { tests.append(.binary("<", name, .integer(bounds.lower))) }
    if let upper = bounds.upper, upper < .max { tests.append(.binary(">", name, .integer(upper))) }
    guard let first = tests.first else { return [] }
    let test = tests.dropFirst().reduce(first) { .binary("||", $0, $1) }
    return [.branch(test, [status("BAD_DIMENSION")])]
  }
}
