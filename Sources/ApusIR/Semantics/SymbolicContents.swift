/// What small integer tensors hold, as symbolic extents: shape arithmetic without data.
///
/// Follows the operators that exporters compute shapes with. Values it does not know are absent.
public struct SymbolicContents: Sendable {
  private var contents: [ValueID: [Dimension]] = [:]

  /// Nothing known.
  public init() {}

  /// The elements of a value in row-major order, if they are known.
  public subscript(value: ValueID) -> [Dimension]? {
    get { contents[value] }
    set { contents[value] = newValue }
  }

  /// Notes what the results of a node hold, if that follows from its operands.
  public mutating func visit(_ node: Node, in graph: Graph) {
    guard let result = node.results.first, node.results.count == 1 else { return }
    let type = graph.type(of: result)
    guard [.i64, .i32, .bool].contains(type.element),
      let extents = type.shape.extents, extents.reduce(1, saturatingMultiply) <= 1024
    else { return }
    contents[result] = elements(of: node, extents: extents, in: graph)
  }

  private func elements(of node: Node, extents: [Int], in graph: Graph) -> [Dimension]? {
    switch node.operation {
    case .constant(let constant):
      switch constant.data.type.element {
      case .i64: return constant.data.elements(as: Int64.self).map { Dimension(Int($0)) }
      case .i32: return constant.data.elements(as: Int32.self).map { Dimension(Int($0)) }
      default: return constant.data.elements(as: UInt8.self).map { Dimension(Int($0)) }
      }
    case .extents(let operation): return operation.shape.dimensions
    case .reshape: return contents[node.operands[0]]
    case .map(let map): return mapped(map.function, node, extents, in: graph)
    case .transpose, .broadcast, .slice: return viewed(node, extents, in: graph)
    case .concat(let concat): return joined(concat.axis, node, extents, in: graph)
    case .gather(let gather): return gathered(gather.axis, node, extents, in: graph)
    case .reduce(let reduce): return reduced(reduce, node, in: graph)
    case .pad, .take, .scatter, .sort, .split, .matmul, .blockMatMul, .conv, .pool, .argReduce,
      .cumulate,
      .softmax, .normalize, .lstm, .recurrent, .linearAttention, .relayout, .kernel, .bind, .branch,
      .repeat, .custom:
      return nil
    }
  }

  private func viewed(_ node: Node, _ extents: [Int], in graph: Graph) -> [Dimension]? {
    let type = graph.type(of: node.operands[0])
    guard let source = contents[node.operands[0]], let shape = type.shape.extents,
      case .view(let map) = node.operation.definition.semantics(of: [type])
    else { return nil }
    let offsets = map.axes.compactMap(\.offset.constant)
    let factors = map.axes.map { $0.terms.compactMap(\.coefficient.constant) }
    guard offsets.count == shape.count,
      zip(factors, map.axes).allSatisfy({ $0.count == $1.terms.count })
    else { return nil }
    return coordinates(extents).map { place in
      let indices = map.axes.indices.map { axis in
        zip(map.axes[axis].terms, factors[axis]).reduce(offsets[axis]) {
          $0 + place[$1.0.iterator] * $1.1
        }
      }
      return source[flat(indices, shape)]
    }
  }

  private func joined(
    _ axis: Int, _ node: Node, _ extents: [Int], in graph: Graph
  ) -> [Dimension]? {
    let parts = node.operands.map { contents[$0] }
    let shapes = node.operands.map { graph.type(of: $0).shape.extents ?? [] }
    guard !parts.contains(where: { $0 == nil }) else { return nil }
    return coordinates(extents).map { place in
      var place = place
      var part = 0
      while place[axis] >= shapes[part][axis] {
        place[axis] -= shapes[part][axis]
        part += 1
      }
      return parts[part]?[flat(place, shapes[part])] ?? Dimension(0)
    }
  }

  private func gathered(
    _ axis: Int, _ node: Node, _ extents: [Int], in graph: Graph
  ) -> [Dimension]? {
    guard let data = contents[node.operands[0]], let indices = contents[node.operands[1]],
      let shape = graph.type(of: node.operands[0]).shape.extents,
      let places = graph.type(of: node.operands[1]).shape.extents
    else { return nil }
    var result: [Dimension] = []
    for place in coordinates(extents) {
      let picked = Array(place[axis..<axis + places.count])
      guard var index = indices[flat(picked, places)].constant else { return nil }
      if index < 0 { index += shape[axis] }
      guard (0..<shape[axis]).contains(index) else { return nil }
      let source = place[..<axis] + [index] + place[(axis + places.count)...]
      result.append(data[flat(Array(source), shape)])
    }
    return result
  }

  private func reduced(_ reduce: Reduce, _ node: Node, in graph: Graph) -> [Dimension]? {
    guard let source = contents[node.operands[0]],
      reduce.axes.count == graph.type(of: node.operands[0]).rank, !source.isEmpty
    else { return nil }
    switch reduce.kind {
    case .sum: return [source.reduce(0, +)]
    case .product: return [source.reduce(1, *)]
    case .max: return [source.dropFirst().reduce(source[0], Dimension.maximum)]
    case .min: return [source.dropFirst().reduce(source[0], Dimension.minimum)]
    }
  }

