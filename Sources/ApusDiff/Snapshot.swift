private import ApusIR

/// The text of an outline: one line per node, fields apart by tabs.
///
///     apus-snapshot 1
///     in    image    1x1x8x8xf32
///     out   scores   1x10xf32    %1
///     measure  macs  640
///     %0    conv     %in0 #8c5d…:16x1x3x3xf32    pads=[1, 1, 1, 1]    1x16x8x8xf32
///
/// An operation whose two operands may be swapped has `~` before its name. Bodies follow their
/// operation, each from `do` to `end`.
public enum Snapshot {
  /// The first line of every snapshot.
  public static let header = "apus-snapshot 1"

  /// Whether names of nodes are written too.
  public enum Names: Hashable, Sendable { case none, origins }

  /// The snapshot of an outline.
  public static func text(of outline: Outline, names: Names = .none) -> String {
    ([header] + lines(outline, names)).joined(separator: "\n") + "\n"
  }

  private static func lines(_ outline: Outline, _ names: Names) -> [String] {
    var lines = outline.inputs.map { "in\t\($0.name.field)\t\($0.type)" }
    for (port, source) in zip(outline.outputs, outline.results) {
      lines.append("out\t\(port.name.field)\t\(port.type)\t\(text(source, outline))")
    }
    lines += outline.symbols.map { "symbol\t" + $0.withoutControls }
    for (name, value) in outline.measures.sorted(by: { $0.key < $1.key }) {
      lines.append("measure\t\(name)\t\(value)")
    }
    for (place, node) in outline.nodes.enumerated() {
      let operands = node.operands.map { text($0, outline) }.joined(separator: " ")
      let name = (node.isSymmetric ? "~" : "") + node.operation
      var fields = ["%\(place)", name, operands]
      fields += node.attributes.map { "\($0.name)=\($0.value)" }
      fields += node.types.map { ":" + $0 }
      if names == .origins { fields += node.origins.map { "@" + $0.withoutControls } }
      lines.append(fields.joined(separator: "\t"))
      for body in node.bodies { lines += ["do"] + Snapshot.lines(body, names) + ["end"] }
    }
    return lines
  }

  private static func text(_ source: Outline.Source, _ outline: Outline) -> String {
    switch source {
    case .input(let place): return "%in\(place)"
    case .result(let node, let place): return place == 0 ? "%\(node)" : "%\(node).\(place)"
    case .weight(let place):
      let digest = String(outline.weights[place].digest, radix: 16)
      return "#\(digest):\(outline.weights[place].type)"
    }
  }
}

extension String {
  /// The name, never empty, as one field.
  fileprivate var field: String { isEmpty ? "\"\"" : withoutControls }
}

/// Why a text is no snapshot.
public struct SnapshotError: Error, Hashable, Sendable {
  /// The line, from 1.
  public var line: Int
  /// One sentence without a full stop.
  public var message: String
}

extension Outline {
  /// Reads what `Snapshot.text` wrote.
  ///
  /// - Throws: `SnapshotError` at the first line that is malformed.
  public init(snapshot text: String) throws(SnapshotError) {
    var reader = SnapshotReader(text)
    self = try reader.read()
  }
}

/// Reads a snapshot line by line.
private struct SnapshotReader {
  private let lines: [Substring]
  private var next = 0

  init(_ text: String) { lines = text.split(separator: "\n", omittingEmptySubsequences: true) }

  private func failure(_ message: String) -> SnapshotError {
    SnapshotError(line: next, message: message)
  }

  mutating func read() throws(SnapshotError) -> Outline {
    next = 1
    guard lines.first.map(String.init) == Snapshot.header else {
      throw failure("the first line is not \(Snapshot.header)")
    }
    return try outline(depth: 0)
  }

  private mutating func outline(depth: Int) throws(SnapshotError) -> Outline {
    guard depth < 64 else { throw failure("bodies nest too deeply") }
    var result = Outline()
    var outputs: [Substring] = []
    while next < lines.count {
      let fields = lines[next].split(separator: "\t", omittingEmptySubsequences: false)
      next += 1
      switch fields[0] {
      case "in" where fields.count == 3:
        result.inputs.append(port(fields))
      case "out" where fields.count == 4:
        result.outputs.append(port(fields))
        outputs.append(fields[3])
      case "symbol" where fields.count == 2: result.symbols.append(String(fields[1]))
      case "measure" where fields.count == 3:
        guard let value = Int(fields[2]) else { throw failure("a measure is no number") }
        result.measures[String(fields[1])] = value
      case "do":
        guard !result.nodes.isEmpty else { throw failure("a body without an operation") }
        result.nodes[result.nodes.count - 1].bodies.append(try outline(depth: depth + 1))
      case "end" where depth > 0: return try finish(result, outputs)
      case "%\(result.nodes.count)" where fields.count >= 3:
        result.nodes.append(try node(fields, &result))
      default: throw failure("the line is malformed")
      }
    }
    guard depth == 0 else { throw failure("a body has no end") }
    return try finish(result, outputs)
  }

  private func finish(
    _ outline: Outline, _ outputs: [Substring]
  ) throws(SnapshotError) -> Outline {
    var result = outline
    for output in outputs { result.results.append(try source(output, &result)) }
    return result
  }

  private func port(_ fields: [Substring]) -> Outline.Port {
    Outline.Port(name: fields[1] == "\"\"" ? "" : String(fields[1]), type: String(fields[2]))
  }

  private func node(
    _ fields: [Substring], _ outline: inout Outline
  ) throws(SnapshotError) -> Outline.Node {
    var node = Outline.Node(operation: String(fields[1].drop { $0 == "~" }))
    node.isSymmetric = fields[1].hasPrefix("~")
    for text in fields[2].split(separator: " ") { node.operands.append(try source(text, &outline)) }
    for field in fields.dropFirst(3) {
      if field.hasPrefix(":") {
        node.types.append(String(field.dropFirst()))
      } else if field.hasPrefix("@") {
        node.origins.append(String(field.dropFirst()))
      } else if let equals = field.firstIndex(of: "=") {
        node.attributes.append(
          Outline.Attribute(
            name: String(field[..<equals]), value: String(field[field.index(after: equals)...])))
      } else {
        throw failure("a field is malformed")
      }
    }
    return node
  }

  private func source(
    _ text: Substring, _ outline: inout Outline
  ) throws(SnapshotError) -> Outline.Source {
    if text.hasPrefix("%in"), let place = Int(text.dropFirst(3)),
      outline.inputs.indices.contains(place)
    {
      return .input(place)
    }
    if text.hasPrefix("#") {
      let parts = text.dropFirst().split(separator: ":", maxSplits: 1)
      guard parts.count == 2, let digest = UInt64(parts[0], radix: 16) else {
        throw failure("a weight is malformed")
      }
      outline.weights.append(Outline.Weight(type: String(parts[1]), digest: digest))
      return .weight(outline.weights.count - 1)
    }
    let parts = text.dropFirst().split(separator: ".").map { Int($0) }
    guard text.hasPrefix("%"), (1...2).contains(parts.count), let node = parts[0],
      outline.nodes.indices.contains(node), let place = parts.count == 2 ? parts[1] : 0,
      outline.nodes[node].types.indices.contains(place)
    else { throw failure("an operand does not exist") }
    return .result(node: node, place: place)
  }
}
