internal import ApusIR

/// Why one node cannot be imported; the importer adds the place.
package struct ImportFailure: Error {
  var category: Diagnostic.Category
  var id: String
  var message: String
  var notes: [String] = []

  static func invalid(_ id: String, _ message: String) -> ImportFailure {
    ImportFailure(category: .invalidInput, id: id, message: message)
  }

  static func unsupported(_ id: String, _ message: String) -> ImportFailure {
    ImportFailure(category: .unsupported, id: id, message: message)
  }
}
