internal import ApusIR
internal import CApusLibrary

/// Where a function of the C interface puts its error.
typealias ErrorPlace = UnsafeMutablePointer<OpaquePointer?>?

/// Runs what a function of the C interface does; a failure goes to the caller's place for it.
func attempt<Result>(
  _ place: ErrorPlace, _ body: () throws(DiagnosticError) -> Result
) -> Result? {
  place?.pointee = nil
  do throws(DiagnosticError) {
    return try body()
  } catch {
    place?.pointee = own(ErrorBox(error))
    return nil
  }
}

/// The same for functions that return a status.
func status(_ place: ErrorPlace, _ body: () throws(DiagnosticError) -> Void) -> apus_status {
  var code: Int32 = 0
  let done: Void? = attempt(place) { () throws(DiagnosticError) in
    do throws(DiagnosticError) {
      try body()
    } catch {
      code = error.exitCode
      throw error
    }
  }
  return done == nil ? code : 0
}

// MARK: Handles

/// A handle that keeps an object until it is freed.
func own(_ object: AnyObject) -> OpaquePointer {
  OpaquePointer(Unmanaged.passRetained(object).toOpaque())
}

/// The object of a handle.
///
/// - Throws: an error of usage for NULL.
func object<Object: AnyObject>(
  _ handle: OpaquePointer?, as _: Object.Type
) throws(DiagnosticError) -> Object {
  guard let handle else { throw .misuse("a handle is NULL") }
  return Unmanaged<Object>.fromOpaque(UnsafeRawPointer(handle)).takeUnretainedValue()
}

/// Frees the object of a handle.
func release<Object: AnyObject>(_ handle: OpaquePointer?, as _: Object.Type) {
  guard let handle else { return }
  Unmanaged<Object>.fromOpaque(UnsafeRawPointer(handle)).release()
}

extension DiagnosticError {
  /// A call that breaks a rule of the header.
  static func misuse(_ message: String) -> DiagnosticError {
    DiagnosticError(Diagnostic(.usage, id: "c-interface", message))
  }
}

// MARK: Arguments

/// A text that a caller passes.
func text(_ pointer: UnsafePointer<CChar>?) throws(DiagnosticError) -> String {
  guard let pointer else { throw .misuse("a text is NULL") }
  guard let text = String(validatingCString: pointer) else { throw .misuse("a text is not UTF-8") }
  return text
}

/// The bytes that a caller passes, copied.
func bytes(_ pointer: UnsafeRawPointer?, _ count: Int) throws(DiagnosticError) -> [UInt8] {
  guard count == 0 || pointer != nil, count >= 0 else { throw .misuse("bytes are NULL") }
  return Array(UnsafeRawBufferPointer(start: pointer, count: count))
}

/// The items of an array that a caller passes.
func items<Item>(
  _ pointer: UnsafePointer<Item>?, _ count: Int
) throws(DiagnosticError) -> UnsafeBufferPointer<Item> {
  guard count == 0 || pointer != nil, count >= 0 else { throw .misuse("an array is NULL") }
  return UnsafeBufferPointer(start: pointer, count: count)
}

/// The options of a caller, who may know fewer or more fields than this library; `none` are those
/// of a caller who passes NULL.
///
/// More fields must be 0, because what they ask for is not known here.
func options<Options>(
  _ pointer: UnsafePointer<Options>?, none: Options
) throws(DiagnosticError) -> Options {
  guard let pointer else { return none }
  let given = UnsafeRawPointer(pointer)
  let (size, known) = (given.load(as: Int.self), MemoryLayout<Options>.size)
  guard size >= MemoryLayout<Int>.size, size <= 1 << 16 else {
    throw .misuse("struct_size is not set")
  }
  let rest = UnsafeRawBufferPointer(start: given + min(size, known), count: max(size - known, 0))
  guard rest.allSatisfy({ $0 == 0 }) else {
    throw .misuse("the options ask for something that this version does not know")
  }
  var options = none
  withUnsafeMutableBytes(of: &options) {
    $0.copyMemory(from: UnsafeRawBufferPointer(start: given, count: min(size, known)))
  }
  return options
}
