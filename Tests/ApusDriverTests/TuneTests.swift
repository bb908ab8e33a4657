import ApusRuntime
import Foundation
import Testing

@testable import ApusDriver

@Suite struct TuneTests {
  @Test func measuredChoicesAreReplayed() throws {
    let folder = try TemporaryFolder()
    let file = folder.path + "/cache/tuning.txt"
    func compile(_ output: String, _ options: String...) throws -> Data {
      let path = folder.path + "/" + output
      let words = ["compile", Files.digits, "-o", path, "--dim", "N=1", "--tuning", file]
      #expect(apus(words + options).code == 0)
      return try Data(contentsOf: URL(filePath: path + "/digits.c"))
    }
    let tuned = try compile("tuned", "--tune=60")
    let text = try String(contentsOfFile: file, encoding: .utf8)
    #expect(text.hasPrefix("# apus tuning 1: "))
    #expect(text.contains(" | tile reals 64x16x9 stride 1 | "))
    #expect(try compile("replayed") == tuned)
    // What the file answers is not measured again.
    #expect(try compile("again", "--tune=0") == tuned)
    #expect(try String(contentsOfFile: file, encoding: .utf8) == text)
    // Other answers give other code.
    let other = text.split(separator: "\n").map { line -> String in
      guard line.contains("tile reals 64x16x9"), let bar = line.lastIndex(of: "|") else {
        return String(line)
      }
      return line[..<bar] + "| 7x1"
    }
    try writeWhole(other.joined(separator: "\n") + "\n", to: file)
    #expect(try compile("other") != tuned)
  }

  @Test func trouble() throws {
    let folder = try TemporaryFolder()
    let (file, output) = (folder.path + "/tuning.txt", folder.path + "/out")
    try writeWhole("# apus tuning 1: target | processor | question | answer\na | b\n", to: file)
    let damaged = apus("compile", Files.digits, "-o", output, "--dim=N=1", "--tuning", file)
    #expect(damaged.code == 3)
    #expect(damaged.message.contains("line 2"))
    #expect(apus("compile", Files.digits, "-o", output, "--tune", "--target", "c99").code == 2)
    #expect(apus("compile", Files.digits, "-o", output, "--tune=x").code == 2)
  }
}
