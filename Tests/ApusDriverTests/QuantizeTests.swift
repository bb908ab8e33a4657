import ApusIR
import ApusRuntime
import Foundation
import Testing

@testable import ApusDriver

@Suite struct QuantizeTests {
  private let data = Files.root + "/Examples/digits/calibration-images.npz"

  private func withFolder(_ body: (String) throws -> Void) throws {
    let folder = try TemporaryFolder()
    try body(folder.path)
  }

  private func bytes(_ path: String) throws -> [UInt8] { try FileBytes(reading: path).array }

  /// The share of test images that a model reads as their label says.
  private func accuracy(_ model: String, in folder: String) throws -> Double {
    let tensors = try TensorFile.read(Files.images)
    func tensor(_ name: String) throws -> TensorData {
      try #require(tensors.first { $0.name == name }).value
    }
    try TensorFile.write([NamedTensor("", try tensor("in:image"))], to: folder + "/x.npy")
    let outcome = apus(
      "run", model, "--backend", "bytecode", "--input", "image=\(folder)/x.npy", "-o", folder)
    try #require(outcome.code == 0, "\(outcome.message)")
    let rows = try TensorFile.read(folder + "/probabilities.npy")[0].value
      .elements(as: Float.self)
    let labels = try tensor("label").elements(as: Int64.self)
    let right = labels.indices.count { row in
      let chances = rows[row * 10..<row * 10 + 10]
      return chances.max().flatMap { chances.firstIndex(of: $0) } == row * 10 + Int(labels[row])
    }
    return Double(right) / Double(labels.count)
  }

  /// The network of real numbers is right on 356 of 359 images.
  @Test(
    arguments: [
      (["--data", "DATA"], 0.3), (["--data", "DATA", "--activations", "s8"], 0.3),
      (["--method", "dynamic"], 0.3), (["--weights", "int8"], 0.3), (["--weights", "int4"], 1),
      (["--weights", "int4", "--data", "DATA", "--rounding", "gptq"], 1),
      (["--weights", "mxfp8"], 1),
    ] as [([String], Double)])
  func digitsStayReadable(_ options: [String], _ points: Double) throws {
    try withFolder { folder in
      let output = folder + "/q.onnx"
      let words = options.map { $0 == "DATA" ? data : $0 }
      let outcome = apus(["quantize", Files.digits, "-o", output, "--measure", "no"] + words)
      #expect(outcome.code == 0, "\(outcome.message)")
      let sizes = [try bytes(output).count, try bytes(Files.digits).count]
      #expect(sizes[0] < sizes[1] / 2)
      let drop = 356.0 / 359 - (try accuracy(output, in: folder))
      #expect(drop * 100 <= points)
    }
  }

  @Test(arguments: [
    ["--data", "DATA"], ["--weights", "int4", "--data", "DATA", "--rounding", "gptq"],
    ["--data", "DATA", "--equalize", "--smooth", "0.5"], ["--weights", "int2", "--asymmetric"],
  ])
  func recipesGiveTheSameBytes(_ options: [String]) throws {
    try withFolder { folder in
      let words = options.map { $0 == "DATA" ? data : $0 }
      let (first, second) = (folder + "/a.onnx", folder + "/b.onnx")
      let recipe = folder + "/recipe.json"
      let made = apus(
        ["quantize", Files.digits, "-o", first, "--measure", "no", "--recipe", recipe] + words)
      #expect(made.code == 0, "\(made.message)")
      let again = apus(
        "quantize", Files.digits, "-o", second, "--measure", "no", "--from-recipe", recipe,
        "--data", data)
      #expect(again.code == 0, "\(again.message)")
      let files = [try bytes(first), try bytes(second)]
      #expect(files[0] == files[1])
    }
  }

  @Test(arguments: ["yes", "no"], ["percentile", "entropy"])
  func recipesSayWhatWasAsked(_ bias: String, _ calibrator: String) throws {
    try withFolder { folder in
      let recipe = folder + "/recipe.json"
      let outcome = apus(
        "quantize", Files.digits, "-o", folder + "/q.onnx", "--data", data, "--measure", "no",
        "--recipe", recipe, "--bias-correction", bias, "--calibrate", calibrator)
      #expect(outcome.code == 0)
      let text = String(decoding: try bytes(recipe), as: UTF8.self)
      #expect(text.contains("\"corrects_bias\": \(bias == "yes")"))
      #expect(text.contains("\"calibrator\": \"\(calibrator)\""))
      #expect(text.contains("\"correction\": []") == (bias == "no"))
    }
  }

