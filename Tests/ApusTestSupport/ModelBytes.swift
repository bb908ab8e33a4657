/// ONNX models written byte by byte, for tests of what the importer and the compiler refuse.
package struct ModelBytes: Sendable {
  /// A tensor that a node reads.
  package enum Operand: Sendable {
    /// A graph input of reals.
    case input([Int])
    /// A graph input of an element type, with symbols where an extent is a name.
    case typed(Int, [String])
    /// An initializer of whole numbers (int64) of one axis.
    case integers([Int])
    /// An initializer of one whole number without axes.
    case integer(Int)
    /// An initializer of reals, all 1.
    case reals([Int])
    /// An operand that is left out.
    case absent
  }

  package var nodes: [Proto] = []
  package var inputs: [Proto] = []
  package var outputs: [Proto] = []
  package var initializers: [Proto] = []
  /// Fields of the graph in addition.
  package var extra = Proto()
  package var version = 8
  package var opsets: [(domain: String, version: Int)] = [("", 17)]

  /// A model without anything.
  package init() {}

  /// A model of one node `n` whose operands are named `x0`, `x1`, … and whose results `y`, `y1`, ….
  package init(
    _ operatorType: String, _ operands: [Operand], _ attributes: [Proto] = [], opset: Int = 17,
    results: Int = 1, element: Int = 1
  ) {
    opsets = [("", opset)]
    var names: [String] = []
    for (place, operand) in operands.enumerated() {
      let name = "x\(place)"
      names.append(name)
      switch operand {
      case .input(let extents): inputs.append(Self.value(name, 1, extents.map(String.init)))
      case .typed(let code, let extents): inputs.append(Self.value(name, code, extents))
      case .integers(let values):
        initializers.append(Self.tensor(name, 7, [values.count]).packed(7, values))
      case .integer(let value): initializers.append(Self.tensor(name, 7, []).packed(7, [value]))
      case .reals(let extents):
        let one: [UInt8] = [0, 0, 128, 63]
        let bytes = (0..<extents.reduce(1, *)).flatMap { _ in one }
        initializers.append(Self.tensor(name, 1, extents).data(9, bytes))
      case .absent: names[place] = ""
      }
    }
    let outputs = (0..<results).map { $0 == 0 ? "y" : "y\($0)" }
    nodes = [Self.node(operatorType, names, outputs, attributes)]
    self.outputs = outputs.map { Self.value($0, element, nil) }
  }

  /// The bytes of the file.
  package var bytes: [UInt8] {
    var graph = nodes.reduce(Proto()) { $0.message(1, $1) }.text(2, "g")
    for initializer in initializers { graph = graph.message(5, initializer) }
    for input in inputs { graph = graph.message(11, input) }
    for output in outputs { graph = graph.message(12, output) }
    let head = Proto().int(1, version).message(7, Proto(bytes: graph.bytes + extra.bytes))
    return opsets.reduce(head) { $0.message(8, Proto().text(1, $1.domain).int(2, $1.version)) }
      .bytes
  }
}

extension ModelBytes {
  /// A node named `n`.
  package static func node(
    _ operatorType: String, _ inputs: [String], _ outputs: [String], _ attributes: [Proto] = [],
    name: String = "n"
  ) -> Proto {
    var node = inputs.reduce(Proto()) { $0.text(1, $1) }
    for output in outputs { node = node.text(2, output) }
    return attributes.reduce(node.text(3, name).text(4, operatorType)) { $0.message(5, $1) }
  }

  /// A graph input or output; no shape without extents.
  package static func value(_ name: String, _ code: Int, _ extents: [String]?) -> Proto {
    var tensor = Proto().int(1, code)
    if let extents {
      let shape = extents.reduce(Proto()) { shape, extent in
        shape.message(1, Int(extent).map { Proto().int(1, $0) } ?? Proto().text(2, extent))
      }
      tensor = tensor.message(2, shape)
    }
    return Proto().text(1, name).message(2, Proto().message(1, tensor))
  }

  /// The head of an initializer.
  package static func tensor(_ name: String, _ code: Int, _ extents: [Int]) -> Proto {
    extents.reduce(Proto()) { $0.int(1, $1) }.int(2, code).text(8, name)
  }

  /// An attribute of one whole number.
  package static func int(_ name: String, _ value: Int) -> Proto {
    Proto().text(1, name).int(20, 2).int(3, value)
  }

  /// An attribute of whole numbers.
  package static func ints(_ name: String, _ values: [Int]) -> Proto {
    values.reduce(Proto().text(1, name).int(20, 7)) { $0.int(8, $1) }
  }

  /// An attribute of text.
  package static func string(_ name: String, _ value: String) -> Proto {
    Proto().text(1, name).int(20, 3).text(4, value)
  }
}
