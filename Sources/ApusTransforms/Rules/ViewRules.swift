internal import ApusIR

extension Rule {
  /// Views of views, and views that change nothing.
  static let views: [Rule] = [
    // transpose(transpose(x, p), q) = transpose(x, p∘q); transpose(x, id) = x
    Rule("transpose-transpose") { rewriter, node throws(OperatorError) in
      guard case .transpose(let outer) = node.operation else { return nil }
      if outer.permutation == Array(outer.permutation.indices) { return node.operands }
      guard let inner = rewriter.producer(of: node.operands[0]),
        case .transpose(let first) = inner.operation
      else { return nil }
      let permutation = outer.permutation.map { first.permutation[$0] }
      return try rewriter.append(
        .transpose(Transpose(permutation)), inner.operands, merging: [inner])
    },
    // reshape(reshape(x, s), t) = reshape(x, t); reshape(x, shape(x)) = x
    Rule("reshape-reshape") { rewriter, node throws(OperatorError) in
      guard case .reshape(let outer) = node.operation else { return nil }
      if rewriter.type(of: node.operands[0]).shape == outer.shape { return node.operands }
      guard let inner = rewriter.producer(of: node.operands[0]), case .reshape = inner.operation
      else { return nil }
      return try rewriter.append(.reshape(outer), inner.operands, merging: [inner])
    },
    // transpose(x) that moves only axes of extent 1 = reshape(x)
    Rule("transpose-of-ones") { rewriter, node throws(OperatorError) in
      guard case .transpose(let transpose) = node.operation else { return nil }
      let shape = rewriter.type(of: node.operands[0]).shape
      let moved = transpose.permutation.filter { shape[$0] != 1 }
      guard moved == moved.sorted() else { return nil }
      let target = Shape(transpose.permutation.map { shape[$0] })
      return try rewriter.append(.reshape(Reshape(target)), node.operands)
    },
    // broadcast(x, shape(x)) = x; slice(x, everything) = x; pad(x, 0) = x
    Rule("view-of-all") { rewriter, node throws(OperatorError) in
      guard let operand = node.operands.first, rewriter.type(of: operand).quantization == nil
      else { return nil }
      switch node.operation {
      case .broadcast(let broadcast):
        return rewriter.type(of: node.operands[0]).shape == broadcast.shape ? node.operands : nil
      case .slice(let slice):
        let isWhole =
          slice.starts.allSatisfy { $0 == 0 } && slice.steps.allSatisfy { $0 == 1 }
          && rewriter.type(of: node.operands[0]).shape == slice.shape
        return isWhole ? node.operands : nil
      case .concat: return node.operands.count == 1 ? node.operands : nil
      case .pad(let pad):
        return (pad.before + pad.after).allSatisfy { $0 == 0 } ? [operand] : nil
      default: return nil
      }
    },
    // map(f, broadcast(x), y) = map(f, x, y), for maps broadcast themselves
    Rule("map-of-broadcast") { rewriter, node throws(OperatorError) in
      guard case .map = node.operation else { return nil }
      var operands = node.operands
      var makers: [Node] = []
      for (place, operand) in node.operands.enumerated() {
        guard let maker = rewriter.producer(of: operand), case .broadcast = maker.operation else {
          continue
        }
        var shorter = operands
        shorter[place] = maker.operands[0]
        guard rewriter.keepsShape(node, mapping: shorter) else { continue }
        operands = shorter
        if rewriter.hasOneUse(operand) { makers.append(maker) }
      }
      guard operands != node.operands else { return nil }
      return try rewriter.append(node.operation, operands, merging: makers)
    },
    // reduce over axes of extent 1 = x
    Rule("reduce-of-ones") { rewriter, node throws(OperatorError) in
      guard case .reduce(let reduce) = node.operation, reduce.flags.isEmpty else { return nil }
      let shape = rewriter.type(of: node.operands[0]).shape
      return reduce.axes.allSatisfy { shape[$0] == 1 } ? node.operands : nil
    },
  ]
}
