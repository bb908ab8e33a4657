internal import ApusIR

/// Inputs and outputs: a sequence is one port `NAME.i` per element, an optional value that is not
/// there is none.
extension Importer {
  /// Refuses forms for inputs and outputs that the model does not have.
  func checkForms() throws(DiagnosticError) {
    let inputs = model.graph.inputs.map(\.name)
    let known = inputs + model.graph.outputs.map(\.name)
    let names = options.sequences.keys.sorted() + options.absent.sorted()
    let elements = inputs.flatMap { name in
      (0..<(options.sequences[name] ?? 0)).map { "\(name).\($0)" }
    }
    let unknown =
      names.first { !known.contains($0) }
      ?? options.shapes.keys.sorted().first { !(inputs + elements).contains($0) }
    if let unknown {
      throw failure(
        "form-name", "the model has no input or output \(unknown)", .file, .usage)
    }
  }

  /// Adds an input of the model.
  mutating func add(_ input: ONNXValueInfo) throws(DiagnosticError) {
    guard scope.bindings[input.name] == nil else {
      throw failure("duplicate-name", "two graph inputs have this name", .tensor(input.name))
    }
    scope.bindings[input.name] = try port(input.name, input.type)
  }

  /// The inputs that a value of the interface stands for.
  private mutating func port(
    _ name: String, _ type: ONNXType?
  ) throws(DiagnosticError) -> Binding {
    switch type {
    case .tensor(let element, let shape):
      return .tensor(try addInput(name, element, given(name, shape), symbols: ""))
    case .sequence(.tensor(let element, let shape)):
      guard let count = options.sequences[name] else {
        var missing = Diagnostic(
          .unsupported, id: "sequence-length", "the length of this sequence is not fixed",
          place: .tensor(name))
        missing.help = "say how many elements it has with --sequence \(name)=COUNT"
        throw DiagnosticError(missing)
      }
      var elements: [ValueID] = []
      for place in 0..<count {
        let port = "\(name).\(place)"
        let shape = try given(options.shapes[port] == nil ? name : port, shape)
        elements.append(try addInput(port, element, shape, symbols: "\(port)_"))
      }
      return .sequence(elements)
    case .optional(let inner):
      return options.absent.contains(name) ? .absent : try port(name, inner)
    case .sparse, .sequence, .map, .opaque, nil:
      throw failure(
        "input-type", "inputs are tensors, or sequences or optional values of tensors",
        .tensor(name), .unsupported)
    }
  }

  /// The shape of an input: what the user fixes, as far as the file leaves it open.
  private func given(
    _ name: String, _ declared: [ONNXDimension]?
  ) throws(DiagnosticError) -> [ONNXDimension]? {
    guard let extents = options.shapes[name] else { return declared }
    let fits = declared.map { declared in
      declared.count == extents.count
        && zip(declared, extents).allSatisfy { dimension, extent in
          if case .extent(let number) = dimension { return number == extent }
          return true
        }
    }
    guard fits ?? true else {
      throw failure(
        "shape-conflict", "the model declares another shape than --shape gives", .tensor(name),
        .usage)
    }
    return extents.map { .extent($0) }
  }

  private mutating func addInput(
    _ name: String, _ element: ElementType, _ shape: [ONNXDimension]?, symbols prefix: String
  ) throws(DiagnosticError) -> ValueID {
    guard let shape else {
      var missing = Diagnostic(
        .unsupported, id: "input-type", "the rank of this input is not known",
        place: .tensor(name))
      missing.help = "give its shape with --shape \(name)=2x3"
      throw DiagnosticError(missing)
    }
    guard !node.graph.inputs.contains(where: { node.graph[$0].name == name }) else {
      throw failure("duplicate-name", "two graph inputs have this name", .tensor(name))
    }
    let dimensions = shape.enumerated().map { axis, dimension -> Dimension in
      switch dimension {
      case .extent(let extent): return Dimension(extent)
      case .parameter(let symbol): return options.size(of: (prefix + symbol).symbolName)
      case .unknown: return options.size(of: "\(name)_\(axis)".symbolName)
      }
    }
    let type = TensorType(element, Shape(dimensions))
    try checkLimits(type, .tensor(name))
    return node.graph.addInput(name, type)
  }

  /// Adds an output of the model.
  mutating func add(_ output: ONNXValueInfo, _ result: Binding) throws(DiagnosticError) {
    try check(output, result)
    guard result.condition == nil else {
      throw failure(
        "branch-rank", "the rank of this output depends on data", .tensor(output.name), .unsupported
      )
    }
    let elements = result.values
    if let count = options.sequences[output.name], count != elements.count {
      throw failure(
        "sequence-length", "this sequence has \(elements.count) elements, not \(count)",
        .tensor(output.name), .usage)
    }
    if options.absent.contains(output.name), !result.isAbsent {
      throw failure("optional-present", "this value is there", .tensor(output.name), .usage)
    }
    guard result.isSequence else {
      for value in elements { node.graph.addOutput(value, name: output.name) }
      return
    }
    for (place, value) in elements.enumerated() {
      node.graph.addOutput(value, name: "\(output.name).\(place)")
    }
  }

  /// Rank, extents and bytes of a tensor that the model names.
  func checkLimits(_ type: TensorType, _ place: Diagnostic.Place) throws(DiagnosticError) {
    let limits = options.limits
    let extents = type.shape.dimensions.compactMap(\.constant)
    let count = type.shape.elementCount
    guard type.rank <= limits.rank, extents.allSatisfy({ $0 <= limits.extent }),
      let bytes = count.constant.map({ type.element.byteCount(of: $0) }) ?? 0,
      bytes <= limits.tensorBytes
    else {
      throw failure("tensor-size", "a tensor of \(type) is too large", place, .limitExceeded)
    }
  }

  /// Refuses a value that is not what the file declares.
  func check(_ declared: ONNXValueInfo, _ result: Binding) throws(DiagnosticError) {
    try check(declared.name, declared.type, result)
  }

  private func check(
    _ name: String, _ type: ONNXType?, _ result: Binding
  ) throws(DiagnosticError) {
    switch (type, result) {
    case (nil, _), (.optional, .absent), (.tensor, .choice): return
    case (.optional(let inner), _): try check(name, inner, result)
    case (.sequence(let inner), .sequence(let elements)):
      // Models declare shapes of elements loosely, so those are not held against them.
      guard case .tensor(let element, _) = inner else { return }
      for value in elements { try check(name, element, nil, node.graph.type(of: value)) }
    case (.tensor(let element, let shape), .tensor(let value)):
      try check(name, element, shape, node.graph.type(of: value))
    case (.tensor, _), (.sequence, _), (.sparse, _), (.map, _), (.opaque, _):
      throw failure(
        "type-conflict", "declared as another kind of value than computed", .tensor(name))
    }
  }

  private func check(
    _ name: String, _ element: ElementType, _ shape: [ONNXDimension]?, _ type: TensorType
  ) throws(DiagnosticError) {
    guard type.element == element else {
      throw failure(
        "type-conflict", "declared as \(element) but computed as \(type.element)", .tensor(name))
    }
    guard let shape, let extents = type.shape.extents else { return }
    let agrees =
      shape.count == extents.count
      && zip(shape, extents).allSatisfy { declared, extent in
        if case .extent(let number) = declared { return number == extent }
        return true
      }
    guard agrees else {
      throw failure(
        "shape-conflict", "the declared shape differs from the computed one, \(type.shape)",
        .tensor(name))
    }
  }
}
