internal import ApusIR

/// Options that say what form inputs and outputs have.
extension CompileOptions {
  static func addForms(
    _ arguments: Arguments, to options: inout Compilation.Options
  ) throws(DiagnosticError) {
    for text in arguments.all("--sequence") {
      guard let (name, value) = named(text), let count = Int(value), (0..<1 << 12).contains(count)
      else { throw .usage("--sequence needs NAME=COUNT, not \(text)") }
      guard options.sequences.updateValue(count, forKey: name) == nil else {
        throw .usage("--sequence \(name) stands twice")
      }
    }
    for text in arguments.all("--shape") {
      guard let (name, value) = named(text), let extents = extents(value) else {
        throw .usage("--shape needs NAME=2x3, or NAME= for a scalar, not \(text)")
      }
      guard options.shapes.updateValue(extents, forKey: name) == nil else {
        throw .usage("--shape \(name) stands twice")
      }
    }
    options.absent = Set(arguments.all("--absent"))
  }

  private static func named(_ text: String) -> (name: String, value: String)? {
    guard let place = text.lastIndex(of: "="), place != text.startIndex else { return nil }
    return (String(text[..<place]), String(text[text.index(after: place)...]))
  }

  private static func extents(_ text: String) -> [Int]? {
    let words = text.isEmpty ? [] : text.split(separator: "x", omittingEmptySubsequences: false)
    let numbers = words.compactMap { Int($0) }
    let isValid = numbers.count == words.count && numbers.allSatisfy((0..<1 << 31).contains)
    return isValid ? numbers : nil
  }
}
