import ApusIR
import ApusONNX
import ApusTestSupport
import Foundation
import Testing

@Suite struct ModelNotesTests {
  /// A model with notes of every kind.
  private let noted: [UInt8] = {
    let entry = Proto().text(1, "licence").text(2, "MIT")
    let described = node().text(6, "of a node")
    let graph = Proto().message(1, described).message(1, described).text(10, "of the graph")
      .message(11, Proto().text(1, "x").text(3, "of an input"))
      .message(12, Proto().text(1, "y")).message(16, entry)
    return Proto().int(1, 8).text(2, "maker").text(3, "2.1").int(5, 7).text(6, "of the model")
      .message(7, graph).message(14, entry).bytes
  }()

  private func notes(of bytes: [UInt8]) throws -> [String: String] {
    let path = FileManager.default.temporaryDirectory.path + "/\(UUID().uuidString).onnx"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try Data(bytes).write(to: URL(fileURLWithPath: path))
    return try ModelNotes(contentsOf: path).entries
  }

  @Test func notesOfEveryKindAreRead() throws {
    var entries = try notes(of: noted)
    let nodes = entries.removeValue(forKey: "doc_strings of nodes")
    #expect(nodes?.hasPrefix("2, #") == true)
    #expect(
      entries == [
        "producer_name": "maker", "producer_version": "2.1", "model_version": "7",
        "doc_string": "of the model", "doc_string of the graph": "of the graph",
        "doc_string of input x": "of an input", "metadata_props licence": "MIT",
        "metadata_props of the graph licence": "MIT",
      ])
  }

  @Test func filesThatAreCutShortAreRefusedOrRead() throws {
    for count in noted.indices {
      do {
        _ = try notes(of: Array(noted[..<count]))
      } catch let error as DiagnosticError {
        #expect(error.diagnostics.first?.category == .invalidInput)
      }
    }
  }
}
