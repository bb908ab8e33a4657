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
  private let arena: RunMemory
  private let weights: TensorBuffer?
  /// What goes in and comes out.
  public let interface: ProgramInterface

  /// Loads a library; the interface comes from `NAME_signature`.
  ///
  /// `weights` are the bytes for `NAME_init`, where the model neither embeds nor links them.
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
    arena = try RunMemory(signature.arenaBytes)
    interface = signature.interface
    let pointer = self.weights?.withBytes(0..<(weights?.count ?? 0)) { $0.baseAddress }
    let status = initialize(context, arena.start, pointer ?? nil, nil)
    guard status == 0 else { throw NativeModel.failure("init returned \(status)") }
  }

  deinit {
    context.deallocate()
    dlclose(library)
  }

  private static func failure(_ message: String) -> DiagnosticError {
    DiagnosticError(Diagnostic(.inputOutput, id: "library", message))
  }

  /// Runs the model on inputs in the order of the interface.
  public func run(_ values: [TensorData]) throws(DiagnosticError) -> [TensorData] {
    var sizes = try interface.sizes(for: values.map(\.type))
    var status: Int32 = 0
    let results = try withTensors(values, interface, &sizes) { status = self.run($0, $1, &$2) }
    if status == 3 {
      throw DiagnosticError(
        Diagnostic(
          .limitExceeded, id: "run-size", "a size that the model computes is out of its bounds"))
    }
    if status == 4 { throw ProgramInterface.noRoomForStrings }
    guard status == 0 else { throw NativeModel.failure("the model returned \(status)") }
    return results
  }

  /// Runs the model on raw memory, without any check: for timing.
  ///
  /// `sizes` are the symbols of the interface: given ones go in, the others come out.
  public func run(
    _ inputs: [UnsafeRawPointer?], _ outputs: [UnsafeMutableRawPointer?], _ sizes: inout [Int64]
  ) -> Int32 {
    inputs.withUnsafeBufferPointer { inputs in
      outputs.withUnsafeBufferPointer { outputs in
        sizes.withUnsafeMutableBufferPointer { sizes in
          invoke(context, inputs.baseAddress, outputs.baseAddress, sizes.baseAddress)
        }
      }
    }
  }
}

/// Calls `body` with pointers to input elements, to fresh memory for outputs, and with the sizes.
func withTensors(
  _ values: [TensorData], _ interface: ProgramInterface, _ sizes: inout [Int64],
  _ body: ([UnsafeRawPointer?], [UnsafeMutableRawPointer?], inout [Int64]) -> Void
) throws(DiagnosticError) -> [TensorData] {
  var sources: [PortMemory] = []
  for value in values { sources.append(try PortMemory(value)) }
  let targets = try interface.outputs.map { port throws(DiagnosticError) in
    try RunMemory(interface.byteCapacity(of: port))
  }
  withExtendedLifetime(sources) { body(sources.map(\.base), targets.map { $0.start }, &sizes) }
  return zip(interface.outputs, targets).compactMap { port, target in
    TensorData(
      interface.type(of: port, sizes: sizes), copying: UnsafeRawBufferPointer(target.bytes))
  }
}
