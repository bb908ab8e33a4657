import ApusRuntime
import Foundation
import Testing

@testable import ApusDriver

@Suite struct CompileTests {
  @Test func trouble() throws {
    let folder = try TemporaryFolder()
    let text = folder.path + "/text.onnx"
    try writeWhole("this is not a model\n", to: text)
    #expect(apus("compile", text, "-o", folder.path + "/out").code == 3)
    #expect(apus("compile", folder.path + "/gone.onnx", "-o", folder.path + "/out").code == 6)
    #expect(apus("verify", folder.path + "/gone").code == 6)
    let json = apus("compile", text, "-o", folder.path + "/out", "--diagnostics", "json")
    #expect(json.message.hasPrefix("{\"severity\":\"error\",\"code\":3"))
  }

  @Test func unsupportedOperatorsAreAllListed() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/odd.onnx"
    try writeWhole(OddModel.bytes(operators: ["Frobnicate", "Relu", "Transmogrify"]), to: path)
    let outcome = apus("compile", path, "-o", folder.path + "/out")
    #expect(outcome.code == 4)
    #expect(outcome.message.contains("\"node0\" (Frobnicate"))
    #expect(outcome.message.contains("\"node2\" (Transmogrify"))
    #expect(!outcome.message.contains("node1"))
  }

  @Test(arguments: ["c", "bytecode", "ir", "loops"])
  func compilingTwiceGivesTheSameBytes(_ kind: String) throws {
    let folder = try TemporaryFolder()
    var contents: [[String: Data]] = []
    for run in ["first", "second"] {
      let output = folder.path + "/" + run
      try makeFolder(output)
      let outcome = apus(
        "compile", Files.digits, "-o", output, "--emit", kind, "--dim", "N=1", "--target", "c99")
      if kind == "bytecode" {
        #expect(outcome.code == 2)
        #expect(apus("compile", Files.digits, "-o", output, "--emit", kind, "--dim=N=1").code == 0)
      } else {
        #expect(outcome.code == 0)
      }
      contents.append(try files(in: output))
    }
    #expect(contents[0] == contents[1])
    let want = ["c": ["digits.c", "digits.h", "digits.json"], "bytecode": ["digits.apb"]]
    let standard = ["digits." + (kind == "ir" ? "apir" : "loops")]
    #expect(
      contents[0].keys.filter { !$0.hasSuffix(".weights") }.sorted() == want[kind] ?? standard)
  }

  private func files(in folder: String) throws -> [String: Data] {
    var result: [String: Data] = [:]
    for name in try FileManager.default.contentsOfDirectory(atPath: folder) {
      result[name] = try Data(contentsOf: URL(filePath: folder + "/" + name))
    }
    return result
  }

  @Test func stagesCanBeSeen() throws {
    let folder = try TemporaryFolder()
    let stop = apus("compile", Files.digits, "--stop-after", "import")
    #expect(stop.code == 0)
    #expect(stop.output.hasPrefix("graph @"))
    let dump = apus(
      "compile", Files.digits, "-o", folder.path, "--dump", "import,optimize,lower", "--dim=N=1",
      "--stop-after", "lower", "--time-passes", "--print-after", "dead-code", "-O1",
      "--verify-each")
    #expect(dump.code == 0)
    #expect(dump.message.contains("ms  all passes"))
    #expect(dump.message.contains("// after dead-code"))
    let names = try files(in: folder.path).keys.sorted()
    #expect(names == ["digits.import.txt", "digits.lower.txt", "digits.optimize.txt"])
  }

  @Test func textGoesThroughPasses() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/double.apir"
    try writeWhole(
      """
      graph @g(%x: tensor<4xf32>) -> (y: tensor<4xf32>) {
        %a = map %x {f = (a: f32) neg(a)} : tensor<4xf32>
        %b = map %a {f = (a: f32) exp(a)} : tensor<4xf32>
        return %b
      }

      """, to: path)
    let outcome = apus("opt", path, "--passes", "fuse-maps,dead-code", "--verify-each")
    #expect(outcome.code == 0)
    #expect(outcome.output.contains("exp(neg(a))"))
    #expect(!outcome.output.contains("%a = "))
    #expect(apus("opt", path, "--passes", "nonsense").code == 2)
    #expect(apus("opt", Files.digits, "--passes", "dead-code").code == 3)
    let stop = apus("compile", Files.digits, "--emit", "ir", "-O0", "--dim=N=1")
    #expect(stop.code == 0 && stop.output.contains("softmax"))
  }

  @Test func dimensionsAreChecked() throws {
    let folder = try TemporaryFolder()
    let unknown = apus("compile", Files.digits, "-o", folder.path, "--dim", "M=2")
    #expect(unknown.code == 2)
    #expect(unknown.message.contains("it has N"))
    #expect(apus("compile", Files.digits, "-o", folder.path).code == 4)
    #expect(apus("compile", Files.digits, "-o", folder.path, "--dim", "N=1..64").code == 0)
    #expect(apus("compile", Files.digits, "-o", Files.digits, "--dim", "N=1").code == 2)
    #expect(apus("compile", Files.digits, "-o", folder.path, "--threads", "callback").code == 4)
  }
}

@Suite struct ExportTests {
  @Test(arguments: ["-O0", "-O2"]) func modelsAreWrittenAsONNX(_ level: String) throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/again.onnx"
    #expect(apus("compile", Files.digits, "-o", path, "--emit", "onnx", level).code == 0)
    let facts = apus("inspect", path)
    #expect(facts.output.contains("in  image: tensor<Nx1x8x8xf32>"))
    #expect(facts.output.contains("out probabilities: tensor<Nx10xf32>"))
    #expect(apus("diff", Files.digits, path, "--fail-on", "interface").code == 0)
    #expect(apus("compile", Files.digits, "--emit", "onnx").code == 2)
  }
}

/// ONNX models made of unary nodes, as bytes.
enum OddModel {
  /// A chain of operators on one tensor.
  static func bytes(operators: [String]) -> [UInt8] {
    var graph: [UInt8] = []
    for (place, name) in operators.enumerated() {
      graph += field(
        1,
        field(1, Array("t\(place)".utf8)) + field(2, Array("t\(place + 1)".utf8))
          + field(3, Array("node\(place)".utf8)) + field(4, Array(name.utf8)))
    }
    graph += field(2, Array("g".utf8))
    // A float tensor of extent 1.
    let type = field(1, [0x08, 1] + field(2, field(1, [0x08, 1])))
    graph += field(11, field(1, Array("t0".utf8)) + field(2, type))
    graph += field(12, field(1, Array("t\(operators.count)".utf8)) + field(2, type))
    return [0x08, 8] + field(7, graph) + field(8, [0x10, 17])
  }

  private static func field(_ number: UInt8, _ body: [UInt8]) -> [UInt8] {
    precondition(body.count < 1 << 14, "two bytes of length suffice")
    return [number << 3 | 2, UInt8(body.count & 127) | 128, UInt8(body.count >> 7)] + body
  }
}
