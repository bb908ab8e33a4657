import ApusDiff
import ApusIR
import ApusRuntime
import Foundation
import Testing

@testable import ApusDriver

@Suite struct DiffTests {
  private static let graph = """
    graph @g(%x: tensor<4x3xf32>) -> (y: tensor<4x3xf32>) {
      %a = map %x {f = (a: f32) max(a, 0.0:f32)} : tensor<4x3xf32>  @ "Relu \\"r\\""
      %b = softmax %a {axis = 1} : tensor<4x3xf32>  @ "Softmax \\"s|<&\\""
      return %b
    }

    """

  private func files(_ folder: TemporaryFolder) throws -> (old: String, new: String) {
    let (old, new) = (folder.path + "/old.apir", folder.path + "/new.apir")
    try writeWhole(Self.graph, to: old)
    try writeWhole(Self.graph.replacing("axis = 1", with: "axis = 0"), to: new)
    return (old, new)
  }

  @Test func gateFollowsThePolicy() throws {
    let folder = try TemporaryFolder()
    let (old, new) = try files(folder)
    let same = apus("diff", old, old)
    #expect(same.code == 0)
    #expect(same.output == "no change of meaning\ngate: passed\n")
    let changed = apus("diff", old, new)
    #expect(changed.code == 1)
    #expect(changed.output.hasPrefix("attribute: softmax axis: 1 → 0  @ Softmax"))
    #expect(apus("diff", old, new, "--fail-on", "topology,weights>1e-3").code == 0)
    #expect(apus("diff", old, new, "--fail-on", "none").code == 0)
    #expect(apus("diff", old, new, "--ignore", "axis").code == 0)
    #expect(apus("diff", old, new, "--fail-on", "macs+x%").code == 2)
    let policy = folder.path + "/policy.json"
    try writeWhole(#"{"schema": 1, "fail-on": ["interface"]}"#, to: policy)
    #expect(apus("diff", old, new, "--policy", policy).code == 0)
    #expect(apus("diff", old, new, "--policy", policy, "--fail-on", "attribute").code == 1)
    try writeWhole(#"{"schema": 1, "fail_on": ["interface"]}"#, to: policy)
    #expect(apus("diff", old, new, "--policy", policy).code == 3)
  }

  @Test func coloursAreForTerminals() throws {
    let folder = try TemporaryFolder()
    let (old, new) = try files(folder)
    #expect(!apus("diff", old, new).output.contains("\u{1b}"))
    #expect(!apus("diff", old, new, "--color", "never").output.contains("\u{1b}"))
    let coloured = apus("diff", old, new, "--color", "always").output
    #expect(coloured.hasPrefix("\u{1b}[1;33mattribute\u{1b}[0m: softmax axis: 1 → 0"))
    #expect(coloured.hasSuffix("\u{1b}[1;31mgate: failed, attribute (1)\u{1b}[0m\n"))
    #expect(apus("diff", old, new, "--color", "sometimes").code == 2)
  }

  @Test func errorsNeverSayThatNothingChanged() throws {
    let folder = try TemporaryFolder()
    let (old, _) = try files(folder)
    let spoilt = folder.path + "/spoilt.txt"
    try writeWhole("apus-snapshot 1\n%0\tmap\t%in3\n", to: spoilt)
    for (path, code) in [("missing.onnx", 6), (spoilt, 3)] as [(String, Int32)] {
      let outcome = apus("diff", old, path)
      #expect(outcome.code == code)
      #expect(outcome.output.isEmpty)
    }
    #expect(apus("diff", old).code == 2)
  }

  @Test func reportsAreWellFormed() throws {
    let folder = try TemporaryFolder()
    let (old, new) = try files(folder)
    let outcome = apus(
      "diff", old, new, "--json", "--markdown", folder.path + "/r.md", "--junit",
      folder.path + "/r.xml", "--sarif", folder.path + "/r.sarif")
    let document = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8))
    let fields = try #require(document as? [String: Any])
    #expect(fields["schema"] as? Int == 1)
    #expect(fields["gate"] as? String == "failed")
    #expect((fields["changes"] as? [[String: Any]])?.first?["class"] as? String == "attribute")
    let sarif = try String(contentsOfFile: folder.path + "/r.sarif", encoding: .utf8)
    let log = try JSONSerialization.jsonObject(with: Data(sarif.utf8)) as? [String: Any]
    #expect(log?["version"] as? String == "2.1.0")
    _ = apus("diff", old, new, "--sarif", folder.path + "/n.sarif", "--fail-on", "nothing+5%")
    let limits = try String(contentsOfFile: folder.path + "/n.sarif", encoding: .utf8)
    #expect(limits.contains("\"nothing+5%: nothing is not known of both models\""))
    let junit = try String(contentsOfFile: folder.path + "/r.xml", encoding: .utf8)
    #expect(junit.contains("tests=\"6\" failures=\"1\""))
    let markdown = try String(contentsOfFile: folder.path + "/r.md", encoding: .utf8)
    #expect(markdown.contains("| attribute | softmax axis: 1 → 0 | Softmax \"s\\|&lt;&\" |"))
  }

