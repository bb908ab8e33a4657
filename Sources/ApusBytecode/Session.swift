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
    interface = ProgramInterface(
      inputs: (0..<apus_vm_input_count(&loaded)).map { Port(apus_vm_input(&loaded, $0)) },
      outputs: (0..<apus_vm_output_count(&loaded)).map { Port(apus_vm_output(&loaded, $0)) })
    memoryBytes = Int(clamping: apus_vm_memory_bytes(&loaded))
    work = loaded.work
  }

  /// Runs the program on row-major tensors.
  ///
  /// - Throws: `input-count` or `input-type` when the tensors are not what the interface asks for.
  public func run(_ tensors: [TensorData]) throws(DiagnosticError) -> [TensorData] {
    _ = try interface.sizes(for: tensors.map(\.type))
    let results = interface.outputs.map { port in
      UnsafeMutableRawBufferPointer.allocate(byteCount: port.byteCount + 64, alignment: 64)
    }
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: memoryBytes, alignment: 64)
    defer {
      memory.deallocate()
      for result in results { result.deallocate() }
    }
    withPointers(tensors[...], []) { pointers in
      var program = program
      let targets = results.map { $0.baseAddress }
      withExtendedLifetime(bytes) {
        apus_vm_run(&program, memory.baseAddress, pointers, targets)
      }
    }
    return zip(interface.outputs, results).compactMap { port, result in
      let data = TensorBuffer(count: port.byteCount) {
        $0.copyMemory(from: UnsafeRawBufferPointer(rebasing: result[0..<port.byteCount]))
      }
      return TensorData(port.type, in: data, range: 0..<port.byteCount)
    }
  }

  /// Runs the program on raw memory, without any check: for timing.
  ///
  /// - Parameters:
  ///   - inputs: Elements in the order of the interface, aligned to their type.
  ///   - outputs: Memory for the results.
  ///   - memory: `memoryBytes` bytes, aligned to 64.
  public func run(
    _ inputs: [UnsafeRawPointer?], _ outputs: [UnsafeMutableRawPointer?],
    memory: UnsafeMutableRawPointer
  ) {
    var program = program
    withExtendedLifetime(bytes) { apus_vm_run(&program, memory, inputs, outputs) }
  }

  private func withPointers(
    _ tensors: ArraySlice<TensorData>, _ found: [UnsafeRawPointer?],
    _ body: ([UnsafeRawPointer?]) -> Void
  ) {
    guard let first = tensors.first else { return body(found) }
    first.withBytes { withPointers(tensors.dropFirst(), found + [$0.baseAddress], body) }
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

extension Port {
  fileprivate var byteCount: Int {
    type.element.byteCount(of: type.shape.elementCount.constant ?? 0) ?? 0
  }

  fileprivate init(_ port: apus_vm_port) {
    let text = UnsafeRawBufferPointer(start: port.name, count: port.name_length)
    let extents = withUnsafeBytes(of: port.shape) { bytes in
      (0..<Int(port.rank)).map {
        Int(bytes.loadUnaligned(fromByteOffset: $0 * 8, as: Int64.self))
      }
    }
    self.init(
      name: String(decoding: text, as: UTF8.self),
      type: TensorType(ElementType(machineNumber: port.element) ?? .f32, extents),
      buffer: BufferID(0))
  }
}
