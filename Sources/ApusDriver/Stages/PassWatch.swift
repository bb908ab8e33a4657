internal import ApusIR
internal import ApusTransforms
internal import Synchronization

/// Looks over the shoulder of the passes: prints graphs, takes times, checks.
final class PassWatch: Sendable {
  /// What is asked for.
  struct Wishes: Sendable {
    /// The passes after which the graph is printed; `all` stands for every pass.
    var printAfter: Set<String> = []
    /// Whether the graph is printed after passes that changed it.
    var printsChanged = false
    /// Whether the graph is checked after each pass.
    var verifiesEach = false
    /// Whether times are reported.
    var takesTimes = false
  }

  private struct State {
    var mark = ContinuousClock().now
    var times: [(pass: String, seconds: Double)] = []
    var stage = Graph.Stage.imported
    var failure: Diagnostic?
  }

  private let wishes: Wishes
  private let print: @Sendable (String) -> Void
  private let state = Mutex(State())

  /// A watch that prints through `print`.
  init(_ wishes: Wishes, print: @escaping @Sendable (String) -> Void) {
    self.wishes = wishes
    self.print = print
  }

  /// What the pass manager calls.
  var instrumentation: PassManager.Instrumentation {
    var result = PassManager.Instrumentation()
    result.observe = { [self] in observe($0, $1, $2) }
    return result
  }

  private func observe(_ pass: String, _ before: Graph, _ after: Graph) {
    let now = ContinuousClock().now
    let isAsked = wishes.printAfter.contains(pass) || wishes.printAfter.contains("all")
    if isAsked || wishes.printsChanged && before != after {
      print("// after \(pass)\n" + after.text)
    }
    state.withLock { state in
      state.times.append((pass, state.mark.duration(to: now).inSeconds))
      if wishes.verifiesEach, state.failure == nil { verify(pass, after, &state) }
      state.mark = ContinuousClock().now
    }
  }

  private func verify(_ pass: String, _ graph: Graph, _ state: inout State) {
    if pass == Pass.fuseKernels.name { state.stage = .optimised }
    if pass == Pass.assignLayouts.name { state.stage = .laidOut }
    do {
      try graph.verify(stage: state.stage)
    } catch {
      state.failure = Diagnostic(
        .unsupported, id: "pass-broke-graph", "the graph is malformed after this pass",
        place: .pass(pass), notes: error.problems.map(\.description),
        help: "this is a mistake of the compiler: please report it with the model")
    }
  }

  /// Reports times, and fails when a check after a pass failed.
  func finish() throws(DiagnosticError) {
    let (times, failure) = state.withLock { ($0.times, $0.failure) }
    if wishes.takesTimes {
      for (pass, seconds) in times { print("\(milliseconds(seconds)) ms  \(pass)") }
      print("\(milliseconds(times.reduce(0) { $0 + $1.seconds })) ms  all passes")
    }
    if let failure { throw DiagnosticError(failure) }
  }

  private func milliseconds(_ seconds: Double) -> String {
    let text = decimal(seconds * 1e3, places: 2)
    return String(repeating: " ", count: max(0, 10 - text.count)) + text
  }
}

extension Duration {
  /// The seconds as a number.
  var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
