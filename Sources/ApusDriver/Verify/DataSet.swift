internal import ApusIR
internal import ApusONNX
internal import ApusRuntime
internal import Foundation

/// Inputs and wanted outputs of one run; those of a sequence are called `NAME.0` and so on.
struct DataSet: Sendable {
  /// What a data set says about the form of inputs and outputs.
  struct Forms: Hashable, Sendable {
    var sequences: [String: Int] = [:]
    var absent: Set<String> = []
    var shapes: [String: [Int]] = [:]
  }

  /// The name of the folder or file.
  let name: String
  private(set) var inputs: [NamedTensor] = []
  private(set) var outputs: [NamedTensor] = []
  private(set) var forms = Forms()
  /// Whether tensors are told apart by place rather than by name.
  let isPositional: Bool
  /// Whether outputs at the end are left out.
  private(set) var isShort = false

  /// `input_*.pb` and `output_*.pb` in graph order.
  init(folder: String, name: String, _ interface: ModelInterface) throws(DiagnosticError) {
    self.name = name
    isPositional = true
    func values(_ kind: String, _ ports: [ONNXValueInfo]) throws(DiagnosticError) -> [Recorded] {
      var result: [Recorded] = []
      while FileManager.default.fileExists(atPath: "\(folder)/\(kind)_\(result.count).pb") {
        let file = try FileBytes(reading: "\(folder)/\(kind)_\(result.count).pb")
        let port = result.count < ports.count ? ports[result.count] : nil
        result.append((port, try RecordedValue(file, port?.type)))
      }
      return result
    }
    let (given, wanted) = (interface.declaredInputs, interface.declaredOutputs)
    let inputs = try values("input", given)
    let outputs = try values("output", wanted)
    isShort = outputs.count < wanted.count
    for value in inputs { self.inputs += take(value) }
    for value in outputs { self.outputs += take(value) }
    for (port, _) in inputs { if let port { noteShapes(of: port) } }
  }

  /// Arrays called `in:NAME` and `out:NAME`.
  init(archive: [NamedTensor], name: String, _ interface: ModelInterface) {
    self.name = name
    isPositional = false
    func tensors(_ prefix: String) -> [NamedTensor] {
      archive.filter { $0.name.hasPrefix(prefix) }
        .map { NamedTensor(String($0.name.dropFirst(prefix.count)), $0.value) }
    }
    inputs = tensors("in:")
    outputs = tensors("out:")
    for (ports, tensors) in [
      (interface.declaredInputs, inputs), (interface.declaredOutputs, outputs),
    ] {
      for port in ports where port.type?.sequenceElement != nil {
        forms.sequences[port.name] = tensors.count { $0.name.hasPrefix("\(port.name).") }
      }
    }
    for port in interface.declaredInputs { noteShapes(of: port) }
  }

  private typealias Recorded = (port: ONNXValueInfo?, value: RecordedValue)

  /// Notes the form of a recorded value and gives its tensors.
  private mutating func take(_ recorded: Recorded) -> [NamedTensor] {
    let name = recorded.port?.name ?? ""
    switch recorded.value {
    case .tensor(let value): return [NamedTensor(name, value)]
    case .sequence(let elements):
      forms.sequences[name] = elements.count
      return elements.enumerated().map { NamedTensor("\(name).\($0)", $1) }
    case .absent:
      forms.absent.insert(name)
      return []
    }
  }

  /// Notes the shapes of inputs whose rank the model leaves open.
  private mutating func noteShapes(of port: ONNXValueInfo) {
    guard port.type?.hasOpenRank ?? false else { return }
    let names = (0..<(forms.sequences[port.name] ?? 0)).map { "\(port.name).\($0)" }
    for input in inputs where names.contains(input.name) || input.name == port.name {
      forms.shapes[input.name] = input.value.type.shape.extents
    }
  }

  /// The input of a port.
  func input(_ place: Int, _ name: String) -> TensorData? { find(inputs, place, name) }

  /// The wanted output of a port.
  func output(_ place: Int, _ name: String) -> TensorData? { find(outputs, place, name) }

  private func find(_ tensors: [NamedTensor], _ place: Int, _ name: String) -> TensorData? {
    if isPositional { return place < tensors.count ? tensors[place].value : nil }
    return tensors.first { $0.name == name }?.value
  }
}

extension RecordedValue {
  /// Reads a file as what the model declares it to be.
  fileprivate init(_ file: FileBytes, _ type: ONNXType?) throws(DiagnosticError) {
    switch type {
    case .sequence?: try self.init(sequence: file)
    case .optional?: try self.init(optional: file)
    case .tensor?, .sparse?, .map?, .opaque?, nil:
      self = .tensor(try TensorProtoFile.decode(file).value)
    }
  }
}

extension ONNXType {
  /// The elements of a sequence, be it optional or not.
  fileprivate var sequenceElement: ONNXType? {
    switch self {
    case .sequence(let element): element
    case .optional(let inner): inner.sequenceElement
    case .tensor, .sparse, .map, .opaque: nil
    }
  }

  /// Whether it is made of tensors without a shape.
  fileprivate var hasOpenRank: Bool {
    switch self {
    case .tensor(_, let shape): shape == nil
    case .sequence(let inner), .optional(let inner): inner.hasOpenRank
    case .sparse, .map, .opaque: false
    }
  }
}
