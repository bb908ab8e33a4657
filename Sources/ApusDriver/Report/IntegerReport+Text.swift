internal import ApusIR
internal import ApusTransforms

extension IntegerReport {
  /// A section of the report for people.
  var lines: [String] {
    ["quantization", "  products in integers: \(grouped(products))"]
      + (rest.isEmpty ? [] : ["  not in integers:"])
      + rest.map { "    \($0.name.escapingControls): \($0.reason.rawValue)" }
  }

  /// One sentence about a model that was written.
  func summary(of path: String) -> String {
    let text = "products in integers: \(grouped(products))"
    guard !rest.isEmpty else { return text }
    return text
      + "; not in integers: \(grouped(rest.count)), see apus inspect --quantization \(path)"
  }

  /// The section for tools.
  var json: JSON {
    .object([
      ("integer_products", .integer(products)),
      (
        "rest",
        .array(
          rest.map { rest in
            .object([
              ("operation", .string(rest.operation)),
              ("origins", .array(rest.origins.map { .string($0) })),
              ("reason", .string(rest.reason.rawValue)),
            ])
          })
      ),
    ])
  }
}

extension IntegerReport.Rest {
  /// The node of the model, or the operation where none is known.
  fileprivate var name: String { origins.last ?? operation }
}