  @Test func damagedRecipesAreRefused() throws {
    try withFolder { folder in
      let recipe = folder + "/recipe.json"
      for text in ["", "{}", "{\"schema\": 2}"] {
        try writeWhole(text, to: recipe)
        let outcome = apus(
          "quantize", Files.digits, "-o", folder + "/q.onnx", "--from-recipe", recipe)
        #expect(outcome.code == 3)
        #expect(outcome.message.contains("[recipe]"))
      }
    }
  }

  @Test func uselessDataIsRefusedByName() throws {
    try withFolder { folder in
      let image = TensorData(.f32, [1, 1, 8, 8], [Float](repeating: 0, count: 64))
      var odd = [Float](repeating: 0, count: 64)
      odd[7] = .nan
      let cases: [(String, String, NamedTensor?)] = [
        ("empty", "calibration-empty", nil),
        ("constant", "calibration-constant", NamedTensor("image", image)),
        ("nan", "calibration-number", NamedTensor("image", TensorData(.f32, [1, 1, 8, 8], odd))),
        ("shape", "calibration-shape", NamedTensor("image", TensorData(.f32, [64], odd))),
      ]
      for (name, id, tensor) in cases {
        try makeFolder("\(folder)/\(name)")
        if let tensor { try TensorFile.write([tensor], to: "\(folder)/\(name)/one.npz") }
        let outcome = apus(
          "quantize", Files.digits, "-o", folder + "/q.onnx", "--data", "\(folder)/\(name)")
        #expect(outcome.code == 3)
        #expect(outcome.message.contains("[\(id)]"))
        if tensor != nil { #expect(outcome.message.contains("one.npz")) }
      }
      try TensorFile.write(
        [NamedTensor("other", image), NamedTensor("more", image)], to: folder + "/names.npz")
      let outcome = apus(
        "quantize", Files.digits, "-o", folder + "/q.onnx", "--data", folder + "/names.npz")
      #expect(outcome.code == 3 && outcome.message.contains("[calibration-input]"))
      #expect(!FileManager.default.fileExists(atPath: folder + "/q.onnx"))
    }
  }

  @Test func quantizedModelsAreRefused() throws {
    try withFolder { folder in
      let once = folder + "/once.onnx"
      let first = apus("quantize", Files.digits, "-o", once, "--data", data, "--measure", "no")
      #expect(first.code == 0)
      let again = apus("quantize", once, "-o", folder + "/twice.onnx", "--data", data)
      #expect(again.code == 3 && again.message.contains("[quantized-already]"))
    }
  }

  @Test(arguments: [
    [], ["--data", "x", "--weights", "int3"], ["--method", "dynamic", "--weights", "int8"],
    ["--rounding", "gptq", "--weights", "int4"], ["--budget", "bytes=-3", "--data", "x"],
    ["--budget", "accuracy=20", "--weights", "int4"], ["--report", "x.pdf", "--data", "x"],
    ["--budget", "latency=0%", "--data", "x"], ["--budget", "latency=3", "--data", "x"],
    ["--budget", "latency=-1ms", "--data", "x"], ["--budget", "latency=infs", "--data", "x"],
    ["--measure", "yes", "--target", "c99", "--data", "x"],
    ["--percentile", "20", "--data", "x"], ["--smooth", "2", "--data", "x"],
  ])
  func mistakesOfUsageReturn2(_ options: [String]) {
    let outcome = apus(["quantize", Files.digits, "-o", "/nowhere/q.onnx"] + options)
    #expect(outcome.code == 2, "\(outcome.message)")
  }

  @Test func budgetsMixFormats() throws {
    try withFolder { folder in
      let (output, report) = (folder + "/q.onnx", folder + "/report")
      for ending in ["html", "svg", "json"] {
        let outcome = apus(
          "quantize", Files.digits, "-o", output, "--data", data, "--weights", "int2",
          "--budget", "bytes=6500", "--sensitivity", "--report", "\(report).\(ending)",
          "--measure", "no")
        #expect(outcome.code == 0, "\(outcome.message)")
        #expect(outcome.output.contains("/conv2/Conv"))
      }
      #expect(String(decoding: try bytes(report + ".svg"), as: UTF8.self).hasPrefix("<svg"))
      let page = String(decoding: try bytes(report + ".html"), as: UTF8.self)
      #expect(page.contains("<svg") && !page.contains("href="))
      #expect(String(decoding: try bytes(report + ".json"), as: UTF8.self).contains("\"choice\""))
      let impossible = apus(
        "quantize", Files.digits, "-o", output, "--data", data, "--budget", "bytes=10")
      #expect(impossible.code == 5 && impossible.message.contains("[quantize-budget]"))
    }
  }

  /// Without measuring, times are estimates, which are the same on every run.
  @Test(arguments: ["--measure=no", "--target=cortex-m4"])
  func latenciesAreModelledWithoutMeasuring(_ option: String) throws {
    try withFolder { folder in
      let (output, report) = (folder + "/q.onnx", folder + "/report")
      let words = ["quantize", Files.digits, "-o", output, "--data", data, option]
      for ending in ["html", "svg", "json"] {
        let outcome = apus(
          words + ["--budget", "latency=80%", "--sensitivity", "--report", "\(report).\(ending)"])
        #expect(outcome.code == 0, "\(outcome.message)")
        #expect(outcome.output.contains("modelled time"))
      }
      let json = String(decoding: try bytes(report + ".json"), as: UTF8.self)
      #expect(json.contains("\"source\": \"modelled\"") && json.contains("\"expected_time\""))
      #expect(String(decoding: try bytes(report + ".svg"), as: UTF8.self).contains("100.0 %"))
      #expect(String(decoding: try bytes(report + ".html"), as: UTF8.self).contains("estimate"))
      let missed = apus(words + ["--budget", "latency=1%"])
      #expect(missed.code == 5 && missed.message.contains("the best time reached is"))
      let seconds = apus(words + ["--budget", "latency=10ms"])
      #expect(seconds.code == 2 && seconds.message.contains("give a share"))
    }
  }

  /// Times of this machine decide nothing here: every mixture is faster than an hour.
  @Test func latenciesAreMeasured() throws {
    try withFolder { folder in
      let outcome = apus(
        "quantize", Files.digits, "-o", folder + "/q.onnx", "--data", data, "--budget",
        "latency=3600s", "--sensitivity", "--measure", "yes", "--allow-slower")
      #expect(outcome.code == 0, "\(outcome.message)")
      #expect(outcome.output.contains("measured time") && outcome.output.contains(" ms, "))
    }
  }

  // MARK: Speed

  @Test func measuringNeedsACompiler() throws {
    try withFolder { folder in
      let output = folder + "/q.onnx"
      let words = ["quantize", Files.digits, "-o", output, "--weights", "int8"]
      let measured = apus(words + ["--measure", "yes", "--allow-slower"])
      #expect(measured.code == 0 && measured.message.contains("times as fast"))
      let missing = apus(words + ["--measure", "yes", "--cc", "no-such-compiler"])
      #expect(missing.code == 6 && missing.message.contains("[c-compiler"))
      let skipped = apus(words + ["--cc", "no-such-compiler"])
      #expect(skipped.code == 0 && skipped.message.contains("not measured"))
    }
  }

  @Test func slowerModelsFailAndNameTheirLayers() {
    let real = SpeedGate.Times(total: 1e-3, layers: ["a": 4e-4, "b": 6e-4])
    let fast = SpeedGate(real: real, quantized: .init(total: 1.02e-3))
    #expect(!fast.fails)
    let slow = SpeedGate(
      real: real, quantized: .init(total: 2e-3, layers: ["a": 3e-4, "b": 1.5e-3, "c": 2e-4]))
    #expect(slow.fails)
    #expect(slow.culprits == ["b takes 900.0 us more", "c takes 200.0 us more"])
    #expect(slow.diagnostic.text.contains("[quantize-slower]"))
    #expect(slow.summary.hasSuffix("0.50 times as fast"))
  }
}
