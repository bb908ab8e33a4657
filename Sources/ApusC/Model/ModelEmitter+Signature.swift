internal import ApusIR
internal import ApusLoops

extension ModelEmitter {
  /// The names of all sizes that pass through the interface, in the order of `dims`.
  var interfaceSymbols: [String] { program.inputSymbols + program.outputSymbols }

  /// `NAME_signature` with its tables.
  func printSignature(_ printer: inout CPrinter) {
    printTables("inputs", program.inputs, &printer)
    printTables("outputs", program.outputs, &printer)
    let symbols = interfaceSymbols
    if !symbols.isEmpty {
      let names = symbols.map { "\"\($0.cEscaped)\"" }.joined(separator: ", ")
      printer.line("static const char *const dimension_names[] = {\(names)};")
      let limits = symbols.map { symbol in
        String(program.symbols.first { $0.name == symbol }?.upper ?? 0)
      }
      printer.line(
        "static const int64_t dimension_limits[] = {\(limits.joined(separator: ", "))};")
    }
    func table(_ kind: String, _ ports: [Port]) -> String {
      ports.isEmpty ? "NULL" : "signature_\(kind)"
    }
    printer.line("static const \(name)_signature_t signature = {")
    printer.line(
      "  \(macro)_ABI_VERSION, \(program.inputs.count), \(program.outputs.count), "
        + "\(table("inputs", program.inputs)), \(table("outputs", program.outputs)),")
    printer.line("  \(macro)_ARENA_BYTES, \(macro)_WEIGHT_BYTES, \(macro)_STATE_BYTES,")
    let tables = symbols.isEmpty ? "NULL, NULL" : "dimension_names, dimension_limits"
    printer.line("  \(symbols.count), \(program.inputSymbols.count), \(tables),")
    printer.line("};")
    printer.line()
    printer.line(
      "const \(name)_signature_t *\(name)_signature(void) { return &signature; }")
    printer.line("size_t \(name)_context_bytes(void) { return sizeof(\(name)_context); }")
  }

  /// The shapes of one side, and the names of what is open in them.
  private func printTables(_ kind: String, _ ports: [Port], _ printer: inout CPrinter) {
    for (place, port) in ports.enumerated() where port.type.rank > 0 {
      let dimensions = port.type.shape.dimensions
      let extents = dimensions.map { String($0.constant ?? -1) }.joined(separator: ", ")
      printer.line("static const int64_t \(kind)_shape_\(place)[] = {\(extents)};")
      guard port.type.shape.extents == nil else { continue }
      let names = dimensions.map { $0.constant == nil ? "\"\($0.description.cEscaped)\"" : "NULL" }
      printer.line(
        "static const char *const \(kind)_symbols_\(place)[] = {\(names.joined(separator: ", "))};")
    }
    guard !ports.isEmpty else { return }
    printer.line("static const \(name)_tensor_t signature_\(kind)[] = {")
    for (place, port) in ports.enumerated() {
      let shape = port.type.rank > 0 ? "\(kind)_shape_\(place)" : "NULL"
      let symbols = port.type.shape.extents == nil ? "\(kind)_symbols_\(place)" : "NULL"
      printer.line(
        "  {\"\(port.name.cEscaped)\", \(port.type.element.onnxDataType), \(port.type.rank), "
          + "\(shape), \(symbols)},")
    }
    printer.line("};")
  }
}
