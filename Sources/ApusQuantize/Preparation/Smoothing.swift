public import ApusIR
internal import Foundation

extension Quantizer {
  /// Moves a part of the range of what matrices are multiplied with into the matrices, channel by
  /// channel: outliers of activations become larger weights (SmoothQuant, Xiao and others 2023).
  ///
  /// `share` is how much moves, from 0 to 1.
  ///
  /// - Throws: `calibration-…` for samples that are of no use.
  public mutating func smooth(
    _ share: Double, _ samples: [CalibrationSample]
  ) throws(DiagnosticError) {
    try samples.check(for: graph)
    let groups = graph.smoothableProducts()
    let operands = groups.map(\.operand)
    guard !operands.isEmpty else { return }
    let observer = try Observer(graph, watching: operands, samples)
    var ranges = operands.map { value in
      [Float](repeating: 0, count: graph.type(of: value).shape.dimensions.last?.constant ?? 0)
    }
    for sample in samples {
      for (place, data) in try observer.values(sample).enumerated() {
        let width = ranges[place].count
        for (index, number) in data.elements(as: Float.self).enumerated() {
          ranges[place][index % width] = max(ranges[place][index % width], abs(number))
        }
      }
    }
    var factors: [ValueID: [Float]] = [:]
    for (group, range) in zip(groups, ranges) {
      factors[group.operand] = graph.factors(range, group.weights, share)
    }
    do {
      replaceGraph(try graph.smoothed(factors), samples.digest)
    } catch {
      throw DiagnosticError(Diagnostic(.unsupported, id: error.id, error.message))
    }
  }
}

extension Graph {
  /// Values that only matrices with constants of their own multiply, with these constants.
  fileprivate func smoothableProducts() -> [(operand: ValueID, weights: [ValueID])] {
    let readers = readers()
    let uses = useCounts()
    var result: [(ValueID, [ValueID])] = []
    for node in nodes {
      guard case .matmul = node.operation, !result.contains(where: { $0.0 == node.operands[0] })
      else { continue }
      let products = (readers[node.operands[0]] ?? []).filter { reader in
        guard case .matmul = reader.operation, reader.operands[0] == node.operands[0] else {
          return false
        }
        return constant(reader.operands[1])?.type.element == .f32
          && type(of: reader.operands[1]).rank == 2 && uses[reader.operands[1]] == 1
      }
      if !products.isEmpty, constant(node.operands[0]) == nil {
        result.append((node.operands[0], products.map { $0.operands[1] }))
      }
    }
    return result
  }

  /// What each channel is divided by.
  fileprivate func factors(
    _ range: [Float], _ weights: [ValueID], _ share: Double
  ) -> [Float] {
    var largest = [Float](repeating: 0, count: range.count)
    for value in weights {
      let columns = type(of: value).shape[1].constant ?? 1
      for (place, number) in (constant(value)?.elements(as: Float.self) ?? []).enumerated() {
        largest[place / columns] = max(largest[place / columns], abs(number))
      }
    }
    return zip(range, largest).map { range, largest in
      let factor = Float(pow(Double(range), share) / pow(Double(largest), 1 - share))
      return factor.isNormal ? min(max(factor, 1e-4), 1e4) : 1
    }
  }

  /// The graph with values divided by factors along their last axis, and the rows of the matrices
  /// that they are multiplied with grown by them.
  fileprivate func smoothed(_ factors: [ValueID: [Float]]) throws(OperatorError) -> Graph {
    var failure: OperatorError?
    var divided: [ValueID: ValueID] = [:]
    let result = rebuilt { node, result in
      let old = self[node.id]
      guard case .matmul = node.operation, let factors = factors[old.operands[0]],
        let data = constant(old.operands[1]), data.type.rank == 2
      else { return result.copy(node, typed: node.results.map { type(of: $0) }) }
      do throws(OperatorError) {
        var operand = divided[old.operands[0]]
        if operand == nil {
          let inverse = result.constant(
            TensorData(.f32, [factors.count], factors.map { 1 / $0 }), name: "smoothing")
          operand = try result.map(
            [node.operands[0], inverse], .operand(0) * .operand(1), origins: node.origins)
          divided[old.operands[0]] = operand
        }
        let columns = type(of: old.operands[1]).shape[1].constant ?? 1
        let numbers = data.elements(as: Float.self).enumerated().map {
          $0.element * factors[$0.offset / columns]
        }
        let weights = result.constant(
          TensorData(.f32, data.type.shape.extents ?? [], numbers),
          name: constantName(old.operands[1]))
        return result.append(
          node.operation, [operand ?? node.operands[0], weights],
          typed: node.results.map { type(of: $0) }, origins: node.origins)
      } catch {
        failure = failure ?? error
        return result.copy(node, typed: node.results.map { type(of: $0) })
      }
    }
    if let failure { throw failure }
    return result.withoutDeadNodes()
  }
}
