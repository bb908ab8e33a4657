public import ApusIR

/// What the caller of a compiled model sees: ports, and the sizes that pass in and out.
public struct ProgramInterface: Sendable {
  /// The inputs in order.
  public var inputs: [Port]
  /// The outputs in order.
  public var outputs: [Port]
  /// The symbols of the ports' shapes: those of the inputs first.
  public var symbols: [SymbolBounds]
  /// How many of the symbols the caller gives.
  public var givenCount: Int

  /// An interface from its parts.
  public init(inputs: [Port], outputs: [Port], symbols: [SymbolBounds] = [], givenCount: Int = 0) {
    self.inputs = inputs
    self.outputs = outputs
    self.symbols = symbols
    self.givenCount = givenCount
  }

  /// The interface of a program.
  public init(_ program: Program) {
    let given = program.inputSymbols
    let names = given + program.outputSymbols
    self.init(
      inputs: program.inputs, outputs: program.outputs,
      symbols: names.map { name in
        program.symbols.first { $0.name == name } ?? SymbolBounds(name: name)
      }, givenCount: given.count)
  }

  /// The sizes for a run on tensors of given types: what the inputs have, 0 for the others.
  ///
  /// - Throws: `input-count`, `input-type` when the tensors are not what the interface asks for.
  public func sizes(for types: [TensorType]) throws(DiagnosticError) -> [Int64] {
    guard types.count == inputs.count else {
      throw failure("input-count", "\(types.count) inputs given, \(inputs.count) expected")
    }
    var values: [String: Dimension] = [:]
    for (type, port) in zip(types, inputs) {
      for (given, wanted) in zip(type.shape.dimensions, port.type.shape.dimensions) {
        guard wanted.constant == nil, wanted == .symbol(wanted.symbols[0]) else { continue }
        values[wanted.symbols[0]] = values[wanted.symbols[0]] ?? given
      }
      guard type.element == port.type.element, type.layout == .rowMajor,
        type.shape == port.type.shape.substituting(values)
      else {
        throw failure("input-type", "input \(port.name) must be \(port.type), not \(type)")
      }
    }
    var sizes: [Int64] = []
    for (place, symbol) in symbols.enumerated() {
      let size = place < givenCount ? values[symbol.name]?.constant ?? 0 : 0
      guard place >= givenCount || (symbol.lower...(symbol.upper ?? .max)).contains(size) else {
        throw failure(
          "input-size",
          "\(symbol.name) is \(size), but compiled for \(symbol.lower)..\(symbol.upper ?? .max)")
      }
      sizes.append(Int64(size))
    }
    return sizes
  }

  /// The type of a port once all sizes are known.
  public func type(of port: Port, sizes: [Int64]) -> TensorType {
    guard port.type.shape.extents == nil else { return port.type }
    var values: [String: Dimension] = [:]
    for (symbol, size) in zip(symbols, sizes) { values[symbol.name] = Dimension(Int(size)) }
    var type = port.type
    type.shape = type.shape.substituting(values)
    return type
  }

  /// The bytes that a port may need: with all symbols at their bounds.
  public func byteCapacity(of port: Port) -> Int {
    var ranges: [String: ClosedRange<Int>] = [:]
    for symbol in symbols {
      if let upper = symbol.upper { ranges[symbol.name] = min(symbol.lower, upper)...upper }
    }
    let most = port.type.shape.elementCount.range { ranges[$0] }?.upperBound ?? 0
    return port.type.element.byteCount(of: max(most, 0)) ?? 0
  }

  /// What a run throws whose strings do not fit.
  package static var noRoomForStrings: DiagnosticError {
    DiagnosticError(
      Diagnostic(
        .limitExceeded, id: "string-room", "the strings of this run need more room",
        help: "compile with a larger --string-bytes"))
  }

  private func failure(_ id: String, _ message: String) -> DiagnosticError {
    DiagnosticError(Diagnostic(.usage, id: id, message))
  }
}
