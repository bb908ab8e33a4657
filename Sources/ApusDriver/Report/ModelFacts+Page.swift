internal import ApusIR
internal import ApusLoops

extension ModelFacts {
  /// One page without links to anything else.
  var page: String {
    let title = path.xmlEscaped
    return """
      <!DOCTYPE html>
      <html lang="en"><head><meta charset="utf-8"><title>\(title)</title>
      <style>
      body { font: 15px/1.5 sans-serif; margin: 2em auto; max-width: 70em; padding: 0 1em; }
      table { border-collapse: collapse; }
      td, th { padding: 0.15em 1em 0.15em 0; text-align: left; }
      tr:nth-child(even) { background: #f3f3f3; }
      svg { width: 100%; height: auto; border: 1px solid #ccc; }
      @media (prefers-color-scheme: dark) {
        body { background: #181818; color: #ddd; } tr:nth-child(even) { background: #222; } }
      </style></head><body>
      <h1>\(title)</h1>
      <p>\(grouped(imported.parameterCount)) parameters, \
      \(imported.multiplyAdds.map(grouped) ?? "an open number of") multiply-adds.</p>
      <h2>Interface</h2>
      \(table(["", "name", "type"], ports.map { [$0.direction, $0.name, "\($0.type)"] }))
      <h2>Memory plan</h2>
      \(plan)
      <h2>Nodes</h2>
      \(table(["operation", "result", "from"], nodeRows))
      </body></html>

      """
  }

  private func table(_ heads: [String], _ rows: [[String]]) -> String {
    let head = heads.map { "<th>\($0.xmlEscaped)</th>" }.joined()
    let body = rows.map { row in
      "<tr>" + row.map { "<td>\($0.xmlEscaped)</td>" }.joined() + "</tr>"
    }
    return "<table><tr>\(head)</tr>\n" + body.joined(separator: "\n") + "\n</table>"
  }

  private var nodeRows: [[String]] {
    graph.nodes.compactMap { node in
      if case .constant = node.operation { return nil }
      let types = node.results.map { "\(graph.type(of: $0))" }.joined(separator: ", ")
      return [node.operation.mnemonic, types, node.origins.joined(separator: ", ")]
    }
  }

  private var plan: String {
    guard let program else { return "<p>\((obstacle?.message ?? "").xmlEscaped)</p>" }
    let facts =
      "<p>\(grouped(program.arenaBytes)) bytes for \(program.kernels.count) kernels; no plan needs "
      + "fewer than \(grouped(program.liveBytes)). Time runs to the right, addresses upward.</p>"
    return facts + "\n" + drawing(program)
  }

  /// Buffers as rectangles: kernels from left to right, bytes of the arena from bottom to top.
  private func drawing(_ program: Program) -> String {
    let (width, height) = (1000.0, 400.0)
    let step = width / Double(max(program.kernels.count, 1))
    let scale = height / Double(max(program.arenaBytes, 1))
    let boxes = program.plannedBuffers.enumerated().map { place, buffer in
      let x = decimal(Double(buffer.life.lowerBound) * step, places: 2)
      let y = decimal(height - Double(buffer.offset + buffer.bytes) * scale, places: 2)
      let w = decimal(Double(buffer.life.count) * step, places: 2)
      let h = decimal(Double(buffer.bytes) * scale, places: 2)
      let name = "\(buffer.name): \(grouped(buffer.bytes)) bytes at \(grouped(buffer.offset))"
      return "<rect x=\"\(x)\" y=\"\(y)\" width=\"\(w)\" height=\"\(h)\" stroke=\"#333\" "
        + "stroke-width=\"0.5\" fill=\"hsl(\(place * 137 % 360) 55% 65%)\">"
        + "<title>\(name.xmlEscaped)</title></rect>"
    }
    return "<svg viewBox=\"0 0 1000 400\" role=\"img\">\n" + boxes.joined(separator: "\n")
      + "\n</svg>"
  }
}