  private func mapped(
    _ function: Pointwise, _ node: Node, _ extents: [Int], in graph: Graph
  ) -> [Dimension]? {
    let sources = node.operands.map { contents[$0] }
    let shapes = node.operands.map { graph.type(of: $0).shape.extents ?? [] }
    guard !sources.contains(where: { $0 == nil }) else { return nil }
    var result: [Dimension] = []
    for place in coordinates(extents) {
      let operands = sources.indices.map { number -> Dimension in
        let shape = shapes[number]
        let aligned = zip(place.suffix(shape.count), shape).map { $1 == 1 ? 0 : $0 }
        return sources[number]?[flat(aligned, shape)] ?? Dimension(0)
      }
      guard let value = function.evaluate(operands) else { return nil }
      result.append(value)
    }
    return result
  }
}

/// All coordinates of a shape in row-major order.
func coordinates(_ extents: [Int]) -> [[Int]] {
  extents.reduce([[]]) { places, extent in
    places.flatMap { place in (0..<extent).map { place + [$0] } }
  }
}

/// The row-major place of coordinates.
func flat(_ place: [Int], _ extents: [Int]) -> Int {
  zip(place, extents).reduce(0) { $0 * $1.1 + $1.0 }
}

extension Pointwise {
  /// The result for symbolic integers; `nil` when a step has no symbolic meaning.
  func evaluate(_ operands: [Dimension]) -> Dimension? {
    var values: [Dimension] = []
    for (step, type) in zip(steps, types) {
      if case .unary(.not, let a) = step, types[a] != .bool { return nil }
      guard type.isInteger || type == .bool || type == .f32 || type == .f64,
        let value = step.evaluate(operands, values)
      else { return nil }
      values.append(value)
    }
    return values.last
  }
}

extension Pointwise.Step {
  fileprivate func evaluate(_ operands: [Dimension], _ values: [Dimension]) -> Dimension? {
    switch self {
    case .operand(let place): operands[place]
    case .literal(.integer(let value), _): Dimension(value)
    case .literal(.float, _): nil
    case .convert(let a, let type): type.isInteger ? values[a] : nil
    case .reinterpret: nil
    case .unary(.negate, let a): Dimension(0) - values[a]
    case .unary(let function, let a): values[a].constant.flatMap { function.evaluate($0) }
    case .binary(.add, let a, let b): values[a] + values[b]
    case .binary(.sub, let a, let b): values[a] - values[b]
    case .binary(.mul, let a, let b): values[a] * values[b]
    case .binary(.div, let a, let b): values[b] == 0 ? nil : values[a] / values[b]
    case .binary(.max, let a, let b): Dimension.maximum(values[a], values[b])
    case .binary(.min, let a, let b): Dimension.minimum(values[a], values[b])
    case .binary(let function, let a, let b):
      values[a].constant.flatMap { x in
        values[b].constant.flatMap { function.evaluate(x, $0) }
      }
    case .compare(.equal, let a, let b): decided(values[a], values[b]).map { $0 ? 1 : 0 }
    case .compare(.notEqual, let a, let b): decided(values[a], values[b]).map { $0 ? 0 : 1 }
    case .compare(let test, let a, let b):
      values[a].constant.flatMap { x in values[b].constant.map { test.holds(x, $0) ? 1 : 0 } }
    case .select(let test, let a, let b):
      values[test].constant.map { $0 != 0 ? values[a] : values[b] }
    }
  }

  /// Whether two extents are equal, when that is the same for all symbols; symbols are positive.
  private func decided(_ a: Dimension, _ b: Dimension) -> Bool? {
    if a == b { return true }
    if a.constant != nil, b.constant != nil { return false }
    if let number = a.constant ?? b.constant, number < 0 { return false }
    return nil
  }
}

extension UnaryFunction {
  /// The result for a truth value or a small integer; `nil` for functions of real numbers.
  fileprivate func evaluate(_ a: Int) -> Dimension? {
    switch self {
    case .not where a == 0 || a == 1: Dimension(1 - a)
    case .absolute where a != .min: Dimension(abs(a))
    case .sign: Dimension(a.signum())
    default: nil
    }
  }
}

extension BinaryFunction {
  /// The result for small integers or truth values.
  fileprivate func evaluate(_ a: Int, _ b: Int) -> Dimension? {
    switch self {
    case .floorMod where b > 0: Dimension((a % b + b) % b)
    case .truncatedMod where b > 0: Dimension(a % b)
    case .and: Dimension(a & b)
    case .or: Dimension(a | b)
    case .xor: Dimension(a ^ b)
    default: nil
    }
  }
}

extension Comparison {
  fileprivate func holds(_ a: Int, _ b: Int) -> Bool {
    switch self {
    case .equal: a == b
    case .notEqual: a != b
    case .less: a < b
    case .lessOrEqual: a <= b
    case .greater: a > b
    case .greaterOrEqual: a >= b
    }
  }
}
