internal import ApusIR
internal import ApusONNX
internal import ApusRuntime

/// What came of a case.
struct CaseResult: Sendable {
  enum Outcome: String, Sendable { case passed, failed, unsupported }

  var name: String
  var outcome: Outcome
  /// What was run, or why it failed or could not run.
  var message: String
  var seconds = 0.0
}

/// Runs one case with every back end that is asked for.
struct CaseRun {
  let backends: [Backend]
  let options: Compilation.Options
  let build: Runner.Build
  let tolerance: Tolerance

  /// What a data set fixes of a model.
  private struct Shapes: Hashable {
    var sizes: [String: Int]
    var forms: DataSet.Forms
  }

  private struct Mismatch: Error {
    var message: String
  }

  /// Runs a case; failures of any kind are part of the result.
  func result(of testCase: TestCase) -> CaseResult {
    let start = ContinuousClock().now
    var result = CaseResult(name: testCase.name, outcome: .passed, message: "")
    do {
      result.message = try run(testCase)
    } catch let error as DiagnosticError {
      result.outcome = error.exitCode == 4 ? .unsupported : .failed
      result.message = error.diagnostics.first.map(oneLine) ?? "unknown error"
    } catch let error as Mismatch {
      result.outcome = .failed
      result.message = error.message
    } catch {
      result.outcome = .failed
      result.message = "\(error)"
    }
    result.seconds = start.duration(to: ContinuousClock().now).inSeconds
    return result
  }

  private func oneLine(_ diagnostic: Diagnostic) -> String {
    var short = diagnostic
    // What a C compiler says stands in the notes; the operands of a node would be too much.
    short.notes = diagnostic.place == .file ? Array(diagnostic.notes.prefix(2)) : []
    short.help = nil
    short.file = nil
    return short.text.split(separator: "\n")
      .map { $0.drop { $0 == " " } }.joined(separator: " ")
  }

  private func run(_ testCase: TestCase) throws -> String {
    let interface = try ModelInterface(of: testCase.model)
    let sets = try testCase.dataSets(interface)
    guard !sets.isEmpty else { throw Mismatch(message: "no recorded tensors") }
    var runners: [Shapes: [(Backend, Runner)]] = [:]
    for set in sets {
      var own = options
      (own.sequences, own.absent) = (set.forms.sequences, set.forms.absent)
      own.shapes = set.forms.shapes
      // Symbols with bounds stay open.
      let sizes = try interface.dimensions(own.importing) { set.input($0, $1)?.type.shape.extents }
        .filter { size in !options.bounds.contains { $0.name == size.key } }
      own.dimensions.merge(sizes) { given, _ in given }
      let shapes = Shapes(sizes: sizes, forms: set.forms)
      if runners[shapes] == nil { runners[shapes] = try prepare(testCase, own) }
      for (backend, runner) in runners[shapes] ?? [] {
        do {
          try check(runner, set)
        } catch let error as Mismatch {
          throw Mismatch(message: "\(set.name) \(backend.rawValue): \(error.message)")
        }
      }
    }
    let count = sets.count == 1 ? "1 data set" : "\(sets.count) data sets"
    return "\(count), \(backends.map(\.rawValue).joined(separator: " and "))"
  }

  private func prepare(
    _ testCase: TestCase, _ options: Compilation.Options
  ) throws(DiagnosticError) -> [(Backend, Runner)] {
    let compilation = try Compilation(testCase.model, options)
    var runners: [(Backend, Runner)] = []
    for backend in backends { runners.append((backend, try Runner(compilation, backend, build))) }
    return runners
  }

  private func check(_ runner: Runner, _ set: DataSet) throws {
    var inputs: [TensorData] = []
    for (place, port) in runner.inputs.enumerated() {
      guard let data = set.input(place, port.name) else {
        throw Mismatch(message: "no recorded input \(port.name)")
      }
      inputs.append(data)
    }
    let outputs = try runner.run(inputs)
    guard !set.isPositional || set.isShort || outputs.count == set.outputs.count else {
      throw Mismatch(message: "\(outputs.count) outputs, recorded are \(set.outputs.count)")
    }
    for (place, (port, output)) in zip(runner.outputs, outputs).enumerated() {
      guard let want = set.output(place, port.name) else {
        // A data set may leave out outputs at the end.
        if set.isPositional && place >= set.outputs.count && place > 0 { continue }
        throw Mismatch(message: "no recorded output \(port.name)")
      }
      try compare(port.name, output, want)
    }
  }

  private func compare(_ name: String, _ output: TensorData, _ want: TensorData) throws {
    var tolerance = tolerance
    // As the ONNX backend suite does: two units in the last place of bfloat16.
    if want.type.element == .bf16 { tolerance.relative = max(tolerance.relative, 0x1p-6) }
    guard let comparison = TensorComparison(output, with: want, tolerance: tolerance) else {
      throw Mismatch(message: "\(name) is \(output.type), recorded is \(want.type)")
    }
    guard !comparison.isMatch else { return }
    let worst = comparison.worst.map {
      ", worst at \($0.index): got \($0.got), want \($0.want)"
    }
    throw Mismatch(
      message: "\(name): \(comparison.mismatchCount) of \(comparison.count) differ"
        + (worst ?? ""))
  }
}
