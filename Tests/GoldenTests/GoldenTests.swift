import Foundation
import Testing

/// Every file below `Tests/Golden` does what its first line says and compares with what follows.
///
/// `UPDATE_GOLDEN=1 swift test --filter GoldenTests` writes the files anew.
@Suite struct GoldenTests {
  @Test(arguments: GoldenFile.all) func matches(_ file: GoldenFile) throws {
    let text = try String(contentsOf: file.url, encoding: .utf8)
    let test = try #require(
      GoldenTest(text), "the first line must be '// RUN: …' and a line '// ----' must follow")
    let result = try test.result()
    if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1" {
      let updated = test.text(expecting: result)
      if updated != text { try updated.write(to: file.url, atomically: true, encoding: .utf8) }
    } else {
      #expect(
        result == test.expected, "\(file) differs; look at it, then run with UPDATE_GOLDEN=1")
    }
  }

  @Test func thereAreFiles() { #expect(GoldenFile.all.count >= 10) }
}

/// A file below `Tests/Golden`.
struct GoldenFile: Sendable, CustomTestStringConvertible, CustomStringConvertible {
  /// The path below `Tests/Golden`.
  var path: String

  var url: URL { Self.folder.appendingPathComponent(path) }
  var description: String { path }
  var testDescription: String { path }

  private static let folder = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("Golden")

  /// All files with a RUN line, in alphabetical order.
  static let all: [GoldenFile] = {
    let paths = FileManager.default.enumerator(atPath: folder.path)?.compactMap { $0 as? String }
    return (paths ?? []).filter { $0.hasSuffix(".apus") }.sorted().map { GoldenFile(path: $0) }
  }()
}
