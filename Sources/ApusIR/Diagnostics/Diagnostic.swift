/// Something a person should know about their input: what, where, and what to do.
public struct Diagnostic: Hashable, Sendable {
  /// How bad it is.
  public enum Severity: String, Hashable, Sendable { case error, warning, note }

  /// What kind of trouble an error is; decides the exit code.
  public enum Category: Int32, Hashable, Sendable {
    case usage = 2
    case invalidInput = 3
    case unsupported = 4
    case limitExceeded = 5
    case inputOutput = 6
  }

  /// Where it is.
  public enum Place: Hashable, Sendable {
    /// A file as a whole.
    case file
    /// A byte offset of a binary file.
    case byte(Int)
    /// A line and column of a text file, both from 1, with the text of the line.
    case text(line: Int, column: Int, source: String)
    /// A node of the model: `graph` is the path of subgraphs, empty for the main graph.
    case node(graph: [String], index: Int, name: String, operatorType: String)
    /// A tensor of the model by name.
    case tensor(String)
    /// A pass of the compiler.
    case pass(String)
  }

  /// How bad it is.
  public var severity: Severity
  /// What kind of trouble it is.
  public var category: Category
  /// A stable name of the message, such as `conv-channel-mismatch`.
  public var id: String
  /// One sentence without a full stop.
  public var message: String
  /// The file that is talked about, as the user named it.
  public var file: String?
  /// Where in it.
  public var place: Place
  /// Facts that help to understand the message.
  public var notes: [String]
  /// What to do.
  public var help: String?

  /// An error.
  public init(
    _ category: Category, id: String, _ message: String, file: String? = nil, place: Place = .file,
    notes: [String] = [], help: String? = nil
  ) {
    self.init(
      .error, category, id: id, message, file: file, place: place, notes: notes, help: help)
  }

  /// A diagnostic of any severity.
  public init(
    _ severity: Severity, _ category: Category, id: String, _ message: String,
    file: String? = nil, place: Place = .file, notes: [String] = [], help: String? = nil
  ) {
    self.severity = severity
    self.category = category
    self.id = id
    self.message = message
    self.file = file
    self.place = place
    self.notes = notes
    self.help = help
  }
}

/// A failure that is a user's to mend: one or more diagnostics, at least one of them an error.
public struct DiagnosticError: Error, Sendable {
  /// All that was found, in the order of the input.
  public var diagnostics: [Diagnostic]

  /// A failure with all its diagnostics.
  public init(_ diagnostics: [Diagnostic]) { self.diagnostics = diagnostics }

  /// A failure with one diagnostic.
  public init(_ diagnostic: Diagnostic) { diagnostics = [diagnostic] }

  /// The documented exit code of the gravest category: the lowest code among the errors.
  public var exitCode: Int32 {
    diagnostics.filter { $0.severity == .error }.map(\.category.rawValue).min() ?? 70
  }
}
