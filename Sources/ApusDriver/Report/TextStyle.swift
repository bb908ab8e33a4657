internal import ApusIR
internal import Foundation

/// How a report marks words on a terminal.
struct TextStyle {
  /// When reports have colours.
  enum Choice: String, CaseIterable { case auto, always, never }

  /// A parameter of the sequence "select graphic rendition" of ECMA-48.
  enum Attribute: Int {
    case bold = 1
    case faint = 2
    case red = 31
    case green, yellow, blue, magenta, cyan
  }

  private let isColoured: Bool

  /// What `--color` asks for: by default colours on a terminal, unless NO_COLOR is set.
  init(_ arguments: Arguments, _ console: Console) throws(DiagnosticError) {
    switch try arguments.choice("--color", default: Choice.auto) {
    case .always: isColoured = true
    case .never: isColoured = false
    case .auto:
      let isUnwanted = ProcessInfo.processInfo.environment["NO_COLOR"].map { !$0.isEmpty } ?? false
      isColoured = console.showsColours && !isUnwanted
    }
  }

  /// The text between the sequences that set attributes and that take them back.
  func apply(_ attributes: [Attribute], to text: String) -> String {
    guard isColoured, !text.isEmpty else { return text }
    let codes = attributes.map { String($0.rawValue) }.joined(separator: ";")
    return "\u{1b}[\(codes)m\(text)\u{1b}[0m"
  }
}
