/// Finds the elements of a constant that the text names only by symbol and digest.
public typealias ConstantResolver = (_ name: String, _ digest: UInt64) -> TensorData?

extension Graph {
  /// The largest text that is read.
  static let largestText = 1 << 28

  /// Reads the text form that `text` prints; printing the result gives the same text again.
  ///
  /// - Parameters:
  ///   - text: The text form of one graph, with `//` comments if you like.
  ///   - file: The name of the file for messages.
  ///   - constants: Gives the elements of constants that are printed as a digest.
  /// - Throws: `DiagnosticError` with the place of the first mistake.
  /// - Complexity: linear in the size of the text.
  public init(
    parsing text: String, file: String? = nil,
    constants: ConstantResolver = { _, _ in nil }
  ) throws(DiagnosticError) {
    guard text.utf8.count <= Graph.largestText else {
      throw DiagnosticError(
        Diagnostic(
          .limitExceeded, id: "text-too-large", "the text is larger than 256 MiB", file: file))
    }
    self = try Graph.parsed(TextScanner(text, file: file), constants)
  }

  private static func parsed(
    _ scanner: TextScanner, _ resolve: ConstantResolver
  ) throws(DiagnosticError) -> Graph {
    // Only so that a closure that does not escape can be stored while the parser runs.
    try withoutActuallyEscaping(resolve) { resolve throws(DiagnosticError) in
      var parser = GraphParser(scanner: scanner, resolve: resolve)
      return try parser.parse()
    }
  }
}
