extension Graph {
  /// The text form, which `Graph(parsing:)` reads back.
  ///
  /// Values are numbered in the order of their definition; inputs keep their names.
  public var text: String {
    var printer = GraphPrinter(graph: self)
    printer.print(header: "graph @\(name.quotedUnlessPlain)")
    return printer.output
  }
}

/// Writes one graph, and the bodies of its kernels indented below their operation.
struct GraphPrinter {
  let graph: Graph
  var indentation = ""
  var output = ""
  private var numbers: [ValueID: String] = [:]
  private var constants = ""

  init(graph: Graph, indentation: String = "") {
    self.graph = graph
    self.indentation = indentation
  }

  mutating func print(header: String) {
    for (place, input) in graph.inputs.enumerated() {
      numbers[input] = "%" + (graph[input].name ?? "arg\(place)").quotedUnlessPlain
    }
    let inputs = graph.inputs.map { "\(name(of: $0)): \(graph.type(of: $0))" }
    let outputs = graph.outputs.enumerated().map { place, value in
      let name = place < graph.outputNames.count ? graph.outputNames[place] : "out\(place)"
      return "\(name.quotedUnlessPlain): \(graph.type(of: value))"
    }
    output += "\(header)(\(inputs.joined(separator: ", ")))"
    output += " -> (\(outputs.joined(separator: ", ")))\(symbolBounds) {\n"
    for node in graph.nodes { print(node) }
    let returned = graph.outputs.map { name(of: $0) }.joined(separator: ", ")
    output += "\(indentation)  return\(returned.isEmpty ? "" : " " + returned)\n\(indentation)}\n"
  }

  private var symbolBounds: String {
    if graph.symbols.isEmpty { return "" }
    let bounds = graph.symbols.map { symbol in
      "\(symbol.name) = \(symbol.lower)..\(symbol.upper.map(String.init) ?? "")"
    }
    return " where " + bounds.joined(separator: ", ")
  }

  private func name(of value: ValueID) -> String { numbers[value] ?? "%?" }

  private mutating func print(_ node: Node) {
    for result in node.results { numbers[result] = "%\(numbers.count - graph.inputs.count)" }
    let results = node.results.map { name(of: $0) }.joined(separator: ", ")
    let operands = node.operands.map { " " + name(of: $0) }.joined(separator: ",")
    let types = node.results.map { graph.type(of: $0).description }.joined(separator: ", ")
    var attributes = AttributePrinter()
    _ = node.operation.visitingAttributes(&attributes)
    let braces =
      attributes.parts.isEmpty ? "" : " {\(attributes.parts.joined(separator: ", "))}"
    output += "\(indentation)  \(results) = \(node.operation.mnemonic)\(operands)\(braces)"
    output += " : \(types)"
    if !node.origins.isEmpty {
      output += "  @ " + node.origins.map(\.quoted).joined(separator: ", ")
    }
    if let body = attributes.body {
      var inner = GraphPrinter(graph: body, indentation: indentation + "  ")
      inner.print(header: " do ")
      output += inner.output
    } else {
      output += "\n"
    }
  }
}

/// Collects the attributes that differ from their default as `name = value`.
private struct AttributePrinter: AttributeVisitor {
  var parts: [String] = []
  var body: Graph?

  private mutating func add(_ name: String, _ text: String) { parts.append("\(name) = \(text)") }

  mutating func visit(_ name: String, _ value: inout Int, default standard: Int?) {
    if value != standard { add(name, String(value)) }
  }
  mutating func visit(_ name: String, _ value: inout [Int], default standard: [Int]?) {
    if value != standard { add(name, "[\(value.map(String.init).joined(separator: ", "))]") }
  }
  mutating func visit(_ name: String, _ value: inout Bool, default standard: Bool?) {
    if value != standard { add(name, String(value)) }
  }
  mutating func visit(_ name: String, _ value: inout Double, default standard: Double?) {
    if value != standard { add(name, "\(value)") }
  }
  mutating func visit(_ name: String, _ value: inout Shape) { add(name, "<\(value)>") }
  mutating func visit(_ name: String, _ value: inout Layout) { add(name, "<\(value)>") }
  mutating func visit(_ name: String, _ value: inout Pointwise) { add(name, value.description) }
  mutating func visit(_ name: String, _ value: inout Graph) { body = value }
  mutating func visit(_ name: String, _ value: inout Constant) { parts.append(value.text) }
  mutating func visit<Choice: RawRepresentable<String> & CaseIterable>(
    _ name: String, choice value: inout Choice
  ) {
    add(name, value.rawValue)
  }
}

extension Constant {
  /// The name and digest of large data; the bytes in hexadecimal of small data.
  fileprivate var text: String {
    let symbol = name.isEmpty ? "" : "@\(name.quotedUnlessPlain) "
    guard data.byteCount > 64 else {
      return symbol + "0x" + data.withBytes { $0.map(\.hexadecimal).joined() }
    }
    let digest = String(data.digest, radix: 16)
    return symbol + "#" + String(repeating: "0", count: 16 - digest.count) + digest
  }
}

extension UInt8 {
  fileprivate var hexadecimal: String { (self < 16 ? "0" : "") + String(self, radix: 16) }
}

extension String {
  /// The text itself when it is a plain name, a quoted string otherwise.
  var quotedUnlessPlain: String {
    let isPlain = unicodeScalars.allSatisfy { scalar in
      scalar.isASCII
        && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar)
          || "_.".unicodeScalars.contains(scalar))
    }
    return isPlain && !isEmpty ? self : quoted
  }

  /// The text as a quoted string.
  var quoted: String { jsonQuoted }
}
