import ApusIR
import ApusRuntime
import Foundation
import Synchronization

@testable import ApusDriver

/// What a command line printed and returned.
struct Outcome {
  var code: Int32
  var output: String
  var message: String
}

/// Runs a command line in this process.
func apus(_ words: String...) -> Outcome { apus(words) }

/// Runs a command line in this process.
func apus(_ words: [String]) -> Outcome {
  let capture = Capture()
  let code = CommandLineTool.run(
    words, console: Console(output: capture.output, message: capture.message))
  return capture.texts.withLock { Outcome(code: code, output: $0.output, message: $0.message) }
}

/// Collects what a command writes.
private final class Capture: Sendable {
  let texts = Mutex((output: "", message: ""))

  var output: @Sendable (String) -> Void {
    { [self] text in texts.withLock { $0.output += text + "\n" } }
  }

  var message: @Sendable (String) -> Void {
    { [self] text in texts.withLock { $0.message += text + "\n" } }
  }
}

/// Files of the repository and of tests.
enum Files {
  /// The root of the repository.
  static let root = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().path

  /// The digits network and its images.
  static let digits = root + "/Examples/digits/digits.onnx"
  static let images = root + "/Examples/digits/test-images.npz"

  /// A case of the first images of the digits network, at `folder/digits`.
  static func makeDigitsCase(in folder: String, count: Int, spoilt: Bool = false) throws {
    let path = folder + "/digits"
    try makeFolder(path)
    try copyFile(digits, to: path + "/model.onnx")
    let tensors = try TensorFile.read(images)
    func first(_ name: String, _ extents: [Int]) throws -> NamedTensor {
      let whole = tensors.first { $0.name == name }?.value
      let size = extents.reduce(count, *)
      var numbers = Array(whole?.elements(as: Float.self).prefix(size) ?? [])
      if spoilt && name.hasPrefix("out:") { numbers[0] += 1 }
      return NamedTensor(name, TensorData(.f32, [count] + extents, numbers))
    }
    let kept = [try first("in:image", [1, 8, 8]), try first("out:probabilities", [10])]
    try TensorFile.write(kept, to: path + "/case0.npz")
  }
}
