// The names are those of the C interface.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

internal import ApusIR
public import CApusLibrary

/// What an `apus_error` is.
final class ErrorBox {
  let code: Int32
  let message: BufferBox
  let json: BufferBox

  init(_ error: DiagnosticError) {
    code = error.exitCode
    message = BufferBox(error.diagnostics.map(\.text).joined(separator: "\n"))
    json = BufferBox(error.diagnostics.map(\.json).joined(separator: "\n"))
  }
}

/// What an `apus_buffer` is: bytes, and a 0 after them.
final class BufferBox {
  let bytes: UnsafeMutableRawBufferPointer

  init(_ contents: [UInt8]) {
    bytes = .allocate(byteCount: contents.count + 1, alignment: 64)
    bytes.copyBytes(from: contents)
    bytes[contents.count] = 0
  }

  convenience init(_ text: String) { self.init(Array(text.utf8)) }

  deinit { bytes.deallocate() }

  /// The bytes as a C string.
  var text: UnsafePointer<CChar>? {
    bytes.baseAddress.map { UnsafePointer($0.assumingMemoryBound(to: CChar.self)) }
  }
}

@c @implementation
public func apus_abi_version() -> UInt32 { UInt32(APUS_ABI_VERSION) }

@c @implementation
public func apus_error_code(_ error: OpaquePointer?) -> apus_status {
  (try? object(error, as: ErrorBox.self))?.code ?? 0
}

@c @implementation
public func apus_error_message(_ error: OpaquePointer?) -> UnsafePointer<CChar>? {
  (try? object(error, as: ErrorBox.self))?.message.text
}

@c @implementation
public func apus_error_json(_ error: OpaquePointer?) -> UnsafePointer<CChar>? {
  (try? object(error, as: ErrorBox.self))?.json.text
}

@c @implementation
public func apus_error_free(_ error: OpaquePointer?) { release(error, as: ErrorBox.self) }

@c @implementation
public func apus_buffer_data(_ buffer: OpaquePointer?) -> UnsafeRawPointer? {
  (try? object(buffer, as: BufferBox.self)).flatMap { UnsafeRawPointer($0.bytes.baseAddress) }
}

@c @implementation
public func apus_buffer_size(_ buffer: OpaquePointer?) -> Int {
  (try? object(buffer, as: BufferBox.self)).map { $0.bytes.count - 1 } ?? 0
}

@c @implementation
public func apus_buffer_free(_ buffer: OpaquePointer?) { release(buffer, as: BufferBox.self) }
