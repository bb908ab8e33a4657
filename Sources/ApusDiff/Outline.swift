public import ApusIR

/// A model reduced to what a comparison looks at.
///
/// Nodes stand in the order in which a walk from the outputs finishes them, so neither their names
/// nor their order in the file leave a trace. Constants are weights of the nodes that read them.
public struct Outline: Hashable, Sendable {
  /// An input or output.
  public struct Port: Hashable, Sendable {
    /// The name in the model.
    public var name: String
    /// The type, such as `Nx3x224x224xf32`.
    public var type: String
  }

  /// Where an operand or output comes from.
  public enum Source: Hashable, Sendable {
    /// An input by place.
    case input(Int)
    /// A result of a node by place.
    case result(node: Int, place: Int)
    /// A weight by place.
    case weight(Int)
  }

  /// Something that a picture shows, by place.
  public enum Spot: Hashable, Sendable {
    /// An input.
    case input(Int)
    /// An operation.
    case node(Int)
    /// An output.
    case output(Int)
  }

  /// An attribute that differs from its default.
  public struct Attribute: Hashable, Sendable {
    /// The name in the text form.
    public var name: String
    /// The value in the text form.
    public var value: String
  }

  /// An operation.
  public struct Node: Hashable, Sendable {
    /// The mnemonic of the operator.
    public var operation: String
    /// Whether the two operands may be swapped.
    public var isSymmetric = false
    /// What differs from the defaults.
    public var attributes: [Attribute] = []
    /// What is read.
    public var operands: [Source] = []
    /// The types of the results.
    public var types: [String] = []
    /// The nodes of the imported model it comes from.
    public var origins: [String] = []
    /// The graphs that the operation runs.
    public var bodies: [Outline] = []
  }

  /// A constant tensor.
  public struct Weight: Hashable, Sendable {
    /// The type, such as `64x3x7x7xf32`.
    public var type: String
    /// The digest of the bytes.
    public var digest: UInt64
    /// The name in the model; may be empty.
    public var name = ""
    /// The elements, unless the outline comes from a snapshot.
    public var data: TensorData?
  }

  /// The name of the model.
  public var name = ""
  /// What the writer of the model noted; `nil` where that is not known.
  public var metadata: [String: String]?
  /// What comes in.
  public var inputs: [Port] = []
  /// What goes out.
  public var outputs: [Port] = []
  /// Where each output comes from.
  public var results: [Source] = []
  /// The bounds of symbolic dimensions, such as `N = 1..`.
  public var symbols: [String] = []
  /// The operations.
  public var nodes: [Node] = []
  /// The constants that nodes and outputs read.
  public var weights: [Weight] = []
  /// What others measured, such as `macs`, by name.
  public var measures: [String: Int] = [:]
}

extension Outline {
  /// The place among the new ports that stands for each old one: by name, or by place where as many
  /// ports have other names.
  static func partners(_ old: [Port], _ new: [Port]) -> [Int?] {
    if old.count == new.count, Set(old.map(\.name)) != Set(new.map(\.name)) {
      return Array(new.indices)
    }
    let places = Dictionary(new.enumerated().map { ($1.name, $0) }) { first, _ in first }
    return old.map { places[$0.name] }
  }
}

extension Outline.Node {
  /// The operator as people name it: the formula of a map without its numbers and types, a
  /// reduction with what it computes.
  public var kind: String {
    guard operation == "map", let formula = attributes.first(where: { $0.name == "f" }) else {
      let isFamily = ["reduce", "pool", "arg_reduce", "cumulate"].contains(operation)
      let member = isFamily ? attributes.first { $0.name == "kind" } : nil
      return member.map { "\(operation) \($0.value)" } ?? operation
    }
    let body = formula.value.firstRange(of: ") ").map { formula.value[$0.upperBound...] }
    return "map " + String(body ?? formula.value[...]).withoutLiterals
  }
}

extension String {
  /// A formula with `_` for each literal such as `0.5:f32`.
  var withoutLiterals: String {
    var result: [UInt8] = []
    var word = 0
    var isType = false
    for byte in utf8 {
      if byte == UInt8(ascii: ":") {
        result.replaceSubrange(word..., with: [UInt8(ascii: "_")])
        isType = true
      }
      if " (),;".utf8.contains(byte) {
        isType = false
        word = result.count + 1
      }
      if !isType { result.append(byte) }
    }
    return String(decoding: result, as: UTF8.self)
  }

  /// The element type at the end of a type's text.
  var elementName: Substring {
    let end = utf8.firstIndex(of: UInt8(ascii: ",")) ?? endIndex
    let cross = utf8[..<end].lastIndex(of: UInt8(ascii: "x"))
    return self[(cross.map(utf8.index(after:)) ?? startIndex)..<end]
  }

  /// The number of elements of a type's text; `nil` with symbols.
  var elementCount: Int? {
    var count = 1
    for part in prefix(while: { $0 != "," }).split(separator: "x").dropLast() {
      guard let extent = Int(part) else { return nil }
      let (product, overflow) = count.multipliedReportingOverflow(by: extent)
      guard !overflow, product >= 0 else { return nil }
      count = product
    }
    return count
  }
}
