import ApusRuntime
import ApusTestSupport
import Foundation
import Testing

@testable import ApusDriver

/// A model that is wrong or odd, and the exit code of compiling it.
struct HostileModel: Sendable, CustomTestStringConvertible {
  let name: String
  let code: Int32
  let model: ModelBytes

  var testDescription: String { name }

  init(_ name: String, _ code: Int32, _ model: ModelBytes) {
    (self.name, self.code, self.model) = (name, code, model)
  }
}

/// Models with hostile content: one clear line and a code, nothing written, no trap.
@Suite struct HostileModelTests {
  @Test(
    .timeLimit(.minutes(1)),
    arguments: HostileModel.graphs + HostileModel.operators + HostileModel.strings)
  func givesItsCode(_ hostile: HostileModel) throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/m.onnx"
    try writeWhole(hostile.model.bytes, to: path)
    for emit in [
      ["--emit", "c", "-o", folder.path + "/c"], ["--emit=bytecode", "-o", folder.path + "/b"],
    ] {
      let outcome = apus(["compile", path] + emit)
      #expect(outcome.code == hostile.code, "\(outcome.message)")
      if outcome.code != 0 {
        #expect(outcome.message.split(separator: "\n").first?.contains("error: ") == true)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["m.onnx"])
      } else {
        try FileManager.default.removeItem(atPath: String(emit[emit.count - 1]))
      }
    }
  }
}
