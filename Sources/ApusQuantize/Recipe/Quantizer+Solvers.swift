internal import ApusIR

extension Quantizer {
  /// The most bytes of products of inputs that are held at a time.
  private static let solverBytes = 256 << 20

  /// What rounding of matrices learns from the data: how their inputs go together.
  func learnedSolvers(
    _ samples: [CalibrationSample]
  ) throws(DiagnosticError) -> [NodeID: ErrorSolver] {
    var rest = graph.nodes.filter { node in
      guard case .matmul = node.operation,
        let type = graph.constant(node.operands[1])?.type
      else { return false }
      return type.rank == 2 && type.element == .f32
    }[...]
    var result: [NodeID: ErrorSolver] = [:]
    while !rest.isEmpty {
      var (bytes, group) = (0, [Node]())
      while let node = rest.first {
        let rows = graph.type(of: node.operands[1]).shape[0].constant ?? 0
        bytes += rows * rows * 4
        if bytes > Self.solverBytes, !group.isEmpty { break }
        group.append(rest.removeFirst())
      }
      result.merge(try solvers(of: group, samples)) { first, _ in first }
    }
    return result
  }

  private func solvers(
    of products: [Node], _ samples: [CalibrationSample]
  ) throws(DiagnosticError) -> [NodeID: ErrorSolver] {
    var probe = graph
    var outputs: [ValueID] = []
    do throws(OperatorError) {
      for product in products { outputs.append(try probe.addProducts(of: product.operands[0])) }
    } catch {
      throw DiagnosticError(Diagnostic(.unsupported, id: error.id, error.message))
    }
    let observer = try Observer(probe, watching: outputs, samples)
    var sums = products.map { _ in [Double]() }
    for sample in samples {
      for (place, data) in try observer.values(sample).enumerated() {
        let numbers = data.elements(as: Float.self)
        if sums[place].isEmpty { sums[place] = numbers.map { _ in 0 } }
        for index in numbers.indices { sums[place][index] += Double(numbers[index]) }
      }
    }
    var result: [NodeID: ErrorSolver] = [:]
    for (product, sum) in zip(products, sums) {
      let rows = graph.type(of: product.operands[1]).shape[0].constant ?? 0
      result[product.id] = ErrorSolver(sum, count: rows)
    }
    return result
  }
}

extension Graph {
  /// Adds the products of the columns of a tensor with each other: `[…, K]` to `[K, K]`.
  fileprivate mutating func addProducts(of value: ValueID) throws(OperatorError) -> ValueID {
    let shape = type(of: value).shape
    let columns = shape[shape.rank - 1]
    let rows = shape.dimensions.dropLast().reduce(Dimension(1), *)
    let matrix = try reshape(value, to: Shape([rows, columns]))
    return try add(.matmul(MatMul()), [try transpose(matrix, [1, 0]), matrix])
  }
}
