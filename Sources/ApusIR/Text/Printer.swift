/// How much of its constants the text form of a graph shows.
public enum ConstantText: Hashable, Sendable {
  /// Up to 64 bytes in hexadecimal, a digest of larger ones.
  case digests
  /// Everything in hexadecimal, for files that must stand alone.
  case full
}

extension Graph {
  /// The text form, which `Graph(parsing:)` reads back.
  ///
  /// Values with a name in the model keep it, the others are numbered in the order of their
  /// definition.
  public var text: String { text(constants: .digests) }

  /// The text form with as much of the constants as asked for.
  public func text(constants: ConstantText) -> String {
    var printer = GraphPrinter(graph: self, constants: constants)
    printer.print(header: "graph @\(name.quotedUnlessPlain)")
    return printer.output
  }
}

/// Writes one graph, and the bodies of its kernels indented below their operation.
struct GraphPrinter {
  let graph: Graph
  let constants: ConstantText
  var indentation = ""
  var output = ""
  private var names: [ValueID: ValueName] = [:]
  private var usedNames: Set<String> = []
  private var count = 0

  init(graph: Graph, constants: ConstantText, indentation: String = "") {
    self.graph = graph
    self.constants = constants
    self.indentation = indentation
  }

  mutating func print(header: String) {
    for input in graph.inputs { define(input) }
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
      let name = symbol.name.quotedUnlessPlain
      return "\(name) = \(symbol.lower)..\(symbol.upper.map(String.init) ?? "")"
    }
    return " where " + bounds.joined(separator: ", ")
  }

  private func name(of value: ValueID) -> String { names[value]?.description ?? "%?" }

  /// Names a value as in the model unless an earlier value has the same name.
  private mutating func define(_ value: ValueID) {
    if let name = graph[value].name, usedNames.insert(name).inserted {
      names[value] = ValueName(text: name, isNumber: false)
    } else {
      names[value] = ValueName(text: String(count), isNumber: true)
      count += 1
    }
  }

  private mutating func print(_ node: Node) {
    for result in node.results { define(result) }
    var attributes = AttributePrinter(constants: constants)
    _ = node.operation.visitingAttributes(&attributes)
    let results = node.results.map { name(of: $0) }.joined(separator: ", ")
    var line = results.isEmpty ? "" : results + " = "
    line += node.operation.mnemonic
    line += node.operands.map { " " + name(of: $0) }.joined(separator: ",")
    if let constant = attributes.constant { line += " " + constant }
    if !attributes.parts.isEmpty { line += " {\(attributes.parts.joined(separator: ", "))}" }
    let types = node.results.map { graph.type(of: $0).description }.joined(separator: ", ")
    if !types.isEmpty { line += " : " + types }
    if !node.origins.isEmpty {
      line += "  @ " + node.origins.map(\.quoted).joined(separator: ", ")
    }
    output += "\(indentation)  \(line)"
    for (place, body) in attributes.bodies.enumerated() {
      if place > 0 { output += "\(indentation) " }
      let word = place == 0 ? "do" : "else"
      var inner = GraphPrinter(
        graph: body, constants: constants, indentation: indentation + "  ")
      inner.print(
        header: body.name.isEmpty ? " \(word) " : " \(word) @\(body.name.quotedUnlessPlain) ")
      output += inner.output
    }
    if attributes.bodies.isEmpty { output += "\n" }
  }
}

/// Collects the attributes that differ from their default as `name = value`.
private struct AttributePrinter: AttributeVisitor {
  let constants: ConstantText
  var parts: [String] = []
  var bodies: [Graph] = []
  var constant: String?

  init(constants: ConstantText) { self.constants = constants }

  private mutating func add(_ name: String, _ text: String) { parts.append("\(name) = \(text)") }

  mutating func visit(_ name: String, _ value: inout Int, default standard: Int?) {
    if value != standard { add(name, String(value)) }
  }
  mutating func visit(_ name: String, _ value: inout [Int], default standard: [Int]?) {
    if value != standard { add(name, "[\(value.map(String.init).joined(separator: ", "))]") }
  }
  mutating func visit(_ name: String, _ value: inout [Dimension], default standard: [Dimension]?) {
    if value != standard { add(name, "[\(value.map(\.description).joined(separator: ", "))]") }
  }
  mutating func visit(_ name: String, _ value: inout Bool, default standard: Bool?) {
    if value != standard { add(name, String(value)) }
  }
  mutating func visit(_ name: String, _ value: inout Double, default standard: Double?) {
    if value != standard { add(name, Literal.float(value).description) }
  }
  mutating func visit(_ name: String, _ value: inout Shape) { add(name, "<\(value)>") }
  mutating func visit(_ name: String, _ value: inout Layout) { add(name, "<\(value)>") }
  mutating func visit(_ name: String, _ value: inout Pointwise) { add(name, value.description) }
  mutating func visit(_ name: String, _ value: inout Graph) { bodies.append(value) }
  mutating func visit(_ name: String, _ value: inout Constant) {
    constant = value.text(constants)
  }
  mutating func visit<Choice: RawRepresentable<String> & CaseIterable>(
    _ name: String, choice value: inout Choice
  ) {
    add(name, value.rawValue)
  }
}

extension Constant {
  /// The name and digest of large data; the bytes in hexadecimal of small data.
  fileprivate func text(_ constants: ConstantText) -> String {
    let symbol = name.isEmpty ? "" : "@\(name.quotedUnlessPlain) "
    guard data.byteCount > 64, constants == .digests else {
      return symbol + "0x" + data.withBytes { $0.hexadecimal }
    }
    let digest = String(data.digest, radix: 16)
    return symbol + "#" + String(repeating: "0", count: 16 - digest.count) + digest
  }
}

extension UnsafeRawBufferPointer {
  /// Two digits for each byte.
  package var hexadecimal: String {
    let digits = Array("0123456789abcdef".utf8)
    var result: [UInt8] = []
    result.reserveCapacity(count * 2)
    for byte in self {
      result.append(digits[Int(byte >> 4)])
      result.append(digits[Int(byte & 15)])
    }
    return String(decoding: result, as: UTF8.self)
  }
}

extension String {
  /// The text itself when it is a plain name, a quoted string otherwise.
  package var quotedUnlessPlain: String {
    utf8.allSatisfy(\.isNameByte) && !isEmpty ? self : quoted
  }

  /// The text as a quoted string.
  var quoted: String { jsonQuoted }
}