  @Test func pagesHoldTheirDataAndNothingElse() throws {
    let folder = try TemporaryFolder()
    let (old, new) = try files(folder)
    let evil = try String(contentsOfFile: new, encoding: .utf8)
    try writeWhole(evil.replacing("s|<&", with: "</script><img src=x>"), to: new)
    #expect(apus("diff", old, new, "--html", folder.path + "/r.html").code == 1)
    let page = try String(contentsOfFile: folder.path + "/r.html", encoding: .utf8)
    #expect(!page.contains("<img") && !page.contains("@DATA@") && !page.contains("@TITLE@"))
    #expect(!page.contains("http://") && !page.contains("https://"))
    let start = try #require(page.range(of: "application/json\">"))
    let end = try #require(page.range(of: "</script>", range: start.upperBound..<page.endIndex))
    let text = page[start.upperBound..<end.lowerBound]
    let data = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
    #expect((data?["items"] as? [Any])?.count == 4)
    #expect((data?["edges"] as? [[Int]])?.map { $0[2] } == [3, 3, 3])
    let change = (data?["changes"] as? [[String: Any]])?.first
    #expect(change?["text"] as? String == "softmax axis: 1 → 0")
    #expect(change?["items"] as? [Int] == [2])
  }

  private func scaled(by factor: Double, _ element: String = "f32") -> String {
    """
    graph @g(%x: tensor<2x3x\(element)>) -> (y: tensor<2x3x\(element)>) {
      %a = map %x {f = (a: \(element)) mul(a, \(factor):\(element))} : tensor<2x3x\(element)>
      return %a
    }

    """
  }

