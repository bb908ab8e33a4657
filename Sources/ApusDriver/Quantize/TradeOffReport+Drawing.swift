internal import ApusQuantize

extension TradeOffReport {
  /// What lies along the horizontal axis: times where mixtures are ordered by them.
  var axis: String {
    switch tradeOff.profile?.source {
    case .measured: "The time of a run on one thread"
    case .modelled: "The time of a run by estimate"
    case nil: "Bytes of all constants"
    }
  }

  /// The curve as a drawing.
  var drawing: String {
    let points = tradeOff.points
    let line = points.map { (cost(of: $0, isExpected: true), $0.expected.cappedDecibels) }
    let dots = points.enumerated().compactMap { number, point in
      point.measured.map { error in
        (number: number, x: cost(of: point, isExpected: false), y: error.cappedDecibels)
      }
    }
    let costs = line.map(\.0) + dots.map(\.x)
    let levels = line.map(\.1) + dots.map(\.y)
    let (first, last) = (costs.min() ?? 0, costs.max() ?? 1)
    let (low, high) = ((levels.min() ?? 0) - 2, (levels.max() ?? 1) + 2)
    func x(_ cost: Double) -> String {
      decimal(70 + 700 * (cost - first) / max(last - first, 1e-12), places: 1)
    }
    func y(_ level: Double) -> String {
      decimal(350 - 320 * (level - low) / max(high - low, 1e-9), places: 1)
    }
    let corners = line.map { "\(x($0)),\(y($1))" }.joined(separator: " ")
    var parts = [
      "<path d=\"M70 20V350H780\" fill=\"none\" stroke=\"#888\"/>",
      "<polyline points=\"\(corners)\" fill=\"none\" stroke=\"#36c\" stroke-width=\"2\"/>",
    ]
    for level in stride(from: (low / 10).rounded(.up) * 10, through: high, by: 10) {
      parts.append("<text x=\"60\" y=\"\(y(level))\" text-anchor=\"end\">\(Int(level)) dB</text>")
    }
    parts.append("<text x=\"70\" y=\"375\">\(label(first))</text>")
    parts.append("<text x=\"780\" y=\"375\" text-anchor=\"end\">\(label(last))</text>")
    for dot in dots {
      let fill = dot.number == tradeOff.choice ? "#36c" : "white"
      let note = "\(label(dot.x)), \(decimal(dot.y, places: 1)) dB: \(mixture(points[dot.number]))"
      parts.append(
        "<circle cx=\"\(x(dot.x))\" cy=\"\(y(dot.y))\" r=\"5\" fill=\"\(fill)\" stroke=\"#36c\">"
          + "<title>\(note.xmlEscaped)</title></circle>")
    }
    return "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 800 390\" "
      + "font-family=\"sans-serif\" font-size=\"13\">\n" + parts.joined(separator: "\n")
      + "\n</svg>"
  }

  /// The time of a mixture where there are times, its bytes elsewhere.
  private func cost(of point: TradeOff.Point, isExpected: Bool) -> Double {
    (isExpected ? nil : point.time) ?? point.expectedTime ?? Double(point.bytes)
  }

  private func label(_ cost: Double) -> String {
    tradeOff.profile.map { $0.text(cost) } ?? "\(grouped(Int(cost))) bytes"
  }
}

extension OutputError {
  /// The ratio of signal to noise as drawings show it, which have an end.
  fileprivate var cappedDecibels: Double { min(decibels, 90) }
}
