internal import CONNX
internal import CProtobufC

/// The messages of a repeated field.
func pointers<Message>(
  _ count: Int, _ messages: UnsafeMutablePointer<UnsafeMutablePointer<Message>?>?
) -> [UnsafePointer<Message>] {
  UnsafeBufferPointer(start: messages, count: messages == nil ? 0 : count)
    .compactMap { $0.map { UnsafePointer($0) } }
}

/// The numbers of a repeated field.
func numbers<Number>(
  _ count: Int, _ numbers: UnsafeMutablePointer<Number>?
) -> UnsafeBufferPointer<Number> {
  UnsafeBufferPointer(start: numbers, count: numbers == nil ? 0 : count)
}

/// The texts of a repeated field; the scan has checked that they are UTF-8.
func texts(_ count: Int, _ values: UnsafeMutablePointer<ProtobufCBinaryData>?) -> [String] {
  numbers(count, values).map(\.text)
}

extension ProtobufCBinaryData {
  /// The bytes; valid as long as the message.
  var buffer: UnsafeBufferPointer<UInt8> {
    UnsafeBufferPointer(start: data, count: data == nil ? 0 : len)
  }

  /// A copy of the bytes.
  var bytes: [UInt8] { Array(buffer) }

  /// The bytes as text; empty when the field is missing.
  var text: String { String(decoding: buffer, as: UTF8.self) }
}
