public import ApusIR
public import ApusLoops
internal import Foundation

/// A compiled model in a shared library, loaded into this process.
public final class NativeModel {
  private typealias Invoke =
    @convention(c) (
      UnsafeMutableRawPointer?, UnsafePointer<UnsafeRawPointer?>?,
      UnsafePointer<UnsafeMutableRawPointer?>?, UnsafeMutablePointer<Int64>?
    ) -> Int32
  private typealias Initialize =
    @convention(c) (
      UnsafeMutableRawPointer?, UnsafeMutableRawPointer?, UnsafeRawPointer?,
      UnsafeMutableRawPointer?
    ) -> Int32
  private typealias Describe = @convention(c) () -> UnsafeRawPointer?
  private typealias Size = @convention(c) () -> Int

  private let library: UnsafeMutableRawPointer
  private let invoke: Invoke
  private let context: UnsafeMutableRawPointer
  private let arena: UnsafeMutableRawPointer
  private let weights: TensorBuffer?
  /// The inputs in order.
  public let inputs: [ApusLoops.Port]
  /// The outputs in order.
  public let outputs: [ApusLoops.Port]

  /// Loads a library; the interface comes from `NAME_signature`.
  ///
  /// - Parameter weights: the bytes for `NAME_init`, where the model neither embeds nor links them.
  public init(
    library path: String, name: String, weights: FileBytes? = nil
  ) throws(DiagnosticError) {
    // The threads of OpenMP may still run in a library after the call that started them.
    guard let library = dlopen(path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE) else {
      throw NativeModel.failure(String(cString: dlerror()))
    }
    func symbol(_ word: String) throws(DiagnosticError) -> UnsafeMutableRawPointer {
      guard let address = dlsym(library, "\(name)_\(word)") else {
        throw NativeModel.failure("\(path) has no \(name)_\(word)")
      }
      return address
    }
    invoke = unsafeBitCast(try symbol("invoke"), to: Invoke.self)
    let initialize = unsafeBitCast(try symbol("init"), to: Initialize.self)
    let size = unsafeBitCast(try symbol("context_bytes"), to: Size.self)()
    let describe = unsafeBitCast(try symbol("signature"), to: Describe.self)
    guard let signature = describe().map(NativeSignature.init), signature.abiVersion == 1 else {
      throw NativeModel.failure("\(path) has another version of the C interface")
    }
    self.library = library
    self.weights = weights.map { file in
      let copy = TensorBuffer(count: file.count) { $0.copyBytes(from: file.array) }
      return copy
    }
    context = .allocate(byteCount: max(size, 1), alignment: 64)
    arena = .allocate(byteCount: max(signature.arenaBytes, 1), alignment: 64)
    inputs = signature.inputs
    outputs = signature.outputs
    let pointer = self.weights?.withBytes(0..<(weights?.count ?? 0)) { $0.baseAddress }
    let status = initialize(context, arena, pointer ?? nil, nil)
    guard status == 0 else { throw NativeModel.failure("init returned \(status)") }
  }

  deinit {
    context.deallocate()
    arena.deallocate()
    dlclose(library)
  }

  private static func failure(_ message: String) -> DiagnosticError {
    DiagnosticError(Diagnostic(.inputOutput, id: "library", message))
  }

  /// Runs the model on inputs in the order of the interface.
  public func run(_ values: [TensorData]) throws(DiagnosticError) -> [TensorData] {
    try requireInputs(values, inputs)
    var status: Int32 = 0
    let results = withTensors(values, outputs) { status = self.run($0, $1) }
    guard status == 0 else { throw NativeModel.failure("the model returned \(status)") }
    return results
  }

  /// Runs the model on raw memory, without any check: for timing.
  public func run(
    _ inputs: [UnsafeRawPointer?], _ outputs: [UnsafeMutableRawPointer?]
  ) -> Int32 {
    inputs.withUnsafeBufferPointer { inputs in
      outputs.withUnsafeBufferPointer { outputs in
        invoke(context, inputs.baseAddress, outputs.baseAddress, nil)
      }
    }
  }
}

/// Fails when tensors are not of the types that an interface asks for.
func requireInputs(_ values: [TensorData], _ ports: [ApusLoops.Port]) throws(DiagnosticError) {
  guard values.count == ports.count else {
    throw DiagnosticError(
      Diagnostic(.usage, id: "input-count", "\(values.count) inputs given, \(ports.count) expected")
    )
  }
  for (value, port) in zip(values, ports) where value.type != port.type {
    throw DiagnosticError(
      Diagnostic(
        .usage, id: "input-type", "input \(port.name) must be \(port.type), not \(value.type)"))
  }
}

/// Calls `body` with pointers to input elements and to fresh memory for outputs.
func withTensors(
  _ values: [TensorData], _ outputs: [ApusLoops.Port],
  _ body: ([UnsafeRawPointer?], [UnsafeMutableRawPointer?]) -> Void
) -> [TensorData] {
  let targets = outputs.map { port in
    let bytes = port.type.shape.elementCount.constant.flatMap {
      port.type.element.byteCount(of: $0)
    }
    return UnsafeMutableRawBufferPointer.allocate(byteCount: bytes ?? 0, alignment: 64)
  }
  defer { for target in targets { target.deallocate() } }
  // Inputs are copied, so that their memory is aligned and stays while the model runs.
  let sources = values.map { value in
    let source = UnsafeMutableRawBufferPointer.allocate(
      byteCount: max(value.byteCount, 1), alignment: 64)
    value.withBytes { source.copyMemory(from: $0) }
    return source
  }
  defer { for source in sources { source.deallocate() } }
  body(sources.map { UnsafeRawPointer($0.baseAddress) }, targets.map(\.baseAddress))
  return zip(outputs, targets).compactMap { port, target in
    let buffer = TensorBuffer(count: target.count) {
      $0.copyMemory(from: UnsafeRawBufferPointer(target))
    }
    return TensorData(port.type, in: buffer, range: 0..<target.count)
  }
}
