internal import ApusIR

extension Graph {
  /// The graph for Graphviz: boxes for operations, ellipses for inputs and outputs.
  var dot: String {
    var lines = ["digraph model {", "  node [shape=box, fontname=\"sans-serif\"];"]
    var makers: [ValueID: String] = [:]
    for (place, input) in inputs.enumerated() {
      makers[input] = "in\(place)"
      lines.append("  in\(place) [shape=ellipse, label=\((self[input].name ?? "").jsonQuoted)];")
    }
    for (place, node) in nodes.enumerated() {
      if case .constant = node.operation { continue }
      for result in node.results { makers[result] = "n\(place)" }
      let label = [node.operation.mnemonic] + node.origins.prefix(2)
      lines.append("  n\(place) [label=\(label.joined(separator: "\n").jsonQuoted)];")
      for operand in node.operands {
        guard let maker = makers[operand] else { continue }
        lines.append("  \(maker) -> n\(place) [label=\(edgeLabel(operand))];")
      }
    }
    for (place, output) in outputs.enumerated() {
      lines.append("  out\(place) [shape=ellipse, label=\(outputNames[place].jsonQuoted)];")
      guard let maker = makers[output] else { continue }
      lines.append("  \(maker) -> out\(place) [label=\(edgeLabel(output))];")
    }
    return (lines + ["}"]).joined(separator: "\n")
  }

  private func edgeLabel(_ value: ValueID) -> String {
    let type = type(of: value)
    return (type.shape.rank == 0 ? "\(type.element)" : "\(type.shape)x\(type.element)").jsonQuoted
  }
}
