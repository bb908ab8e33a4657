public import ApusC
public import ApusIR
public import ApusLoops
internal import Foundation

/// The system's C compiler.
public struct CCompiler: Sendable {
  /// The command, from `CC` or `cc`.
  public var command: String
  /// Flags after those of the target.
  public var flags: [String]

  /// The compiler that the environment names.
  public init(command: String? = nil, flags: [String] = []) {
    self.command = command ?? ProcessInfo.processInfo.environment["CC"] ?? "cc"
    self.flags = flags
  }

  /// Flags that every emitted file is compiled with.
  public static let standardFlags = ["-std=gnu11", "-O3", "-ffp-contract=off", "-fno-math-errno"]

  /// Writes the files of a model into a folder and makes a shared library of them.
  ///
  /// - Returns: the path of the library.
  public func buildLibrary(
    _ model: CModel, target: Target, threads: ThreadModel = .openmp, in folder: String
  ) throws(DiagnosticError) -> String {
    try model.write(to: folder)
    let output = "\(folder)/lib\(model.name).so"
    var arguments =
      CCompiler.standardFlags + target.compilerFlags + flags
      + (threads == .openmp ? ["-fopenmp"] : [])
      + ["-fPIC", "-shared", "-Wl,-z,defs", "-I", folder, "\(folder)/\(model.name).c"]
    if model.assembly != nil {
      arguments += ["-Wa,-I,\(folder)", "\(folder)/\(model.name)_weights.S"]
    }
    try run(arguments + ["-o", output, "-lm"])
    return output
  }

  /// Writes the files of a model into a folder and makes one object file of them.
  ///
  /// - Returns: the path of the object file.
  public func buildObject(
    _ model: CModel, target: Target, threads: ThreadModel = .openmp, in folder: String
  ) throws(DiagnosticError) -> String {
    try model.write(to: folder)
    let base = "\(folder)/\(model.name)"
    let common =
      CCompiler.standardFlags + target.compilerFlags + flags
      + (threads == .openmp ? ["-fopenmp"] : []) + ["-fPIC", "-c", "-I", folder]
    try run(common + ["\(base).c", "-o", "\(base).o"])
    guard model.assembly != nil else { return "\(base).o" }
    try run(common + ["-Wa,-I,\(folder)", "\(base)_weights.S", "-o", "\(base)_weights.o"])
    let joined = "\(folder)/joined.o"
    try run(["-nostdlib", "-r", "\(base).o", "\(base)_weights.o", "-o", joined])
    return joined
  }

  private var missing: DiagnosticError {
    DiagnosticError(
      Diagnostic(
        .inputOutput, id: "c-compiler-missing", "cannot start the C compiler \(command)",
        help: "install one, or name it in CC"))
  }

  /// Runs the compiler; its messages become notes of the error.
  public func run(_ arguments: [String]) throws(DiagnosticError) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [command] + arguments
    let errors = Pipe()
    process.standardError = errors
    process.standardOutput = errors
    let text: [UInt8]
    do {
      try process.run()
      text = bytesToEnd(of: errors.fileHandleForReading.fileDescriptor)
      process.waitUntilExit()
    } catch {
      throw missing
    }
    guard process.terminationStatus != 0 else { return }
    // What env says of a command that does not exist (POSIX).
    if process.terminationStatus == 127 { throw missing }
    let lines = String(decoding: text, as: UTF8.self).split(separator: "\n").prefix(12)
    throw DiagnosticError(
      Diagnostic(
        .inputOutput, id: "c-compiler-failed", "the C compiler \(command) failed",
        notes: lines.map(String.init)))
  }
}

/// All bytes of a pipe; signals that interrupt a read do no harm.
private func bytesToEnd(of descriptor: Int32) -> [UInt8] {
  var bytes: [UInt8] = []
  var chunk = [UInt8](repeating: 0, count: 1 << 16)
  while true {
    let count = read(descriptor, &chunk, chunk.count)
    if count > 0 { bytes += chunk[..<count] }
    if count == 0 || (count < 0 && errno != EINTR) { return bytes }
  }
}

extension CModel {
  /// Writes the header, the source and what belongs to them into a folder, each whole or not.
  public func write(to folder: String) throws(DiagnosticError) {
    try makeFolder(folder)
    if weights.byteCount > 0 {
      var file = try OutputFile("\(folder)/\(name).weights")
      try weights.forEachChunk { (bytes) throws(DiagnosticError) in try file.write(bytes) }
      try file.commit()
    }
    if let assembly { try writeWhole(assembly, to: "\(folder)/\(name)_weights.S") }
    try writeWhole(header, to: "\(folder)/\(name).h")
    try writeWhole(source, to: "\(folder)/\(name).c")
    try writeWhole(manifest, to: "\(folder)/\(name).json")
  }
}
