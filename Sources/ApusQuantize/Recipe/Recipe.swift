public import ApusIR

/// Every decision about a quantized model, from which it is made again byte for byte.
public struct QuantizationRecipe: Sendable {
  /// A tensor that is stored as integers.
  public struct Activation: Hashable, Sendable {
    /// The name of the value, or `#` and its place.
    public var value: String
    /// How it is stored.
    public var parameters: AffineParameters

    /// A stored tensor.
    public init(value: String, parameters: AffineParameters) {
      (self.value, self.parameters) = (value, parameters)
    }
  }

  /// A convolution or matrix product.
  public struct Layer: Hashable, Sendable {
    /// The name of its node.
    public var name: String
    /// How it computes.
    public var format: LayerFormat
    /// What is added to each channel to make up for the mean error; empty for nothing.
    public var correction: [Float]

    /// A layer.
    public init(name: String, format: LayerFormat, correction: [Float] = []) {
      (self.name, self.format, self.correction) = (name, format, correction)
    }
  }

  /// A digest of the model that the recipe is for.
  public var model: UInt64
  /// What was asked for.
  public var options: QuantizationOptions
  /// The stored tensors, in the order of the graph.
  public var activations: [Activation] = []
  /// All products with constant weights or two stored operands, in the order of the graph.
  public var layers: [Layer] = []
  /// A digest of the calibration data, where the model cannot be made without.
  public var data: UInt64?

  /// A recipe.
  public init(model: UInt64, options: QuantizationOptions) {
    (self.model, self.options) = (model, options)
  }
}

extension Graph {
  /// Unique names of the products of real numbers, by the nodes of the model that they come from.
  func productNames() -> [NodeID: String] {
    var names: [NodeID: String] = [:]
    var taken: Set<String> = []
    for (place, node) in nodes.enumerated() where node.operation.isProduct {
      guard node.operands.allSatisfy({ type(of: $0).element == .f32 }) else { continue }
      let origin = node.origins.last ?? ""
      var name = origin.contains(" ") ? origin.nodeName : "#\(place)"
      while !taken.insert(name).inserted { name += "#\(place)" }
      names[node.id] = name
    }
    return names
  }

  /// The names of products by the names of all nodes that they come from.
  func productOrigins(_ names: [NodeID: String]) -> [String: String] {
    let pairs = nodes.flatMap { node in
      names[node.id].map { name in ([name] + node.origins.map(\.nodeName)).map { ($0, name) } }
        ?? []
    }
    return Dictionary(pairs, uniquingKeysWith: { first, _ in first })
  }

  /// Unique names of all values: those of the model, or `#` and the place of the node.
  func valueNames() -> [ValueID: String] {
    var names: [ValueID: String] = [:]
    var taken: Set<String> = []
    func note(_ value: ValueID, _ place: String) {
      if let name = self[value].name, !name.isEmpty, taken.insert(name).inserted {
        names[value] = name
      } else {
        names[value] = "#" + place
      }
    }
    for (place, input) in inputs.enumerated() { note(input, "input\(place)") }
    for (place, node) in nodes.enumerated() {
      for (number, value) in node.results.enumerated() { note(value, "\(place).\(number)") }
    }
    return names
  }

  /// A digest of what the graph computes.
  public var quantizationDigest: UInt64 {
    text(constants: .digests).utf8.reduce(0xcbf2_9ce4_8422_2325) {
      ($0 ^ UInt64($1)) &* 0x100_0000_01b3
    }
  }
}

extension String {
  /// The name of a node in an origin such as `Conv layer1/conv`.
  var nodeName: String {
    firstIndex(of: " ").map { String(self[index(after: $0)...]) } ?? self
  }
}
