import ApusIR
import Foundation
import Testing

@testable import ApusRuntime

/// A folder that goes away with the test.
final class TemporaryFolder {
  let path: String

  init() throws {
    let url = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    path = url.path
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  var names: [String] { (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [] }
}

@Suite struct OutputFileTests {
  @Test func replacesAFileWhole() throws {
    let folder = try TemporaryFolder()
    try writeWhole("old", to: folder.path + "/a")
    try writeWhole("new", to: folder.path + "/a")
    #expect(try FileBytes(reading: folder.path + "/a").array == Array("new".utf8))
    #expect(folder.names == ["a"])
  }

  @Test func leavesNothingWithoutCommit() throws {
    let folder = try TemporaryFolder()
    do {
      var file = try OutputFile(folder.path + "/a")
      try file.write([1, 2, 3])
      #expect(folder.names.count == 1)
    }
    #expect(folder.names.isEmpty)
  }

  @Test func refusesWhatIsNoFile() throws {
    let folder = try TemporaryFolder()
    let link = folder.path + "/link"
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: "/nowhere")
    for path in [folder.path, link, "/dev/null", folder.path + "/missing/a"] {
      #expect(throws: DiagnosticError.self) { try writeWhole([], to: path) }
    }
    #expect(folder.names == ["link"])
  }

  @Test func readsOnlyFiles() throws {
    let folder = try TemporaryFolder()
    for path in [folder.path, folder.path + "/missing", "/dev/zero"] {
      #expect(throws: DiagnosticError.self) { try FileBytes(reading: path) }
    }
    try writeWhole([1, 2, 3], to: folder.path + "/a")
    #expect(throws: DiagnosticError.self) { try FileBytes(reading: folder.path + "/a", limit: 2) }
  }

  @Test(arguments: ["a.npy", "a.npz", "a.pb"]) func keepsTensors(_ name: String) throws {
    let folder = try TemporaryFolder()
    let data = TensorData(.f32, [2], [Float(1), 2])
    try TensorFile.write([NamedTensor("x", data)], to: folder.path + "/" + name)
    #expect(try TensorFile.read(folder.path + "/" + name).first?.value == data)
  }
}
