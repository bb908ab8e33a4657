private import ApusIR

extension Outline {
  /// Between which element types a node takes numbers, where one of them has few bits.
  func conversion(at place: Int) -> (from: Substring, to: Substring)? {
    let node = nodes[place]
    guard ["map", "matmul", "conv"].contains(node.operation), let result = node.types.first else {
      return nil
    }
    let (after, others) = (result.elementName, types(readBy: node).map(\.elementName))
    let before = others.first { $0 != after && ($0.isNarrow || after.isNarrow) }
    guard let before, before != "bool", after != "bool" else { return nil }
    return (before, after)
  }

  /// Whether a node quantizes numbers or takes them back: its own numbers are scales and zero
  /// points.
  func isQuantization(at place: Int) -> Bool {
    guard nodes[place].operation == "map", let (before, after) = conversion(at: place) else {
      return false
    }
    return (before.isInteger && before.isNarrow) || (after.isInteger && after.isNarrow)
  }

  /// Whether a weight is a scale or zero point: a quantization reads something larger.
  func isScale(_ weight: Weight, at place: Int) -> Bool {
    let count = weight.type.elementCount ?? .max
    return isQuantization(at: place)
      && types(readBy: nodes[place]).contains { ($0.elementCount ?? .max) > count }
  }

  /// What a node does as far as that matters for finding its like: element types and numbers are
  /// told apart later.
  ///
  /// Models have many nodes and few formulas, of which `known` keeps the outcome.
  func likeness(at place: Int, _ known: inout [String: String]) -> String {
    let node = nodes[place]
    guard node.operation == "map", let formula = node.attributes.first?.value else {
      return node.kind
    }
    if isQuantization(at: place), let (before, _) = conversion(at: place) {
      return before.isInteger && before.isNarrow ? "map dequantize" : "map quantize"
    }
    if let kind = known[formula] { return kind }
    let kind = node.kind.withoutElementTypes
    known[formula] = kind
    return kind
  }

  /// The types of what a node reads.
  func types(readBy node: Node) -> [String] {
    node.operands.map { source in
      switch source {
      case .input(let place): inputs[place].type
      case .result(let node, let place): nodes[node].types[place]
      case .weight(let place): weights[place].type
      }
    }
  }

  /// The element types of what a node reads and makes.
  func elementNames(around place: Int) -> [Substring] {
    (types(readBy: nodes[place]) + nodes[place].types).map(\.elementName)
  }

  /// The attributes of a node by name.
  ///
  /// The factor of a mean follows from shapes and is written as such.
  func attributes(of place: Int) -> [String: String] {
    let node = nodes[place]
    var result = Dictionary(node.attributes.map { ($0.name, $0.value) }) { first, _ in first }
    guard let formula = result["f"], case .result(let sum, _)? = node.operands.first,
      nodes[sum].operation == "reduce", let after = nodes[sum].types[0].elementCount, after > 0,
      let before = types(readBy: nodes[sum])[0].elementCount, before > 0
    else { return result }
    let factor = "\(Literal.float(Double(after) / Double(before))):"
    result["f"] = formula.replacing(factor, with: "1/count:")
    return result
  }
}

extension Substring {
  /// Whether an element type is a whole number.
  fileprivate var isInteger: Bool { ElementType(rawValue: String(self))?.isInteger ?? false }

  /// Whether an element type has less than the 32 bits in which models compute.
  var isNarrow: Bool {
    (ElementType(rawValue: String(self))?.bitWidth).map { (1...16).contains($0) } ?? false
  }
}

extension String {
  /// A formula with `cast` for each conversion such as `f16`.
  fileprivate var withoutElementTypes: String {
    guard contains("(") else { return self }
    return split(separator: "(", omittingEmptySubsequences: false).map { part in
      let word = part.suffix(while: { $0.isLetter || $0.isNumber })
      return ElementType(rawValue: String(word)) == nil ? part : part.dropLast(word.count) + "cast"
    }.joined(separator: "(")
  }
}

extension Substring {
  /// The longest end whose characters are all of a kind.
  fileprivate func suffix(while isMember: (Character) -> Bool) -> Substring {
    suffix(from: lastIndex { !isMember($0) }.map(index(after:)) ?? startIndex)
  }
}
