internal import ApusIR
internal import ApusQuantize

/// What `apus quantize` found out about layers and mixtures of formats.
struct TradeOffReport {
  let model: String
  let tradeOff: TradeOff

  // MARK: For people

  /// Two tables: layers by what they cost, and mixtures by their size or time.
  var text: String {
    let profile = tradeOff.profile
    var rows = [["layer", "format", "bytes", "SQNR dB", "divergence"]]
    if profile != nil { rows[0].append("time") }
    for entry in tradeOff.sensitivities.sorted(by: isWorse) where entry.format != .float {
      rows.append([
        clipped(entry.layer), entry.format.rawValue, grouped(entry.bytes),
        decimal(entry.error.decibels, places: 1), decimal(entry.error.divergence, places: 6),
      ])
      if let profile {
        rows[rows.count - 1].append(profile.text(profile.time(of: entry.layer, in: entry.format)))
      }
    }
    let times = profile.map { ["expected time", "\($0.source.rawValue) time"] } ?? []
    var points = [["", "bytes"] + times + ["expected dB", "measured dB", "layers by format"]]
    for (place, point) in tradeOff.points.enumerated() where isShown(place) {
      let times = profile.map { profile in
        [point.expectedTime, point.time].map { $0.map(profile.text) ?? "" }
      }
      points.append(
        [place == tradeOff.choice ? "*" : "", grouped(point.bytes)] + (times ?? []) + [
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
      || tradeOff.points[place].time != nil || place == tradeOff.choice
  }

  func mixture(_ point: TradeOff.Point) -> String {
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
              ("time", number(tradeOff.profile?.time(of: entry.layer, in: entry.format))),
            ])
          })
      ),
      (
        "latency",
        tradeOff.profile.map { profile in
          .object([
            ("source", .string(profile.source.rawValue)),
            ("unit", .string(profile.source == .measured ? "seconds" : "estimated nanoseconds")),
            ("real", .number(profile.real)),
          ])
        } ?? .null
      ),
      ("choice", tradeOff.choice.map { .integer($0) } ?? .null),
      (
        "mixtures",
        .array(
          tradeOff.points.map { point in
            .object([
              ("bytes", .integer(point.bytes)), ("expected", point.expected.json),
              ("measured", point.measured?.json ?? .null),
              ("expected_time", number(point.expectedTime)), ("time", number(point.time)),
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

  private func number(_ value: Double?) -> JSON { value.map { .number($0) } ?? .null }

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
    <p>\(axis) against the ratio of signal to noise of the outputs. The line is what the
    sensitivities of layers add up to, dots were measured, the full one was chosen.</p>
    \(drawing)
    <pre>\(text.xmlEscaped)</pre>
    </body></html>

    """
  }
}

extension LatencyProfile {
  /// A time for people: milliseconds, and how much of the real model's time that is.
  func text(_ time: Double) -> String {
    let share = decimal(time / max(real, .leastNormalMagnitude) * 100, places: 1) + " %"
    return source == .measured ? decimal(time * 1e3, places: 3) + " ms, " + share : share
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
