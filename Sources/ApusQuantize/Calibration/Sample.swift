public import ApusIR

/// One set of inputs that calibration runs.
public struct CalibrationSample: Sendable {
  /// What messages call it, such as the name of its file.
  public let name: String
  /// A tensor for each input, in the order of the graph.
  public let inputs: [TensorData]

  /// A sample.
  public init(name: String, inputs: [TensorData]) {
    self.name = name
    self.inputs = inputs
  }
}

extension DiagnosticError {
  /// Trouble with calibration data; `sample` names the one it is about.
  static func calibration(
    id: String, _ message: String, sample: String? = nil, help: String? = nil
  ) -> DiagnosticError {
    DiagnosticError(Diagnostic(.invalidInput, id: id, message, file: sample, help: help))
  }
}

extension [CalibrationSample] {
  /// Checks the samples against the inputs of a graph.
  ///
  /// - Throws: `calibration-empty`, `calibration-shape`, `calibration-number` or
  ///   `calibration-constant`, naming the sample.
  public func check(for graph: Graph) throws(DiagnosticError) {
    guard let first else {
      throw .calibration(
        id: "calibration-empty", "there is no calibration data",
        help: "--data takes a folder of .npz files with arrays named like the inputs")
    }
    for sample in self { try sample.check(for: graph) }
    let floats = graph.inputs.indices.filter { graph.type(of: graph.inputs[$0]).element == .f32 }
    let isConstant = floats.allSatisfy { place in
      let numbers = map { $0.inputs[place].constantNumber }
      return numbers.allSatisfy { $0 != nil && $0 == numbers[0] }
    }
    if !floats.isEmpty, isConstant {
      throw .calibration(
        id: "calibration-constant", "every number of the calibration data is the same",
        sample: first.name, help: "take samples such as the model will meet")
    }
  }
}

extension [CalibrationSample] {
  /// A digest of all numbers, in order.
  var digest: UInt64 {
    flatMap(\.inputs).reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ $1.digest) &* 0x100_0000_01b3 }
  }
}

extension CalibrationSample {
  fileprivate func check(for graph: Graph) throws(DiagnosticError) {
    for (value, data) in zip(graph.inputs, inputs) {
      let (type, name) = (graph.type(of: value), graph[value].name ?? "")
      let fits =
        data.type.element == type.element && data.type.rank == type.rank
        && zip(data.type.shape.dimensions, type.shape.dimensions).allSatisfy {
          $1.constant == nil || $0 == $1
        }
      guard fits else {
        throw .calibration(
          id: "calibration-shape", "input \(name) is \(data.type), the model takes \(type)",
          sample: self.name)
      }
      guard data.type.element != .f32 || data.elements(as: Float.self).allSatisfy(\.isFinite) else {
        throw .calibration(
          id: "calibration-number", "input \(name) has a number that is NaN or infinite",
          sample: self.name)
      }
    }
  }
}

extension TensorData {
  /// The bits of the number that all elements of a tensor of `f32` are, when they are two or more.
  fileprivate var constantNumber: UInt32? {
    let numbers = elements(as: UInt32.self)
    guard let first = numbers.first, numbers.count > 1 else { return nil }
    return numbers.allSatisfy { $0 == first } ? first : nil
  }
}
