// The names are those of the C interface.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

internal import ApusIR
public import CApusLibrary

@c @implementation
public func apus_strings_pack(
  _ strings: UnsafePointer<UnsafePointer<CChar>?>?, _ count: Int,
  _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> OpaquePointer? {
  attempt(error) { () throws(DiagnosticError) in
    var contents: [[UInt8]] = []
    var total = 0
    for string in try items(strings, count) {
      guard let string else { throw .misuse("a string is NULL") }
      contents.append(
        string.withMemoryRebound(to: UInt8.self, capacity: 1) { start in
          Array(UnsafeBufferPointer(start: start, count: length(of: string)))
        })
      total += 4 + contents[contents.count - 1].count
    }
    guard total < 1 << 31 else { throw .misuse("the strings have 2^31 bytes or more") }
    let data = TensorData(strings: contents, [contents.count])
    return own(BufferBox(data.withBytes { Array($0) }))
  }
}

/// The bytes before the 0 of a C string.
private func length(of string: UnsafePointer<CChar>) -> Int {
  var end = string
  while end.pointee != 0 { end += 1 }
  return end - string
}

@c @implementation
public func apus_tensor_string(
  _ tensor: UnsafePointer<apus_tensor>?, _ place: Int, _ length: UnsafeMutablePointer<Int>?
) -> UnsafePointer<CChar>? {
  length?.pointee = 0
  guard let tensor = tensor?.pointee, tensor.element == 8, tensor.rank >= 0, place >= 0,
    let extents = try? items(tensor.extents, Int(tensor.rank))
  else { return nil }
  var count = 1
  for extent in extents {
    let (product, overflow) = count.multipliedReportingOverflow(by: Int(extent))
    guard !overflow, product >= 0 else { return nil }
    count = product
  }
  guard place < count, tensor.byte_count / 4 >= count, let data = tensor.data else { return nil }
  func size(_ place: Int) -> Int {
    Int(UInt32(littleEndian: data.loadUnaligned(fromByteOffset: 4 * place, as: UInt32.self)))
  }
  let start = (0..<place).reduce(4 * count) { $0 + size($1) }
  guard start <= tensor.byte_count, size(place) <= tensor.byte_count - start else { return nil }
  length?.pointee = size(place)
  return (data + start).assumingMemoryBound(to: CChar.self)
}
