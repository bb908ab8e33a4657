internal import ApusDiff
internal import ApusIR

/// What the page of `apus diff --html` shows: both models as one graph with places for its items.
struct DiffPage {
  private let verdict: DiffVerdict
  private let models: DetailTable
  private let graph: UnionGraph
  private let layout: LayeredLayout
  private let widths: [Int]
  private let labels: [(title: String, note: String)]

  init(_ verdict: DiffVerdict, _ old: Outline, _ new: Outline) {
    self.verdict = verdict
    let models = DetailTable(old: old, new: new)
    let graph = UnionGraph(old, new, verdict.report)
    let labels = graph.items.map(models.label)
    widths = labels.map { title, note in min(max(title.count * 8, note.count * 7) + 24, 240) }
    layout = LayeredLayout(
      widths: widths.map(Double.init), edges: graph.edges.map { ($0.from, $0.to) }, gap: 24)
    (self.models, self.graph, self.labels) = (models, graph, labels)
  }

  /// The page: a document without links to anything else.
  var text: String {
    let template = String(decoding: PackageResources.diff_page_html_in, as: UTF8.self)
    let title = "\(verdict.old) → \(verdict.new)".xmlEscaped
    // No text may end the element that holds the data.
    let data = json.line.replacing("<", with: "\\u003c")
    return template.replacing("@TITLE@", with: title).replacing("@DATA@", with: data)
  }

  private var json: JSON {
    .object([
      ("old", .string(verdict.old)), ("new", .string(verdict.new)),
      ("failures", .array(verdict.rules.map { .string($0) })),
      ("items", .array(graph.items.indices.map(item))),
      (
        "edges",
        .array(
          graph.edges.map { edge in
            let side = (edge.isOld ? 1 : 0) + (edge.isNew ? 2 : 0)
            return .array([.integer(edge.from), .integer(edge.to), .integer(side)])
          })
      ),
      ("changes", .array(verdict.movers.map(change))),
      ("behaviour", .array(verdict.behaviour.map { .string($0) })),
      (
        "deltas",
        .array(
          verdict.report.deltas.map { delta in
            .array([.string(delta.name), .integer(delta.old), .integer(delta.new)])
          })
      ),
    ])
  }

  private func item(_ place: Int) -> JSON {
    let item = graph.items[place]
    let lanes = layout.lanes[place].map { JSON.integer(Int($0.rounded())) }
    return .object([
      ("title", .string(labels[place].title)), ("note", .string(labels[place].note)),
      ("x", .integer(Int(layout.middles[place].rounded()))), ("row", .integer(layout.rows[place])),
      ("width", .integer(widths[place])), ("port", .bool(item.isPort)),
      ("side", .integer((item.old == nil ? 0 : 1) + (item.new == nil ? 0 : 2))),
      ("lanes", .array(lanes)), ("rows", .array(models.rows(item).map(\.json))),
    ])
  }

  private func change(_ change: DiffReport.Change) -> JSON {
    .object([
      ("class", .string(change.category.rawValue)), ("kind", .string(change.kind.rawValue)),
      ("text", .string(change.message)), ("figures", .string(change.figures)),
      ("nodes", .string(change.nodes)),
      (
        "items",
        .array(graph.items(change.oldSpot, change.newSpot).map { .integer($0) })
      ),
    ])
  }
}

/// What is known of the items of both models, in words.
private struct DetailTable {
  /// One line: what a field holds in the old and in the new model.
  struct Row {
    var field: String
    var old: String?
    var new: String?

    var json: JSON {
      .array(
        [.string(field)] + [old, new].map { $0.map { .string(String($0.prefix(2000))) } ?? .null })
    }
  }

  let old: Outline
  let new: Outline

  /// The two lines inside an item.
  func label(_ item: UnionGraph.Item) -> (title: String, note: String) {
    let (outline, spot) = item.new.map { (new, $0) } ?? (old, item.old ?? .input(0))
    switch spot {
    case .input(let place):
      return (outline.inputs[place].name.short, outline.inputs[place].type.short)
    case .output(let place):
      return (outline.outputs[place].name.short, outline.outputs[place].type.short)
    case .node(let place):
      let node = outline.nodes[place]
      let title = node.kind.hasPrefix("map ") ? String(node.kind.dropFirst(4)) : node.kind
      return (title.short, (node.types.first ?? "").short)
    }
  }

  /// The fields of an item.
  func rows(_ item: UnionGraph.Item) -> [Row] {
    let before = item.old.map { fields($0, old) } ?? []
    let after = item.new.map { fields($0, new) } ?? []
    let others = Dictionary(after) { first, _ in first }
    let known = Set(before.map(\.0))
    return before.map { Row(field: $0, old: $1, new: others[$0]) }
      + after.filter { !known.contains($0.0) }.map { Row(field: $0, old: nil, new: $1) }
  }

  private func fields(_ spot: Outline.Spot, _ outline: Outline) -> [(String, String)] {
    switch spot {
    case .input(let place):
      return [("input", outline.inputs[place].name), ("type", outline.inputs[place].type)]
    case .output(let place):
      return [
        ("output", outline.outputs[place].name), ("type", outline.outputs[place].type),
        ("reads", text(outline.results[place], outline)),
      ]
    case .node(let place):
      let node = outline.nodes[place]
      var result = [("operation", node.operation)]
      if !node.origins.isEmpty { result.append(("from", node.origins.joined(separator: ", "))) }
      result += node.attributes.map { ($0.name, $0.value) }
      result += node.operands.enumerated().map { ("reads \($0)", text($1, outline)) }
      result += node.types.enumerated().map { ("result \($0)", $1) }
      return result
    }
  }

  private func text(_ source: Outline.Source, _ outline: Outline) -> String {
    switch source {
    case .input(let place): return "input \(outline.inputs[place].name)"
    case .result(let node, let place):
      let origin = outline.nodes[node].origins.last ?? outline.nodes[node].operation
      return origin + (place == 0 ? "" : " result \(place)")
    case .weight(let place):
      let weight = outline.weights[place]
      let name = weight.name.isEmpty ? "" : weight.name + " "
      return "\(name)\(weight.type) #\(String(weight.digest, radix: 16))"
    }
  }
}

extension UnionGraph.Item {
  /// Whether it is an input or output of the model.
  fileprivate var isPort: Bool {
    if case .node? = new ?? old { return false }
    return true
  }
}

extension String {
  /// As much as an item has room for.
  fileprivate var short: String { count > 30 ? prefix(29) + "…" : self }
}
