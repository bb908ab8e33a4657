internal import ApusDiff
internal import ApusIR
internal import ApusLoops
internal import ApusONNX
internal import ApusRuntime
internal import Foundation

/// Runs two models on the same inputs with the interpreter and compares what comes out.
struct DriftRun {
  private var old: Side
  private var new: Side
  private(set) var drifts: [OutputDrift] = []

  /// The sizes of symbols in the last run.
  var sizes: (old: [String: Int], new: [String: Int]) { (old.sizes, new.sizes) }

  /// Runs the models on every set of inputs in a folder.
  init(
    _ old: String, _ new: String, _ folder: String, _ options: Compilation.Options
  ) throws(DiagnosticError) {
    let sets = try InputSet.all(in: folder)
    self.old = Side(path: old, options: options)
    self.new = Side(path: new, options: options)
    for set in sets { try take(set) }
  }

  private mutating func take(_ set: InputSet) throws(DiagnosticError) {
    let before = try old.run(set, nil)
    let after = try new.run(set, before)
    if drifts.isEmpty {
      drifts = before.runner.outputs.map { OutputDrift(output: $0.name) }
    }
    let names = after.runner.outputs.map(\.name)
    for (place, port) in before.runner.outputs.enumerated() {
      guard
        let other = names.firstIndex(of: port.name) ?? (names.indices.contains(place) ? place : nil)
      else { continue }
      drifts[place].take(before.outputs[place], after.outputs[other])
    }
  }

  /// One model with what it was compiled to, by sizes of symbols.
  private struct Side {
    let path: String
    let options: Compilation.Options
    private(set) var sizes: [String: Int] = [:]
    private var runners: [[String: Int]: Runner] = [:]

    /// A run: the model, what went in and what came out.
    struct Outcome {
      var runner: Runner
      var inputs: [TensorData]
      var outputs: [TensorData]
    }

    init(path: String, options: Compilation.Options) {
      (self.path, self.options) = (path, options)
    }

    /// Runs on a set; inputs that it does not name are those of the old model at their places.
    mutating func run(_ set: InputSet, _ old: Outcome?) throws(DiagnosticError) -> Outcome {
      func input(_ place: Int, _ name: String) -> TensorData? {
        if let data = set.named[name] { return data }
        if let old {
          let known = old.runner.inputs.firstIndex { $0.name == name } ?? place
          return known < old.inputs.count ? old.inputs[known] : nil
        }
        return place < set.placed.count ? set.placed[place] : nil
      }
      var own = options
      if !path.hasSuffix(".apir") {
        let sizes = try ModelInterface(of: path).dimensions(own.importing) {
          input($0, $1)?.type.shape.extents
        }
        own.dimensions.merge(sizes) { given, _ in given }
      }
      let runner = if let known = runners[own.dimensions] { known } else { try runner(own) }
      runners[own.dimensions] = runner
      sizes = own.dimensions
      var inputs: [TensorData] = []
      for (place, port) in runner.inputs.enumerated() {
        guard let data = input(place, port.name) else {
          throw DiagnosticError(
            Diagnostic(
              .usage, id: "input-missing", "\(set.name) has no tensor for input \(port.name)",
              file: path))
        }
        inputs.append(data.converted(to: port.type.element))
      }
      return Outcome(runner: runner, inputs: inputs, outputs: try runner.run(inputs))
    }

    private func runner(_ options: Compilation.Options) throws(DiagnosticError) -> Runner {
      try Runner(
        try Compilation(path, options), .bytecode, Runner.Build(target: .virtualMachine))
    }
  }
}

/// Tensors for the inputs of one run.
private struct InputSet {
  var name: String
  var placed: [TensorData] = []
  var named: [String: TensorData] = [:]

  /// Folders of `input_*.pb`, and archives with arrays called `in:NAME` or `NAME`.
  static func all(in folder: String) throws(DiagnosticError) -> [InputSet] {
    let manager = FileManager.default
    var sets: [InputSet] = []
    for entry in ((try? manager.contentsOfDirectory(atPath: folder)) ?? []).sorted() {
      var set = InputSet(name: entry)
      if entry.hasSuffix(".npz") {
        for tensor in try TensorFile.read("\(folder)/\(entry)")
        where !tensor.name.hasPrefix("out:") {
          let name = tensor.name.hasPrefix("in:") ? tensor.name.dropFirst(3) : tensor.name[...]
          set.named[String(name)] = tensor.value
        }
      }
      while manager.fileExists(atPath: "\(folder)/\(entry)/input_\(set.placed.count).pb") {
        let path = "\(folder)/\(entry)/input_\(set.placed.count).pb"
        let data = try TensorProtoFile.decode(try FileBytes(reading: path)).value
        set.placed.append(data)
      }
      if !set.placed.isEmpty || !set.named.isEmpty { sets.append(set) }
    }
    guard sets.isEmpty else { return sets }
    throw DiagnosticError(
      Diagnostic(
        .inputOutput, id: "data-missing", "no inputs for a run", file: folder,
        help: "a set is a folder with input_0.pb and so on, or an archive NAME.npz"))
  }
}

extension OutputDrift {
  /// Takes in one run.
  fileprivate mutating func take(_ old: TensorData, _ new: TensorData) {
    runs += 1
    guard old.type.shape == new.type.shape, old.type.element != .string,
      new.type.element != .string
    else {
      (maximum, relative) = old == new ? (maximum, relative) : (.infinity, .infinity)
      return
    }
    let (a, b) = (old.reals, new.reals)
    var (distance, norm) = (0.0, 0.0)
    for (x, y) in zip(a, b) {
      let step = x == y || (x.isNaN && y.isNaN) ? 0 : abs(x - y)
      maximum = step.isNaN ? .infinity : max(maximum, step)
      distance += step.isNaN ? .infinity : step * step
      norm += x.isFinite ? x * x : 0
    }
    relative = max(
      relative, distance == 0 ? 0 : norm == 0 ? .infinity : (distance / norm).squareRoot())
    let width = old.type.shape.extents?.last ?? 1
    guard width > 1, old.type.element.kind == .float else { return }
    for start in stride(from: 0, to: a.count, by: width) {
      let row = start..<start + width
      rows += 1
      if row.max(by: { a[$0] < a[$1] }) == row.max(by: { b[$0] < b[$1] }) { agreeingRows += 1 }
    }
  }
}

extension TensorData {
  /// All elements as real numbers.
  fileprivate var reals: [Double] {
    withReals { read in (0..<count * realsPerElement).map(read) }
  }

  /// The same numbers in another of the types f16, f32 and f64; others stay as they are.
  fileprivate func converted(to element: ElementType) -> TensorData {
    let floats: [ElementType] = [.f16, .f32, .f64]
    guard type.element != element, floats.contains(type.element),
      let extents = type.shape.extents
    else { return self }
    if element == .f16 { return TensorData(.f16, extents, reals.map { Float16($0) }) }
    if element == .f32 { return TensorData(.f32, extents, reals.map { Float($0) }) }
    return element == .f64 ? TensorData(.f64, extents, reals) : self
  }
}
