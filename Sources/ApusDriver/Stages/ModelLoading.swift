internal import ApusBytecode
internal import ApusIR
internal import ApusLoops
internal import ApusONNX
internal import ApusRuntime
internal import Foundation

/// A model as a person names it: a model file, bytecode, or a folder that `compile` wrote.
enum ModelSource {
  case model(String)
  case bytecode(String)
  case compiled(folder: String)

  /// Tells the kinds apart by ending and kind of file.
  init(_ path: String) {
    if path.hasSuffix(".apb") {
      self = .bytecode(path)
    } else if isFolder(path) {
      self = .compiled(folder: path)
    } else {
      self = .model(path)
    }
  }
}

extension Runner {
  /// Builds and loads the C of a folder that `apus compile` wrote.
  init(folder: String, _ compiler: CCompiler) throws(DiagnosticError) {
    let manifest = try CompiledManifest(in: folder)
    let work = try TemporaryFolder()
    let library = work.path + "/lib\(manifest.name).so"
    var arguments = manifest.flags + ["-fopenmp", "-fPIC", "-shared", "-I", folder]
    arguments.append("\(folder)/\(manifest.name).c")
    if manifest.weights == "object" {
      arguments += ["-Wa,-I,\(folder)", "\(folder)/\(manifest.name)_weights.S"]
    }
    try compiler.run(CCompiler.standardFlags + arguments + ["-o", library, "-lm"])
    let weights: FileBytes? =
      manifest.weights == "file"
      ? try FileBytes(reading: "\(folder)/\(manifest.name).weights") : nil
    self.init(try NativeModel(library: library, name: manifest.name, weights: weights), work)
  }
}

/// What `NAME.json` says about a compiled model.
struct CompiledManifest {
  var name: String
  var weights: String
  var flags: [String]

  private struct Fields: Decodable {
    var schema: Int
    var name: String
    var weights: String
    var compiler_flags: [String]
  }

  /// Reads the one manifest of a folder.
  init(in folder: String) throws(DiagnosticError) {
    let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    let names = files.filter { $0.hasSuffix(".json") }.map { String($0.dropLast(5)) }
      .filter { files.contains($0 + ".c") }.sorted()
    guard names.count == 1 else {
      throw DiagnosticError(
        Diagnostic(
          .usage, id: "compiled-folder",
          names.isEmpty ? "no compiled model here" : "several models here", file: folder,
          notes: names, help: "apus compile MODEL.onnx -o FOLDER writes one model to a folder"))
    }
    let file = "\(folder)/\(names[0]).json"
    let data = Data(try FileBytes(reading: file).array)
    guard let fields = try? JSONDecoder().decode(Fields.self, from: data), fields.schema == 1,
      fields.name == names[0]
    else {
      throw DiagnosticError(
        Diagnostic(
          .invalidInput, id: "manifest", "not the manifest of a compiled model", file: file))
    }
    name = fields.name
    weights = fields.weights
    flags = fields.compiler_flags
  }
}

/// Whether a path leads to a folder.
func isFolder(_ path: String) -> Bool {
  var isDirectory: ObjCBool = false
  return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory)
    && isDirectory.boolValue
}

extension ModelInterface {
  /// The sizes of symbolic dimensions that inputs of given shapes fix.
  func dimensions(
    _ options: ImportOptions, _ extents: (_ place: Int, _ name: String) -> [Int]?
  ) throws(DiagnosticError) -> [String: Int] {
    var result: [String: Int] = [:]
    for (place, input) in try inputs(options).enumerated() {
      guard let given = extents(place, input.name) else { continue }
      for (dimension, extent) in zip(input.type.shape.dimensions, given) {
        guard let symbol = dimension.symbols.first, result[symbol] == nil else { continue }
        result[symbol] = extent
      }
    }
    return result
  }
}
