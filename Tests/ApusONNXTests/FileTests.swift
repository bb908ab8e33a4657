import ApusIR
import ApusONNX
import ApusTestSupport
import Foundation
import Testing

/// A folder that is removed at the end of its life.
private final class Folder {
  let path = FileManager.default.temporaryDirectory.path + "/apus-onnx-\(UUID().uuidString)"

  init() throws {
    try FileManager.default.createDirectory(
      atPath: path + "/model/sub", withIntermediateDirectories: true)
    try write("model/w.bin", Array(0..<16))
    try write("outside.bin", Array(0..<16))
    mkfifo(path + "/model/fifo", 0o600)
    try link("model/inner-link", to: "w.bin")
    try link("model/outer-link", to: "../outside.bin")
    try link("model/dead-link", to: "nothing")
    try link("model/parent-link", to: "sub")
    try write("model/sub/w.bin", Array(0..<16))
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func write(_ name: String, _ bytes: [UInt8]) throws {
    try Data(bytes).write(to: URL(fileURLWithPath: path + "/" + name))
  }

  private func link(_ name: String, to target: String) throws {
    try FileManager.default.createSymbolicLink(
      atPath: path + "/" + name, withDestinationPath: target)
  }
}

private func external(_ entries: [(String, String)], code: Int = 1) -> [UInt8] {
  let base = tensor(code, [2]).int(14, 1)
  return model(graph(entries.reduce(base) { $0.message(13, Proto().text(1, $1.0).text(2, $1.1)) }))
}

private func code(ofFile path: String) -> Int32 {
  do {
    _ = try ONNXModel(contentsOf: path)
    return 0
  } catch {
    return error.exitCode
  }
}

@Suite struct FileTests {
  static let locations: [(String, Int32)] = [
    ("w.bin", 0), ("./w.bin", 0), ("sub/w.bin", 0), ("inner-link", 0), ("../outside.bin", 3),
    ("sub/../../outside.bin", 3), ("/etc/passwd", 3), ("~/x", 3), ("\\\\host\\x", 3),
    ("file:w.bin", 3), ("C:w.bin", 3), ("outer-link", 3), ("dead-link", 3),
    ("parent-link/w.bin", 3), ("", 3), (".", 3), ("sub", 3), ("fifo", 3), ("nothing", 6),
  ]

  @Test(arguments: locations)
  func keepsExternalDataInsideTheFolder(_ location: String, _ code: Int32) throws {
    let folder = try Folder()
    #expect(importCode(external([("location", location)]), folder: folder.path + "/model") == code)
  }

  static let ranges: [([(String, String)], Int32)] = [
    ([("offset", "8")], 0), ([("offset", "3"), ("length", "8")], 0), ([("offset", "-1")], 3),
    ([("offset", "x")], 3), ([("offset", "17")], 3), ([("offset", "9")], 3),
    ([("offset", "9223372036854775807")], 3), ([("offset", "9223372036854775808")], 3),
    ([("length", "4")], 3), ([("length", "16")], 3), ([("offset", "0"), ("offset", "0")], 3),
    ([("unknown", "0")], 0),
  ]

  @Test(arguments: ranges)
  func checksRanges(_ entries: [(String, String)], _ code: Int32) throws {
    let folder = try Folder()
    let bytes = external([("location", "w.bin")] + entries)
    #expect(importCode(bytes, folder: folder.path + "/model") == code)
  }

  @Test func refusesMissingLocation() throws {
    #expect(importCode(external([("offset", "0")]), folder: try Folder().path) == 3)
  }

  @Test func refusesWhatIsNoFile() throws {
    let folder = try Folder()
    for path in ["/model", "/model/fifo", "/nothing"] {
      #expect(code(ofFile: folder.path + path) == 6)
    }
    #expect(code(ofFile: "/dev/zero") == 6)
  }

  @Test func readsAndMapsTheSame() throws {
    let folder = try Folder()
    let path = folder.path + "/model/m.onnx"
    try folder.write("model/m.onnx", external([("location", "w.bin"), ("offset", "5")]))
    var limits = ImportLimits.default
    let read = try ONNXModel(contentsOf: path, limits: limits)
    limits.mappedFileBytes = 0
    let mapped = try ONNXModel(contentsOf: path, limits: limits)
    for model in [read, mapped] {
      guard let data = model.graph.initializers.first?.data else { continue }
      #expect(data.withBytes { Array($0) } == Array(5..<13))
    }
    limits.fileBytes = 10
    #expect(throws: DiagnosticError.self) { try ONNXModel(contentsOf: path, limits: limits) }
  }

  @Test func staysWholeWhenTheFileShrinks() throws {
    let folder = try Folder()
    let path = folder.path + "/model/m.onnx"
    try folder.write("model/m.onnx", smallModel)
    let model = try ONNXModel(contentsOf: path)
    #expect(truncate(path, 0) == 0)
    guard let data = model.graph.initializers.first?.data else { return }
    #expect(data.elements(as: Float.self) == [1, 2])
  }

  @Test func opensManyExternalFiles() throws {
    let folder = try Folder()
    var graph = graph()
    for index in 0..<2000 {
      try folder.write("model/\(index).bin", [0, 0, 0, 0])
      let entry = Proto().text(1, "location").text(2, "\(index).bin")
      graph = graph.message(5, tensor(1, [1]).int(14, 1).message(13, entry))
    }
    #expect(importCode(model(graph), folder: folder.path + "/model") == 0)
  }

  @Test func loadsSharedModels() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let folder = root.appendingPathComponent("../shared/models").standardized.path
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder) else {
      print("skipped: no models beside the package")
      return
    }
    for name in names.sorted() {
      let path = "\(folder)/\(name)/model.onnx"
      guard FileManager.default.fileExists(atPath: path) else { continue }
      #expect(throws: Never.self) { try ONNXModel(contentsOf: path) }
    }
  }
}
