internal import ApusIR
internal import ApusLoops

extension ModelFacts {
  /// The report for people.
  var text: String {
    var lines = ["\(path)", "", "interface"]
    for port in ports {
      let gap = String(repeating: " ", count: max(0, 3 - port.direction.count))
      lines.append("  \(port.direction)\(gap) \(port.name): \(port.type)")
    }
    for symbol in imported.symbols {
      lines.append("  \(symbol.name) is \(symbol.lower)…\(symbol.upper.map(String.init) ?? "")")
    }
    lines += ["", "operators (as imported)"]
    lines += imported.histogram.map { "  \(padded($0.count)) \($0.name)" }
    lines += ["", "parameters     \(grouped(imported.parameterCount))"]
    let operations = imported.multiplyAdds.map(grouped) ?? "depend on open sizes"
    lines.append("multiply-adds  \(operations)")
    lines += [""] + planLines
    if let integers { lines += [""] + integers.lines }
    if showsKernels, let program { lines += [""] + KernelReport(program, target).lines }
    return lines.joined(separator: "\n")
  }

  private func padded(_ value: Int) -> String {
    right(grouped(value), 12)
  }

  private var planLines: [String] {
    guard let program else {
      return ["no memory plan: \(obstacle?.message ?? "")"]
    }
    var lines = ["memory plan for \(target.name), \(program.kernels.count) kernels"]
    lines.append("  arena        \(padded(program.arenaBytes)) bytes")
    lines.append(
      "  lower bound  \(padded(program.liveBytes)) bytes, ratio \(decimal(ratio, places: 3))")
    lines.append("  weights      \(padded(program.constantBytes)) bytes")
    guard !largestBuffers.isEmpty else { return lines }
    lines += ["", "largest temporaries: bytes, offset, first and last kernel, name"]
    for buffer in largestBuffers {
      lines.append(
        "  \(padded(buffer.bytes)) \(padded(buffer.offset))  \(buffer.life.lowerBound)–"
          + "\(buffer.life.upperBound)  \(buffer.name.escapingControls)")
    }
    return lines
  }

  /// How many times the lower bound the arena is.
  var ratio: Double {
    guard let program, program.liveBytes > 0 else { return 1 }
    return Double(program.arenaBytes) / Double(program.liveBytes)
  }

  /// The document for tools, schema version 1.
  var json: JSON {
    .object([
      ("schema", .integer(1)), ("model", .string(path)), ("target", .string(target.name)),
      ("inputs", portsJSON("in")), ("outputs", portsJSON("out")),
      (
        "symbols",
        .array(
          imported.symbols.map {
            .object([
              ("name", .string($0.name)), ("lower", .integer($0.lower)),
              ("upper", $0.upper.map { .integer($0) } ?? .null),
            ])
          })
      ),
      ("operators", .object(imported.histogram.map { ($0.name, .integer($0.count)) })),
      ("parameters", .integer(imported.parameterCount)),
      ("multiply_adds", imported.multiplyAdds.map { .integer($0) } ?? .null),
      ("memory", memoryJSON), ("quantization", integers.map(\.json) ?? .null),
      ("kernels", program.map { KernelReport($0, target).json } ?? .array([])),
    ])
  }

  private func portsJSON(_ direction: String) -> JSON {
    .array(
      ports.filter { $0.direction == direction }.map { port in
        .object([
          ("name", .string(port.name)), ("element", .string(port.type.element.rawValue)),
          (
            "shape",
            .array(
              port.type.shape.dimensions.map { dimension in
                dimension.constant.map { .integer($0) } ?? .string(dimension.description)
              })
          ),
        ])
      })
  }

  private var memoryJSON: JSON {
    guard let program else { return .null }
    return .object([
      ("arena_bytes", .integer(program.arenaBytes)),
      ("lower_bound_bytes", .integer(program.liveBytes)), ("ratio", .number(ratio)),
      ("weight_bytes", .integer(program.constantBytes)),
      (
        "largest_buffers",
        .array(
          largestBuffers.map { buffer in
            .object([
              ("name", .string(buffer.name)), ("bytes", .integer(buffer.bytes)),
              ("offset", .integer(buffer.offset)),
              ("first_kernel", .integer(buffer.life.lowerBound)),
              ("last_kernel", .integer(buffer.life.upperBound)),
            ])
          })
      ),
    ])
  }
}
