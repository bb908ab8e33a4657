import ApusIR
import ApusRuntime
import Foundation
import Testing

@testable import ApusDriver

@Suite struct RunTests {
  @Test func verifyOfRecordedImages() throws {
    let folder = try TemporaryFolder()
    try Files.makeDigitsCase(in: folder.path, count: 3)
    let outcome = apus("verify", folder.path, "--jobs", "2", "--junit", folder.path + "/r.xml")
    #expect(outcome.code == 0)
    #expect(
      outcome.output
        == "pass digits (1 data set, c and bytecode)\n1 passed, 0 failed, 0 skipped\n")
    let junit = try String(contentsOfFile: folder.path + "/r.xml", encoding: .utf8)
    #expect(junit.contains("tests=\"1\" failures=\"0\""))
  }

  @Test func verifyOfSpoiltImages() throws {
    let folder = try TemporaryFolder()
    try Files.makeDigitsCase(in: folder.path, count: 1, spoilt: true)
    let outcome = apus("verify", folder.path, "--backend", "bytecode")
    #expect(outcome.code == 1)
    #expect(outcome.output.contains("FAIL digits: case0.npz bytecode: probabilities: 1 of 10"))
    #expect(outcome.output.hasSuffix("\n0 passed, 1 failed, 0 skipped\n"))
    let loose = apus("verify", folder.path, "--backend", "bytecode", "--atol", "2", "--json")
    #expect(loose.code == 0)
    let document = try JSONSerialization.jsonObject(with: Data(loose.output.utf8))
    #expect((document as? [String: Any])?["passed"] as? Int == 1)
  }

  @Test func verifyByList() throws {
    let folder = try TemporaryFolder()
    let list = folder.path + "/list.txt"
    try Files.makeDigitsCase(in: folder.path, count: 1)
    let command = ["verify", folder.path, "--backend", "bytecode", "--list", list]
    try writeWhole("# nothing\n", to: list)
    let unlisted = apus(command)
    #expect(unlisted.code == 1)
    #expect(unlisted.output.contains("unlisted digits"))
    try writeWhole("digits  # our own\n", to: list)
    #expect(apus(command).code == 0)
    try writeWhole("digits\ngone\n", to: list)
    let missing = apus(command)
    #expect(missing.code == 1)
    #expect(missing.output.hasSuffix("1 passed, 1 failed, 0 skipped\n"))
  }

  @Test func unsupportedIsSkippedAndNothingPassedIsFailure() throws {
    let folder = try TemporaryFolder()
    try Files.makeDigitsCase(in: folder.path, count: 1)
    try writeWhole(
      OddModel.bytes(operators: ["Frobnicate"]), to: folder.path + "/digits/model.onnx")
    let outcome = apus("verify", folder.path)
    #expect(outcome.code == 1)
    #expect(outcome.output.hasPrefix("unsupported digits: error: operator Frobnicate"))
    #expect(outcome.output.hasSuffix("0 passed, 0 failed, 1 skipped\n"))
    let empty = try TemporaryFolder()
    #expect(apus("verify", empty.path).code == 2)
  }

  @Test func bytecodeAndModelGiveTheSameNumbers() throws {
    let folder = try TemporaryFolder()
    let file = folder.path + "/digits.apb"
    #expect(
      apus("compile", Files.digits, "-o", file, "--emit", "bytecode", "--dim", "N=2").code == 0)
    for (model, output) in [(file, "one"), (Files.digits, "two")] {
      let outcome = apus(
        "run", model, "--input", "image=random:5", "-o", folder.path + "/" + output, "--backend",
        "bytecode", "--dim", "N=2")
      #expect(outcome.code == 0)
    }
    let one = try TensorFile.read(folder.path + "/one/probabilities.npy")
    #expect(one == (try TensorFile.read(folder.path + "/two/probabilities.npy")))
    #expect(apus("dis", file, "--verify").output.contains("in  image: tensor<2x1x8x8xf32>"))
    #expect(apus("dis", file).output.hasPrefix("0: "))
    #expect(apus("dis", Files.digits).code == 3)
  }

  @Test func compiledFolderRuns() throws {
    let folder = try TemporaryFolder()
    let built = folder.path + "/c"
    let compile = apus("compile", Files.digits, "-o", built, "--dim=N=359", "--weights", "file")
    #expect(compile.code == 0)
    let outcome = apus("run", built, "--input", "image=" + Files.images, "-o", folder.path)
    #expect(outcome.code == 0)
    let got = try TensorFile.read(folder.path + "/probabilities.npy")[0].value
    let want = try TensorFile.read(Files.images).first { $0.name == "out:probabilities" }
    let tolerance = Tolerance(absolute: 1e-4, relative: 1e-3)
    let comparison = TensorComparison(
      got, with: try #require(want?.value), tolerance: tolerance)
    #expect(comparison?.isMatch == true)
    #expect(apus("run", built, "-o", folder.path).code == 2)
  }

  @Test func inspection() throws {
    let folder = try TemporaryFolder()
    let outcome = apus("inspect", Files.digits, "--json", "--dim", "N=1")
    #expect(outcome.code == 0)
    let document = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8))
    let fields = try #require(document as? [String: Any])
    #expect(fields["schema"] as? Int == 1)
    #expect(fields["multiply_adds"] as? Int == 309_248)
    #expect(fields["memory"] is [String: Any])
    #expect(apus("inspect", Files.digits).output.contains("no memory plan"))
    // 8x8 pixels, 16 filters, 9 taps: what the first convolution multiplies.
    let kernels = apus("inspect", Files.digits, "--dim=N=1", "--kernels", "--target=c99").output
    #expect(kernels.contains("          9 216"))
    #expect(kernels.contains("conv_0, order(0,2,3,1)"))
    #expect(kernels.contains("; tile reals 64x16x9 stride 1: "))
    #expect(apus("inspect", Files.digits, "--dot").output.hasPrefix("digraph"))
    #expect(apus("inspect", Files.digits, "--html", folder.path + "/p.html").code == 0)
  }

  @Test func inspectionOfIntegers() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/quantized.apir"
    try """
    graph @g(%x: tensor<2x8xu8>, %y: tensor<8x4xu8>, %z: tensor<8x4xf32>) -> (a: tensor<2x4xf32>, \
    b: tensor<2x4xf32>, c: tensor<2x8xf32>) {
      %0 = map %x {f = (a: u8) mul(f32(sub(i32(a), 3:i32)), 0.5:f32)} : tensor<2x8xf32>
      %1 = map %y {f = (a: u8) mul(f32(i32(a)), 0.25:f32)} : tensor<8x4xf32>
      %2 = matmul %0, %1 : tensor<2x4xf32>  @ "first"
      %3 = matmul %0, %z : tensor<2x4xf32>  @ "second"
      %4 = softmax %0 {axis = 1} : tensor<2x8xf32>
      return %2, %3, %4
    }
    """.write(toFile: path, atomically: true, encoding: .utf8)
    let outcome = apus("inspect", path, "--quantization")
    #expect(
      outcome.output.hasSuffix(
        """

        quantization
          products in integers: 1
          not in integers:
            second: one operand is real
            softmax: no integer form of this operation

        """))
    let json = apus("inspect", path, "--quantization", "--json").output
    let document = try JSONSerialization.jsonObject(with: Data(json.utf8))
    let section = (document as? [String: Any])?["quantization"] as? [String: Any]
    #expect(section?["integer_products"] as? Int == 1)
    #expect((section?["rest"] as? [[String: Any]])?.count == 2)
  }

  @Test func benchTimesKernels() throws {
    let outcome = apus(
      "bench", Files.digits, "--dim=N=1", "--backend", "bytecode", "--seconds", "0.01", "--json",
      "--per-kernel")
    let document = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8))
    let fields = try #require(document as? [String: Any])
    #expect((fields["peak_gflops"] as? Double ?? 0) > 0)
    let backends = try #require(fields["kernels"] as? [[String: Any]])
    let kernels = try #require(backends.first?["kernels"] as? [[String: Any]])
    #expect(kernels.count >= 5)
    #expect(kernels.allSatisfy { ($0["seconds"] as? Double ?? 0) > 0 })
    #expect(abs(kernels.reduce(0) { $0 + ($1["share"] as? Double ?? 0) } - 1) < 1e-6)
  }

  @Test func benchReportsBothBackEnds() throws {
    let outcome = apus(
      "bench", Files.digits, "--dim=N=1", "--compare", "bytecode", "--seconds", "0.01", "--json")
    #expect(outcome.code == 0)
    let document = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8))
    #expect(((document as? [String: Any])?["results"] as? [Any])?.count == 1)
  }
}
