internal import ApusC
internal import ApusDiff
internal import ApusIR
internal import ApusLoops
internal import ApusONNX
internal import ApusRuntime
internal import ApusTransforms
internal import Dispatch
internal import Synchronization

extension Outline {
  /// Whether models are compiled to know what they need, which takes longer than all else of a
  /// comparison.
  enum Needs { case always, ofSmallModels }

  /// The numbers that a compiled model has.
  static let needs = ["arena", "code", "cycles", "kernels"]

  /// What makes models that mean the same look the same; folded constants make formulas simpler.
  static var canonicalization: [Pass] {
    [
      .expandCustom, .eliminateCommonSubexpressions, .foldingConstants { $0.isTelling(in: $1) },
      .canonicalize, .eliminateCommonSubexpressions, .eliminateDeadCode,
    ]
  }

  /// The outline of a model, a graph as text, or a snapshot; measured where it can be.
  ///
  /// Models are canonicalised: constants fold, and operations that mean the same look the same. A
  /// graph as text is taken as it is, so that the work of passes can be seen.
  static func load(
    _ path: String, _ options: Compilation.Options, _ target: Target, needs: Needs = .always
  ) throws(DiagnosticError) -> Outline {
    if let snapshot = try snapshot(at: path) { return snapshot }
    var choices = options
    let isText = path.hasSuffix(".apir")
    choices.passes = isText ? [] : canonicalization
    var result = measured(try Compilation(path, choices).graph, options, target, needs)
    if !isText { result.metadata = try ModelNotes(contentsOf: path).entries }
    return result
  }

  /// Whether a file holds a model rather than a snapshot.
  static func isModel(_ path: String) throws(DiagnosticError) -> Bool {
    try snapshotText(at: path) == nil
  }

  private static func snapshotText(at path: String) throws(DiagnosticError) -> String? {
    if [".onnx", ".apir"].contains(where: path.hasSuffix) { return nil }
    let text = String(decoding: try FileBytes(reading: path).array, as: UTF8.self)
    return text.hasPrefix("apus-snapshot") ? text : nil
  }

  /// The outlines of two models, loaded side by side; where both fail, the first one tells why.
  static func load(
    _ old: String, _ new: String, _ options: Compilation.Options, needs: Needs
  ) throws(DiagnosticError) -> (old: Outline, new: Outline) {
    typealias Loaded = Result<Outline, DiagnosticError>
    let results = Mutex<[Loaded?]>([nil, nil])
    DispatchQueue.concurrentPerform(iterations: 2) { place in
      let result = Loaded { () throws(DiagnosticError) in
        try load(place == 0 ? old : new, options, .virtualMachine, needs: needs)
      }
      results.withLock { $0[place] = result }
    }
    let loaded = results.withLock { $0.compactMap { $0 } }
    return (try loaded[0].get(), try loaded[1].get())
  }

  /// The outline of a graph as it is, measured where it can be.
  static func measured(
    _ graph: Graph, _ options: Compilation.Options, _ target: Target, _ needs: Needs
  ) -> Outline {
    var (outline, canonical) = Outline.reading(graph)
    if let macs = graph.multiplyAdds { outline.measures["macs"] = macs }
    if needs == .always || outline.nodes.count <= 5000 {
      outline.measures.merge(Self.needs(of: canonical(), options, target)) { $1 }
    }
    return outline
  }

  private static func snapshot(at path: String) throws(DiagnosticError) -> Outline? {
    guard let text = try snapshotText(at: path) else { return nil }
    do {
      return try Outline(snapshot: text)
    } catch {
      throw DiagnosticError(
        Diagnostic(
          .invalidInput, id: "snapshot", "line \(error.line): \(error.message)", file: path,
          help: "apus snapshot MODEL -o FILE writes the file anew"))
    }
  }

  /// What the memory plan of the virtual machine takes, the cycles of its kernels as schedules
  /// estimate them, and the bytes of portable C; without what is open.
  private static func needs(
    of canonical: Graph, _ options: Compilation.Options, _ target: Target
  ) -> [String: Int] {
    var result: [String: Int] = [:]
    var graph = canonical
    guard (try? Compilation.optimize(&graph, options)) != nil,
      let program = try? Lowering.program(for: graph, target: target, name: "model")
    else { return result }
    result["arena"] = program.arenaBytes
    result["kernels"] = program.kernels.count
    let cycles = program.kernels.reduce(0) { $0 + $1.body.reduce(0) { $0 + $1.cycles } }
    if program.symbols.isEmpty { result["cycles"] = Int(exactly: cycles.rounded()) }
    if let portable = try? Lowering.program(for: graph, target: .c99, name: "model") {
      let emission = CModel.Options(weights: .file, threads: .none)
      result["code"] = CModel(portable, target: .c99, options: emission).source.utf8.count
    }
    return result
  }
}

extension Node {
  /// Whether what an operation makes of constants should be seen.
  ///
  /// So should formulas of real numbers that take narrow ones back to full width, or whose own
  /// numbers are attributes of the model, such as the epsilon of a batch normalization.
  fileprivate func isTelling(in graph: Graph) -> Bool {
    guard case .map(let map) = operation, map.function.result.isFloat else { return false }
    let types = operands.map(graph.type)
    return types.contains { $0.shape.elementCount.constant != 1 }
      && (map.function.hasLiterals || types.contains { $0.element.bitWidth <= 16 })
  }
}
