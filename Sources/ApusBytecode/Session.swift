public import ApusIR
public import ApusLoops
internal import CApusVM

/// A loaded and verified `.apb` program, ready to run; runs may overlap.
public struct Session: Sendable {
  /// What goes in and comes out.
  public let interface: ProgramInterface
  /// The bytes of memory that one run takes.
  public let memoryBytes: Int
  /// Lanes computed and multiply-adds of one run.
  public let work: UInt64
  /// What the memory of each input must hold; bytes.
  public let inputBytes: [Int]
  /// What the memory of each output must hold; bytes.
  public let outputBytes: [Int]
  private let bytes: TensorBuffer
  private let program: apus_vm_program

  /// Loads a file.
  ///
  /// - Throws: `bytecode-…` when the file is malformed or unsafe; `limit-exceeded` when one run
  ///   takes more than `memoryLimit` bytes or `workLimit` steps (0: no limit).
  /// - Complexity: linear in the size of the file.
  public init(
    _ file: [UInt8], memoryLimit: UInt64 = 0, workLimit: UInt64 = 0
  ) throws(DiagnosticError) {
    bytes = TensorBuffer(count: file.count) { $0.copyBytes(from: file) }
    var loaded = apus_vm_program()
    var limits = apus_vm_limits(work: workLimit, memory_bytes: memoryLimit)
    let status = bytes.withBytes(0..<file.count) {
      apus_vm_load($0.baseAddress, $0.count, &limits, &loaded)
    }
    if status != APUS_VM_OK { throw Session.failure(status, word: loaded.failing_word) }
    program = loaded
    interface = ProgramInterface(&loaded)
    inputBytes = (0..<apus_vm_input_count(&loaded)).map {
      Int(clamping: apus_vm_input(&loaded, $0).byte_count)
    }
    outputBytes = (0..<apus_vm_output_count(&loaded)).map {
      Int(clamping: apus_vm_output(&loaded, $0).byte_count)
    }
    memoryBytes = Int(clamping: apus_vm_memory_bytes(&loaded))
    work = loaded.work
  }

  /// Runs the program on row-major tensors.
  ///
  /// - Throws: `input-count` or `input-type` when the tensors are not what the interface asks for;
  ///   `run-memory` when there is too little.
  public func run(_ tensors: [TensorData]) throws(DiagnosticError) -> [TensorData] {
    var sizes = try interface.sizes(for: tensors.map(\.type))
    let results = try outputBytes.map { size throws(DiagnosticError) in
      try RunMemory(min(size, .max - 64) + 64)
    }
    let memory = try RunMemory(memoryBytes)
    // Inputs are read up to their largest size, so that those of open size are copied.
    var sources: [PortMemory] = []
    for (place, tensor) in tensors.enumerated() {
      guard let size = tensor.type.element.byteCount(of: tensor.count), size <= inputBytes[place]
      else {
        let name = interface.inputs[place].name
        throw DiagnosticError(
          Diagnostic(.limitExceeded, id: "input-size", "input \(name) is too large"))
      }
      sources.append(try PortMemory(tensor, capacity: inputBytes[place]))
    }
    let status = withExtendedLifetime((sources, memory)) {
      run(sources.map(\.base), results.map { $0.start }, &sizes, memory: Optional(memory.start))
    }
    if status == APUS_VM_NO_ROOM { throw ProgramInterface.noRoomForStrings }
    guard status == APUS_VM_OK else {
      throw DiagnosticError(
        Diagnostic(
          .limitExceeded, id: "run-size", "a size that the model computes is out of its bounds"))
    }
    return zip(interface.outputs, results).compactMap { port, result in
      TensorData(
        interface.type(of: port, sizes: sizes), copying: UnsafeRawBufferPointer(result.bytes))
    }
  }

  /// Runs the program on raw memory, without any check: for timing.
  ///
  /// - Parameters:
  ///   - inputs: Elements in the order of the interface, aligned to their type.
  ///   - outputs: Memory for the results.
  ///   - sizes: The symbols of the interface: given ones go in, the others come out.
  ///   - memory: `memoryBytes` bytes, aligned to 64.
  public func run(
    _ inputs: [UnsafeRawPointer?], _ outputs: [UnsafeMutableRawPointer?], _ sizes: inout [Int64],
    memory: UnsafeMutableRawPointer
  ) {
    _ = run(inputs, outputs, &sizes, memory: Optional(memory))
  }

  private func run(
    _ inputs: [UnsafeRawPointer?], _ outputs: [UnsafeMutableRawPointer?], _ sizes: inout [Int64],
    memory: UnsafeMutableRawPointer?
  ) -> apus_vm_status {
    var program = program
    return withExtendedLifetime(bytes) {
      apus_vm_run(&program, memory, inputs, outputs, &sizes)
    }
  }

  private static func failure(_ status: apus_vm_status, word: UInt32) -> DiagnosticError {
    let text = String(cString: apus_vm_describe(status))
    let category: Diagnostic.Category =
      status == APUS_VM_TOO_MUCH ? .limitExceeded : .invalidInput
    return DiagnosticError(
      Diagnostic(
        .error, category, id: "bytecode-\(status.rawValue)", "bytecode refused: \(text)",
        notes: word > 0 ? ["verification stopped at word \(word) of the code"] : []))
  }
}

// A loaded program never changes and points into bytes that never change: the interpreter promises
// that it may run on many threads at once.
extension apus_vm_program: @retroactive @unchecked Sendable {}

extension ProgramInterface {
  /// What a loaded program says of its ports and sizes.
  fileprivate init(_ program: inout apus_vm_program) {
    let symbols = (0..<apus_vm_dimension_count(&program)).map { place in
      let size = apus_vm_dimension_at(&program, place)
      let text = UnsafeRawBufferPointer(start: size.name, count: size.name_length)
      return SymbolBounds(
        name: String(decoding: text, as: UTF8.self), lower: Int(size.low), upper: Int(size.high))
    }
    let formulas = SizeFormulas(program, symbols: symbols.map(\.name))
    self.init(
      inputs: (0..<apus_vm_input_count(&program)).map {
        Port(apus_vm_input(&program, $0), formulas)
      },
      outputs: (0..<apus_vm_output_count(&program)).map {
        Port(apus_vm_output(&program, $0), formulas)
      }, symbols: symbols, givenCount: Int(apus_vm_given_dimension_count(&program)))
  }
}

extension Port {
  fileprivate init(_ port: apus_vm_port, _ formulas: SizeFormulas) {
    let text = UnsafeRawBufferPointer(start: port.name, count: port.name_length)
    let extents = withUnsafeBytes(of: port.shape) { shape in
      withUnsafeBytes(of: port.sizes) { sizes in
        (0..<Int(port.rank)).map { axis in
          let size = sizes.loadUnaligned(fromByteOffset: axis * 4, as: Int32.self)
          if size >= 0 { return formulas.extent(Int(size)) }
          return Dimension(Int(shape.loadUnaligned(fromByteOffset: axis * 8, as: Int64.self)))
        }
      }
    }
    self.init(
      name: String(decoding: text, as: UTF8.self),
      type: TensorType(ElementType(machineNumber: port.element) ?? .f32, Shape(extents)),
      buffer: BufferID(0))
  }
}
