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

  @Test func measuredMachineIsKept() throws {
    let folder = try TemporaryFolder()
    let file = folder.path + "/tuning.txt"
    let result = apus("bench", "--machine", "--seconds=0.01", "--tuning", file)
    #expect(result.code == 0)
    #expect(result.output.contains("third-level cache"))
    let lines = try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n")
    #expect(lines.count == 4)
    func report() -> String {
      let words = ["inspect", "--kernels", "--json", "--tuning", file, Files.digits, "--dim=N=1"]
      return apus(words).output
    }
    let measured = report()
    #expect(measured.contains("predicted_ns"))
    // A machine that computes slower takes longer.
    let slower = lines.map { line in
      line.contains("multiply-adds")
        ? line.prefix { $0 != "m" } + "machine multiply-adds | 1" : line
    }
    try writeWhole(slower.joined(separator: "\n") + "\n", to: file)
    #expect(report() != measured)
  }

  @Test func machineTakesNoModel() {
    #expect(apus("bench", "--machine", Files.digits).code == 2)
    #expect(apus("bench", "--machine", "--per-kernel").code == 2)
    #expect(apus("bench", "--machine", "--target=c99").code == 2)
    #expect(apus("bench", "--machine", "--seconds=0.01", "--json").output.contains("peak_gflops"))
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
