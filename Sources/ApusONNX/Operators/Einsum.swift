internal import ApusIR

private let x = Scalar.operand(0)

extension OperatorRule {
  /// Sums of products that a formula of letters names.
  static let einsum: [OperatorRule] = [
    OperatorRule("Einsum") { node throws(ImportFailure) in
      let operands = try node.allOperands()
      let ranks = operands.map { node.type(of: $0).rank }
      let equation = try EinsumEquation(try node.text("equation", default: ""), ranks: ranks)
      var extents: [Int: Dimension] = [:]
      for (operand, labels) in zip(operands, equation.inputs) {
        for (label, extent) in zip(labels, node.type(of: operand).shape.dimensions) {
          guard let known = extents[label], known != 1 else {
            extents[label] = extent
            continue
          }
          guard extent == known || extent == 1 else {
            throw .invalid("einsum-extent", "extents \(known) and \(extent) share one letter")
          }
        }
      }
      var terms: [EinsumTerm] = []
      for (operand, labels) in zip(operands, equation.inputs) {
        terms.append(try node.diagonal(operand, labels, extents))
      }
      var sum = terms[0]
      for (place, term) in terms.enumerated().dropFirst() {
        let later = terms[(place + 1)...].flatMap(\.labels) + equation.output
        sum = try node.product(sum, term, keeping: Set(later), extents)
      }
      sum = try node.summed(sum, keeping: Set(equation.output))
      guard Set(equation.output) == Set(sum.labels), sum.labels.count == equation.output.count
      else { throw .invalid("einsum-output", "the result names a letter twice or a new one") }
      let order = equation.output.map { sum.labels.firstIndex(of: $0) ?? 0 }
      let result = try node.transpose(sum.value, order)
      return [result == operands[0] ? try node.map([result], x) : result]
    }
  ]
}

/// A tensor whose axes have labels, each once.
private struct EinsumTerm {
  var value: ValueID
  var labels: [Int]
}

/// The labels of the axes of operands and result; those of an ellipsis are negative.
private struct EinsumEquation {
  private(set) var inputs: [[Int]] = []
  private(set) var output: [Int] = []

  init(_ text: String, ranks: [Int]) throws(ImportFailure) {
    let plain = text.filter { $0 != " " }
    let arrow = plain.firstRange(of: "->")
    let left = arrow.map { plain[..<$0.lowerBound] } ?? plain[...]
    let parts = left.split(separator: ",", omittingEmptySubsequences: false)
    guard parts.count == ranks.count else {
      throw .invalid("einsum-operands", "\(parts.count) terms for \(ranks.count) operands")
    }
    var widest = 0
    for (part, rank) in zip(parts, ranks) {
      let labels = try Self.labels(part, rank: rank)
      widest = max(widest, labels.count { $0 < 0 })
      inputs.append(labels)
    }
    if let arrow {
      let right = plain[arrow.upperBound...]
      let named = right.filter { $0 != "." }.count
      output = try Self.labels(right, rank: right.contains(".") ? named + widest : named)
    } else {
      let all = inputs.joined().filter { $0 >= 0 }
      let once = Set(all).filter { label in all.count { $0 == label } == 1 }
      output = (0..<widest).map { $0 - widest } + once.sorted()
    }
  }

  private static func labels(_ text: Substring, rank: Int) throws(ImportFailure) -> [Int] {
    var rest = text
    var labels: [Int] = []
    let named = text.filter { $0 != "." }.count
    var hasEllipsis = false
    while let letter = rest.first {
      if rest.hasPrefix("..."), !hasEllipsis, rank >= named {
        hasEllipsis = true
        labels += (0..<rank - named).map { $0 - (rank - named) }
        rest = rest.dropFirst(3)
      } else {
        guard letter.isASCII, letter.isLetter, let code = letter.asciiValue else {
          throw .invalid("einsum-equation", "\"\(text)\" is no term")
        }
        labels.append(Int(code))
        rest = rest.dropFirst()
      }
    }
    guard labels.count == rank else {
      throw .invalid("einsum-rank", "\"\(text)\" names \(labels.count) axes of \(rank)")
    }
    return labels
  }
}

extension NodeImporter {
  /// The elements at which axes of one label have the same index, broadcast to the full extents.
  fileprivate mutating func diagonal(
    _ value: ValueID, _ labels: [Int], _ extents: [Int: Dimension]
  ) throws(ImportFailure) -> EinsumTerm {
    var single: [Int] = []
    for label in labels where !single.contains(label) { single.append(label) }
    let wide = Shape(labels.map { extents[$0] ?? 1 })
    var result = try broadcast(value, to: wide)
    if single.count < labels.count {
      let axes = labels.map { single.firstIndex(of: $0) ?? 0 }
      let shape = Shape(single.map { extents[$0] ?? 1 })
      result = try add(.take(Take(axes: axes, shape: shape)), [result])
    }
    return EinsumTerm(value: result, labels: single)
  }

  /// The term without the labels that nobody needs.
  fileprivate mutating func summed(
    _ term: EinsumTerm, keeping needed: Set<Int>
  ) throws(ImportFailure) -> EinsumTerm {
    let axes = term.labels.indices.filter { !needed.contains(term.labels[$0]) }
    if axes.isEmpty { return term }
    let kept = term.labels.indices.filter { !axes.contains($0) }
    let shape = Shape(kept.map { type(of: term.value).shape[$0] })
    let sum = try add(.reduce(Reduce(.sum, axes: axes)), [term.value])
    return EinsumTerm(value: try reshape(sum, to: shape), labels: kept.map { term.labels[$0] })
  }

  /// The product of two terms as one batched matrix product.
  fileprivate mutating func product(
    _ a: EinsumTerm, _ b: EinsumTerm, keeping needed: Set<Int>, _ extents: [Int: Dimension]
  ) throws(ImportFailure) -> EinsumTerm {
    let a = try summed(a, keeping: needed.union(b.labels))
    let b = try summed(b, keeping: needed.union(a.labels))
    let batch = a.labels.filter { b.labels.contains($0) && needed.contains($0) }
    let inner = a.labels.filter { b.labels.contains($0) && !needed.contains($0) }
    let rows = a.labels.filter { !b.labels.contains($0) }
    let columns = b.labels.filter { !a.labels.contains($0) }
    func count(_ labels: [Int]) -> Dimension { labels.reduce(1) { $0 * (extents[$1] ?? 1) } }
    var factors: [ValueID] = []
    for (term, groups) in [(a, [batch, rows, inner]), (b, [batch, inner, columns])] {
      let order = groups.joined().map { term.labels.firstIndex(of: $0) ?? 0 }
      factors.append(
        try reshape(try transpose(term.value, order), to: Shape(groups.map(count))))
    }
    let labels = batch + rows + columns
    let product = try add(.matmul(MatMul()), factors)
    return EinsumTerm(
      value: try reshape(product, to: Shape(labels.map { extents[$0] ?? 1 })), labels: labels)
  }
}
