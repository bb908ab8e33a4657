internal import ApusDiff
internal import ApusIR
internal import ApusLoops
internal import ApusRuntime
internal import ApusTransforms
internal import Dispatch
internal import Synchronization

extension Outline {
  /// The outline of a model, a graph as text, or a snapshot; measured where it can be.
  ///
  /// Models are canonicalised: constants fold, and operations that mean the same look the same. A
  /// graph as text is taken as it is, so that the work of passes can be seen.
  static func load(
    _ path: String, _ options: Compilation.Options, _ target: Target
  ) throws(DiagnosticError) -> Outline {
    let suffixes = [".onnx", ".apir"]
    if !suffixes.contains(where: path.hasSuffix), let snapshot = try snapshot(at: path) {
      return snapshot
    }
    var choices = options
    choices.passes = path.hasSuffix(".apir") ? [] : OptimizationLevel.basic.pipeline
    return measured(try Compilation(path, choices).graph, options, target)
  }

  /// The outlines of two models, loaded side by side; where both fail, the first one tells why.
  static func load(
    _ old: String, _ new: String
  ) throws(DiagnosticError) -> (old: Outline, new: Outline) {
    typealias Loaded = Result<Outline, DiagnosticError>
    let results = Mutex<[Loaded?]>([nil, nil])
    DispatchQueue.concurrentPerform(iterations: 2) { place in
      let result = Loaded { () throws(DiagnosticError) in
        try load(place == 0 ? old : new, Compilation.Options(), .virtualMachine)
      }
      results.withLock { $0[place] = result }
    }
    let loaded = results.withLock { $0.compactMap { $0 } }
    return (try loaded[0].get(), try loaded[1].get())
  }

  /// The outline of a graph as it is, measured where it can be.
  static func measured(
    _ graph: Graph, _ options: Compilation.Options, _ target: Target
  ) -> Outline {
    var outline = Outline(graph)
    outline.measures = measures(graph, options, target)
    return outline
  }

  private static func snapshot(at path: String) throws(DiagnosticError) -> Outline? {
    let text = String(decoding: try FileBytes(reading: path).array, as: UTF8.self)
    guard text.hasPrefix("apus-snapshot") else { return nil }
    do {
      return try Outline(snapshot: text)
    } catch {
      throw DiagnosticError(
        Diagnostic(
          .invalidInput, id: "snapshot", "line \(error.line): \(error.message)", file: path,
          help: "apus snapshot MODEL -o FILE writes the file anew"))
    }
  }

  /// Multiply-adds, and what the memory plan of the virtual machine takes; without what is open.
  private static func measures(
    _ outlined: Graph, _ options: Compilation.Options, _ target: Target
  ) -> [String: Int] {
    var result: [String: Int] = [:]
    if let macs = outlined.multiplyAdds { result["macs"] = macs }
    var graph = outlined
    guard (try? Compilation.optimize(&graph, options)) != nil,
      let program = try? Lowering.program(for: graph, target: target, name: "model")
    else { return result }
    result["arena"] = program.arenaBytes
    result["kernels"] = program.kernels.count
    return result
  }
}
