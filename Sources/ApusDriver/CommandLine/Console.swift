internal import Foundation

/// Where a command writes: data to standard output, everything else to standard error.
public struct Console: Sendable {
  /// Takes data.
  public var output: @Sendable (String) -> Void
  /// Takes messages.
  public var message: @Sendable (String) -> Void
  /// Whether a person watches, so that progress is worth showing.
  public var isInteractive: Bool

  /// A console.
  public init(
    output: @escaping @Sendable (String) -> Void, message: @escaping @Sendable (String) -> Void,
    isInteractive: Bool = false
  ) {
    self.output = output
    self.message = message
    self.isInteractive = isInteractive
  }

  /// The process's own streams.
  public static let standard = Console(
    output: { FileHandle.standardOutput.write(Data(($0 + "\n").utf8)) },
    message: { FileHandle.standardError.write(Data(($0 + "\n").utf8)) },
    isInteractive: isatty(2) == 1)
}