  @Test func driftOfOutputs() throws {
    let folder = try TemporaryFolder()
    let (old, new, data) = (
      folder.path + "/old.apir", folder.path + "/new.apir", folder.path + "/d"
    )
    try writeWhole(scaled(by: 2), to: old)
    try writeWhole(scaled(by: 2.5), to: new)
    #expect(apus("diff", old, new, "--data", data).code == 6)
    try makeFolder(data)
    let x = TensorData(.f32, [2, 3], [1, 2, 3, -1, -2, -4] as [Float])
    try TensorFile.write([NamedTensor("in:x", x)], to: data + "/a.npz")
    let rule = ["--data", data, "--fail-on", "drift>0.2"]
    let drift = apus(["diff", old, new] + rule)
    // 2.5 x is a quarter off 2 x, and 0.5 * 4 at most.
    #expect(
      drift.output.contains(
        "drift of y: maximum 2, relative 0.25, top-1 agreement 100.00 % of 2 rows (1 run)"))
    #expect(drift.output.hasSuffix("gate: failed, drift>0.2 (1)\n"))
    #expect(apus("diff", old, new, "--data", data, "--fail-on", "drift>0.25").code == 0)
    try writeWhole(scaled(by: -2), to: new)
    #expect(apus(["diff", old, new] + rule).output.contains("agreement 0.00 % of 2 rows"))
    // The same inputs in half precision.
    try writeWhole(scaled(by: 2, "f16"), to: new)
    #expect(apus(["diff", old, new] + rule).code == 0)
    let golden = folder.path + "/golden.txt"
    #expect(apus("snapshot", old, "-o", golden).code == 0)
    #expect(apus("diff", golden, new, "--data", data).code == 2)
    try writeWhole(scaled(by: 2).replacing("%x", with: "%z"), to: old)
    #expect(apus(["diff", old, new] + rule).code == 2)
  }

  @Test func measuredTimesHaveAVerdict() throws {
    let folder = try TemporaryFolder()
    let (old, new) = try files(folder)
    let outcome = apus("diff", old, new, "--measure", "--seconds", "0.01", "--json")
    let document = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8))
    let time = (document as? [String: Any])?["time"] as? [String: Any]
    #expect((time?["rounds"] as? Int ?? 0) >= 10)
    #expect(Timing.Verdict(rawValue: time?["verdict"] as? String ?? "") != nil)
    #expect(apus("diff", old, new, "--fail-on", "time+5%").code == 1)
  }

  /// What a document has that its schema does not know, and what it lacks, by path.
  private func violations(_ value: Any, _ schema: [String: Any], _ path: String) -> [String] {
    if let items = value as? [Any] {
      guard let inner = schema["items"] as? [String: Any] else { return [path] }
      return items.enumerated().flatMap { violations($1, inner, "\(path)/\($0)") }
    }
    if let choices = schema["enum"] as? [String] {
      return choices.contains(value as? String ?? "") ? [] : [path]
    }
    guard let fields = value as? [String: Any] else { return [] }
    guard let known = schema["properties"] as? [String: [String: Any]] else { return [path] }
    let missing = Set(schema["required"] as? [String] ?? []).subtracting(fields.keys)
    return missing.map { "\(path)/\($0) is missing" }
      + fields.flatMap { name, inner in
        known[name].map { violations(inner, $0, "\(path)/\(name)") } ?? ["\(path)/\(name)"]
      }
  }

  @Test func documentsFollowTheirSchema() throws {
    let folder = try TemporaryFolder()
    let (old, new) = (folder.path + "/old.apir", folder.path + "/new.apir")
    try writeWhole(scaled(by: 2), to: old)
    try writeWhole(scaled(by: 3), to: new)
    let x = TensorData(.f32, [2, 3], [1, 2, 3, -1, -2, -4] as [Float])
    try TensorFile.write([NamedTensor("x", x)], to: folder.path + "/a.npz")
    let path = Files.root + "/docs/diff-report.schema.json"
    let text = try Data(contentsOf: URL(fileURLWithPath: path))
    let schema = try #require(try JSONSerialization.jsonObject(with: text) as? [String: Any])
    for options in [[], ["--data", folder.path, "--measure", "--seconds", "0.01"]] {
      let outcome = apus(["diff", old, new, "--json"] + options)
      let document = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8))
      #expect(violations(document, schema, "") == [])
    }
  }

  @Test func twinsHaveTheSameSnapshot() throws {
    let folder = try TemporaryFolder()
    let constants = [
      "constant 0x0000803f000000400000404000008040 : tensor<4x1xf32>",
      "constant 0x0000a0400000c0400000e04000000041 : tensor<4x1xf32>",
    ]
    let heads = ["%x: tensor<4x3xf32>", "y: tensor<4x3xf32>", "z: tensor<4x3xf32>"]
    let head = "graph @g(\(heads[0])) -> (\(heads[1]), \(heads[2])) {\n"
    let map = "{f = (a: f32, b: f32) "
    let old = """
        %w = \(constants[0])
        %v = \(constants[1])
        %a = map %x, %w \(map)mul(a, b)} : tensor<4x3xf32>  @ "first"
        %b = map %a, %v \(map)add(a, max(b, 0.0:f32))} : tensor<4x3xf32>  @ "second"
        %s = softmax %b {axis = 1} : tensor<4x3xf32>  @ "third"
        %t = softmax %x {axis = 0} : tensor<4x3xf32>  @ "fourth"
        return %s, %t
      }

      """
    let new = """
        %q0 = softmax %x {axis = 0} : tensor<4x3xf32>  @ "another_name"
        %q1 = \(constants[1])
        %q2 = \(constants[0])
        %q3 = map %q2, %x \(map)mul(b, a)} : tensor<4x3xf32>
        %q4 = map %q3, %q1 \(map)add(max(0.0:f32, b), a)} : tensor<4x3xf32>
        %q5 = softmax %q4 {axis = 1} : tensor<4x3xf32>
        return %q5, %q0
      }

      """
    let paths = [folder.path + "/old.apir", folder.path + "/new.apir"]
    for (path, body) in zip(paths, [old, new]) { try writeWhole(head + body, to: path) }
    let texts = paths.map { apus("snapshot", $0).output }
    #expect(texts[0] == texts[1])
    // What is measured does not depend on names and order either.
    for name in ["arena", "kernels", "cycles", "code"] {
      #expect(texts[0].contains("measure\t\(name)\t"))
    }
  }

  @Test func goldenSnapshots() throws {
    let folder = try TemporaryFolder()
    let golden = folder.path + "/digits.txt"
    #expect(apus("diff", "--golden", golden, Files.digits).code == 6)
    #expect(apus("diff", "--golden", golden, Files.digits, "--update").code == 0)
    let text = try String(contentsOfFile: golden, encoding: .utf8)
    #expect(apus("snapshot", Files.digits).output == text)
    let same = apus("diff", "--golden", golden, Files.digits)
    #expect(same.code == 0)
    #expect(same.output == "no change of meaning\ngate: passed\n")
    try writeWhole(text.replacing("\t#", with: "\t#1").replacing(" #", with: " #1"), to: golden)
    #expect(apus("diff", "--golden", golden, Files.digits).code != 0)
  }

  @Test func shapesThatFollowFromInputsAreInterface() throws {
    let folder = try TemporaryFolder()
    let (old, new) = (folder.path + "/old.apir", folder.path + "/new.apir")
    func text(_ batch: String) -> String {
      """
      graph @g(%x: tensor<\(batch)x6xf32>) -> (y: tensor<\(batch)x2x3xf32>) {
        %a = reshape %x {shape = <\(batch)x2x3>} : tensor<\(batch)x2x3xf32>
        return %a
      }

      """
    }
    try writeWhole(text("N"), to: old)
    try writeWhole(text("4"), to: new)
    #expect(apus("diff", old, new).code == 1)
    #expect(apus("diff", old, new, "--fail-on", "attribute,topology,weight").code == 0)
  }
}
