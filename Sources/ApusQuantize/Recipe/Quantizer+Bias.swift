internal import ApusIR

extension Quantizer {
  /// Notes for each product with constant weights what its channels lack on average, when it reads
  /// what the model of real numbers gives it (fast bias correction, as in NNCF).
  func correctBiases(
    _ recipe: inout QuantizationRecipe, _ samples: [CalibrationSample]
  ) throws(DiagnosticError) {
    let weights = try weights(recipe)
    // Rounding at run time has no mean error that is known before.
    let products = weights.storedProducts.filter { weights.format(of: $0) != .dynamic }
    var probe = graph
    var sums: [ValueID] = []
    do throws(OperatorError) {
      for product in products { sums.append(try probe.addError(of: product, weights)) }
    } catch {
      throw DiagnosticError(Diagnostic(.unsupported, id: error.id, error.message))
    }
    // Sums over everything but channels, and how many numbers each is of.
    var totals = products.map { _ in [Double]() }
    var counts = products.map { _ in 0.0 }
    let observer = try Observer(
      probe, watching: sums + products.map { $0.operands[0] }, samples)
    for sample in samples {
      let values = try observer.values(sample)
      for place in products.indices {
        let numbers = values[place].elements(as: Float.self).map { Double($0) }
        if totals[place].isEmpty { totals[place] = numbers.map { _ in 0 } }
        totals[place] = zip(totals[place], numbers).map(+)
        counts[place] += graph.resultCount(products[place], values[products.count + place].type)
      }
    }
    for (place, product) in products.enumerated() {
      guard let layer = recipe.layers.firstIndex(where: { $0.name == names[product.id] }) else {
        continue
      }
      let count = counts[place] / Double(max(totals[place].count, 1))
      recipe.layers[layer].correction = totals[place].map { Float($0 / max(count, 1)) }
    }
  }
}

extension Graph {
  /// Adds what a product of stored numbers lacks, summed up by channel.
  fileprivate mutating func addError(
    of product: Node, _ weights: ProductWeights
  ) throws(OperatorError) -> ValueID {
    var operand = product.operands[0]
    if let parameters = weights.inputParameters(of: product) {
      operand = try stored(operand, as: parameters, name: "")
    }
    guard let integers = try storedWeights(of: product, weights, name: "") else {
      throw OperatorError("a product without constant weights", id: "recipe-model")
    }
    let result = try add(product.operation, [operand, integers])
    let error = try map([product.results[0], result], .operand(0) - .operand(1))
    let rank = type(of: error).rank
    let channels = if case .conv = product.operation { 1 } else { rank - 1 }
    let sum = try add(
      .reduce(Reduce(.sum, axes: (0..<rank).filter { $0 != channels })), [error])
    return try reshape(sum, to: Shape([type(of: error).shape[channels]]))
  }

  /// The numbers that a product makes of an operand of a type.
  fileprivate func resultCount(_ product: Node, _ type: TensorType) -> Double {
    let types = try? product.operation.definition.resultTypes(
      of: [type, self.type(of: product.operands[1])])
    return Double(types?.first?.shape.elementCount.constant ?? 0)
  }
}
