internal import ApusIR
internal import ApusQuantize

/// What `apus quantize` found out about layers and mixtures of formats.
struct TradeOffReport {
  let model: String
  let tradeOff: TradeOff

  // MARK: For people

  /// Two tables: layers by what they cost, and mixtures by their size.
  var text: String {
    var rows = [["layer", "format", "bytes", "SQNR dB", "divergence"]]
    for entry in tradeOff.sensitivities.sorted(by: isWorse) where entry.format != .float {
      rows.append([
        clipped(entry.layer), entry.format.rawValue, grouped(entry.bytes),
        decimal(entry.error.decibels, places: 1), decimal(entry.error.divergence, places: 6),
      ])
    }
    var points = [["", "bytes", "expected dB", "measured dB", "layers by format"]]
    for (place, point) in tradeOff.points.enumerated() where isShown(place) {
      points.append([
        place == tradeOff.choice ? "*" : "", grouped(point.bytes),
        decimal(point.expected.decibels, places: 1),
        point.measured.map { decimal($0.decibels, places: 1) } ?? "", mixture(point),
      ])
    }
    return table(rows) + "\n\n" + table(points)
  }

  /// The end of a name that is too long for a table.
  private func clipped(_ name: String) -> String {
    name.count > 48 ? "…" + name.suffix(47) : name
  }

  private func isWorse(_ a: LayerSensitivity, _ b: LayerSensitivity) -> Bool {
    (b.error.noise, a.layer, a.format.rawValue) < (a.error.noise, b.layer, b.format.rawValue)
  }

  /// All mixtures of small models; of others those that were measured.
  private func isShown(_ place: Int) -> Bool {
    tradeOff.points.count <= 24 || tradeOff.points[place].measured != nil
      || place == tradeOff.choice
  }

  private func mixture(_ point: TradeOff.Point) -> String {
    LayerFormat.allCases.compactMap { format in
      let count = point.formats.values.count { $0 == format }
      return count > 0 ? "\(count) \(format.rawValue)" : nil
    }.joined(separator: ", ")
  }

  private func table(_ rows: [[String]]) -> String {
    let widths = (rows.first ?? []).indices.map { column in
      rows.map { $0[column].count }.max() ?? 0
    }
    return rows.map { row in
      zip(row, widths).map { text, width in
        text + String(repeating: " ", count: width - text.count)
      }.joined(separator: "  ")
    }.joined(separator: "\n")
  }

  // MARK: For tools

  /// A document of schema 1.
  var json: JSON {
    .object([
      ("schema", .integer(1)), ("model", .string(model)),
      (
        "sensitivities",
        .array(
          tradeOff.sensitivities.map { entry in
            .object([
              ("layer", .string(entry.layer)), ("format", .string(entry.format.rawValue)),
              ("bytes", .integer(entry.bytes)), ("error", entry.error.json),
            ])
          })
      ),
      ("choice", tradeOff.choice.map { .integer($0) } ?? .null),
      (
        "mixtures",
        .array(
          tradeOff.points.map { point in
            .object([
              ("bytes", .integer(point.bytes)), ("expected", point.expected.json),
              ("measured", point.measured?.json ?? .null),
              (
                "formats",
                .object(
                  point.formats.sorted { $0.key < $1.key }
                    .map { ($0.key, .string($0.value.rawValue)) })
              ),
            ])
          })
      ),
    ])
  }

  // MARK: For a browser

  /// One page without links to anything else.
  var page: String {
    """
    <!DOCTYPE html>
    <html lang="en"><head><meta charset="utf-8"><title>\(model.xmlEscaped)</title>
    <style>
    body { font: 15px/1.5 sans-serif; margin: 2em auto; max-width: 60em; padding: 0 1em; }
    pre { overflow-x: auto; }
    svg { width: 100%; height: auto; }
    </style></head><body>
    <h1>\(model.xmlEscaped)</h1>
    <p>Bytes of all constants against the ratio of signal to noise of the outputs. The line is what
    the sensitivities of layers add up to, dots were measured, the full one was chosen.</p>
    \(drawing)
    <pre>\(text.xmlEscaped)</pre>
    </body></html>

    """
  }

  /// The curve as a drawing.
  var drawing: String {
    let points = tradeOff.points
    let shown = points.map { min($0.expected.decibels, 90) }
    let measured = points.compactMap { $0.measured.map { min($0.decibels, 90) } }
    let levels = shown + measured
    let (low, high) = ((levels.min() ?? 0) - 2, (levels.max() ?? 1) + 2)
    let (first, last) = (points.first?.bytes ?? 0, max(points.last?.bytes ?? 1, 1))
    func x(_ bytes: Int) -> Double {
      70 + 700 * Double(bytes - first) / Double(max(last - first, 1))
    }
    func y(_ level: Double) -> Double { 350 - 320 * (level - low) / max(high - low, 1e-9) }
    func place(_ bytes: Int, _ level: Double) -> String {
      "\(decimal(x(bytes), places: 1)),\(decimal(y(level), places: 1))"
    }
    let line = zip(points, shown).map { place($0.bytes, $1) }.joined(separator: " ")
    var parts = [
      "<path d=\"M70 20V350H780\" fill=\"none\" stroke=\"#888\"/>",
      "<polyline points=\"\(line)\" fill=\"none\" stroke=\"#36c\" stroke-width=\"2\"/>",
    ]
    for level in stride(from: (low / 10).rounded(.up) * 10, through: high, by: 10) {
      let height = decimal(y(level), places: 1)
      parts.append("<text x=\"60\" y=\"\(height)\" text-anchor=\"end\">\(Int(level)) dB</text>")
    }
    parts.append("<text x=\"70\" y=\"375\">\(grouped(first)) bytes</text>")
    parts.append("<text x=\"780\" y=\"375\" text-anchor=\"end\">\(grouped(last)) bytes</text>")
    for (number, point) in points.enumerated() {
      guard let level = point.measured.map({ min($0.decibels, 90) }) else { continue }
      let fill = number == tradeOff.choice ? "#36c" : "white"
      let note = "\(grouped(point.bytes)) bytes, \(decimal(level, places: 1)) dB: \(mixture(point))"
      parts.append(
        "<circle cx=\"\(decimal(x(point.bytes), places: 1))\" "
          + "cy=\"\(decimal(y(level), places: 1))\" r=\"5\" fill=\"\(fill)\" stroke=\"#36c\">"
          + "<title>\(note.xmlEscaped)</title></circle>")
    }
    return "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 800 390\" "
      + "font-family=\"sans-serif\" font-size=\"13\">\n" + parts.joined(separator: "\n")
      + "\n</svg>"
  }
}

extension OutputError {
  fileprivate var json: JSON {
    .object([
      ("noise", .number(noise)), ("sqnr_db", .number(decibels)),
      ("divergence", .number(divergence)),
    ])
  }
}
