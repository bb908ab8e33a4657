internal import ApusIR
internal import ApusLoops

/// Puts the C files of a model together.
struct ModelEmitter {
  let program: Program
  let target: Target
  let options: CModel.Options
  let weights: WeightLayout
  let kernels: KernelFunctions
  /// C names of the inputs and outputs, in order.
  let inputNames: [String]
  let outputNames: [String]
  /// C names of the symbols.
  let symbolNames: [String: String]

  init(program: Program, target: Target, options: CModel.Options) {
    self.program = program
    self.target = target
    self.options = options
    weights = WeightLayout(program)
    var names = CNames(reserved: Set(program.kernels.map(\.name)))
    inputNames = program.inputs.map { names.unique($0.name, fallback: "input") }
    outputNames = program.outputs.map { names.unique($0.name, fallback: "output") }
    var symbolNames: [String: String] = [:]
    for symbol in program.symbols {
      symbolNames[symbol.name] = names.unique("size_" + symbol.name, fallback: "size")
    }
    self.symbolNames = symbolNames
    kernels = KernelFunctions(
      program, target: target, threads: options.threads, symbols: symbolNames)
  }

  var name: String { program.name }
  var macro: String { name.uppercased() }

  /// The parameters of `NAME_run` after the context.
  var runParameters: [CParameter] {
    zip(inputNames, program.inputs).map {
      CParameter(type: program[$1.buffer].pointerType(isConstant: true), name: $0)
    }
      + zip(outputNames, program.outputs).map {
        CParameter(type: program[$1.buffer].pointerType(isConstant: false), name: $0)
      }
  }

  /// The parameters after those: sizes that go in, then places for sizes that come out.
  var sizeParameters: [CParameter] {
    program.inputSymbols.map { CParameter(type: "int64_t", name: symbolNames[$0] ?? "") }
      + program.outputSymbols.map {
        CParameter(type: "int64_t *", name: "out_" + (symbolNames[$0] ?? ""))
      }
  }

  /// The text of the C file.
  var source: String {
    let model = modelText
    var printer = CPrinter()
    printer.line("/* \(name): compiled by Apus for \(target.name). See \(name).h. */")
    printer.line("#include \"\(name).h\"")
    printer.line()
    printer.line(MachineLayer.text(lanes: target.lanes, for: model, error: target.functionError))
    return printer.text + model
  }

  /// The part of the C file that only this model has.
  private var modelText: String {
    var printer = CPrinter()
    printer.line()
    if options.threads == .openmp {
      printer.line("#ifdef _OPENMP")
      printer.line("#define APUS_PARALLEL _Pragma(\"omp parallel for\")")
      printer.line("#else")
      printer.line("#define APUS_PARALLEL")
      printer.line("#endif")
    } else {
      printer.line("#define APUS_PARALLEL")
    }
    printer.line()
    if kernels.calls.contains(where: \.usesThreads) { printer.printThreads(name) }
    printConstants(&printer)
    for function in kernels.functions {
      if let kernel = program.kernels.first(where: { $0.name == function.name }) {
        printer.line("/* \(kernel.origins.joined(separator: ", ").asComment) */")
      }
      printer.print(function)
      printer.line()
    }
    printInterface(&printer)
    return printer.text
  }

  private func printConstants(_ printer: inout CPrinter) {
    switch options.weights {
    case .embed:
      let unused = kernels.calls.contains(where: \.usesPool) ? nil : program.pool?.constants
      for entry in weights.entries where entry.buffer != unused { printArray(entry, &printer) }
    case .object:
      printer.line("extern const unsigned char \(name)_weights[];")
    case .file: break
    }
    printer.line()
  }

  /// The arrays that hold embedded constants.
  func arrayName(_ buffer: BufferID) -> String { "constant_\(buffer.number)" }

  private func printArray(_ entry: WeightLayout.Entry, _ printer: inout CPrinter) {
    let buffer = program[entry.buffer]
    if !buffer.name.isEmpty { printer.line("/* \(buffer.name.asComment) */") }
    let declaration = "static const \(buffer.element.cType) \(arrayName(entry.buffer))"
    printer.line("\(declaration)[\(max(buffer.count, 1))] APUS_ALIGNED = {")
    var text = "  "
    let elements = buffer.element.cTexts(entry.data)
    for (place, element) in elements.enumerated() {
      if text.count + element.count > 96 {
        printer.line(text.last == " " ? String(text.dropLast()) : text)
        text = "  "
      }
      text += element + (place + 1 < elements.count ? ", " : "")
    }
    printer.line(elements.isEmpty ? "  0" : text)
    printer.line("};")
  }

  /// The expression that points to a buffer inside `NAME_run`.
  func pointer(_ id: BufferID, isWritten: Bool) -> CExpression {
    let buffer = program[id]
    let qualifier = isWritten ? "" : "const "
    let type = buffer.pointerType(isConstant: !isWritten)
    func offset(_ base: String, _ bytes: Int) -> CExpression {
      .cast(
        type,
        .cast(
          "\(qualifier)void *", .binary("+", .name(base), .integer(bytes))))
    }
    switch buffer.storage {
    case .input:
      return .name(inputNames[program.inputs.firstIndex { $0.buffer == id } ?? 0])
    case .output:
      return .name(outputNames[program.outputs.firstIndex { $0.buffer == id } ?? 0])
    case .arena(let bytes): return offset("arena", bytes)
    case .constant:
      if options.weights == .embed { return .name(arrayName(id)) }
      let place = weights.entries.first { $0.buffer == id }?.offset ?? 0
      return offset("weights", place)
    }
  }
}

extension ElementType {
  /// The elements of a constant as C literals.
  func cTexts(_ data: ConstantData) -> [String] {
    let bytes = UnsafeMutableRawBufferPointer.allocate(
      byteCount: max(data.byteCount, 1), alignment: 64)
    defer { bytes.deallocate() }
    bytes.initializeMemory(as: UInt8.self, repeating: 0)
    let used = UnsafeMutableRawBufferPointer(rebasing: bytes[0..<data.byteCount])
    data.store(into: used)
    func texts<Element: BitwiseCopyable>(
      _: Element.Type, _ text: (Element) -> String
    ) -> [String] {
      let size = MemoryLayout<Element>.size
      return (0..<data.byteCount / size).map {
        text(used.loadUnaligned(fromByteOffset: $0 * size, as: Element.self))
      }
    }
    switch self {
    case .f32: return texts(Float.self) { Double($0).cText(suffix: "f") }
    case .f64: return texts(Double.self) { $0.cText(suffix: "") }
    case .i8: return texts(Int8.self) { String($0) }
    case .i16: return texts(Int16.self) { String($0) }
    case .i32: return texts(Int32.self) { $0 == .min ? "INT32_MIN" : String($0) }
    case .i64:
      return texts(Int64.self) { $0 == .min ? "INT64_MIN" : "INT64_C(\($0))" }
    case .u16, .f16, .bf16: return texts(UInt16.self) { String($0) }
    case .u32: return texts(UInt32.self) { "\($0)u" }
    case .u64, .string: return texts(UInt64.self) { "UINT64_C(\($0))" }
    default: return texts(UInt8.self) { String($0) }
    }
  }
}
