internal import Foundation

/// Where a command writes: data to standard output, everything else to standard error.
public struct Console: Sendable {
  /// Takes data.
  public var output: @Sendable (String) -> Void
  /// Takes messages.
  public var message: @Sendable (String) -> Void
  /// Whether a person watches, so that progress is worth showing.
  public var isInteractive: Bool
  /// Whether data goes to a terminal that shows colours.
  public var showsColours: Bool

  /// A console.
  public init(
    output: @escaping @Sendable (String) -> Void, message: @escaping @Sendable (String) -> Void,
    isInteractive: Bool = false, showsColours: Bool = false
  ) {
    self.output = output
    self.message = message
    self.isInteractive = isInteractive
    self.showsColours = showsColours
  }

  /// The process's own streams.
  public static let standard = Console(
    output: { FileHandle.standardOutput.write(Data(($0 + "\n").utf8)) },
    message: { FileHandle.standardError.write(Data(($0 + "\n").utf8)) },
    isInteractive: isatty(2) == 1,
    showsColours: isatty(1) == 1 && ProcessInfo.processInfo.environment["TERM"] != "dumb")
}
