// The names are those of the C interface.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

internal import ApusBytecode
internal import ApusIR
internal import ApusLoops
public import CApusLibrary

/// What an `apus_session` is.
final class SessionBox {
  let session: Session
  let inputs: [PortBox]
  let outputs: [PortBox]

  init(_ session: Session) {
    self.session = session
    inputs = session.interface.inputs.map { PortBox($0.name, $0.type) }
    outputs = session.interface.outputs.map { PortBox($0.name, $0.type) }
  }
}

/// A name and a type in memory of their own.
final class PortBox {
  private let name: BufferBox
  private let extents: UnsafeMutableBufferPointer<Int64>
  let element: apus_element

  init(_ name: String, _ type: TensorType) {
    self.name = BufferBox(name)
    extents = .allocate(capacity: type.rank)
    _ = extents.initialize(from: type.shape.dimensions.map { Int64($0.constant ?? -1) })
    element = apus_element(type.element.onnxDataType)
  }

  deinit { extents.deallocate() }

  var port: apus_port {
    apus_port(
      name: name.text, element: element, rank: Int32(extents.count),
      extents: UnsafePointer(extents.baseAddress))
  }

  /// A tensor of this type.
  func tensor(_ data: TensorData) -> apus_tensor {
    apus_tensor(
      element: element, rank: Int32(extents.count), extents: UnsafePointer(extents.baseAddress),
      data: data.withBytes { $0.baseAddress }, byte_count: data.byteCount)
  }
}

/// What `apus_results` are.
final class ResultsBox {
  let tensors: [(data: TensorData, type: PortBox)]

  init(_ results: [TensorData]) { tensors = results.map { ($0, PortBox("", $0.type)) } }
}

@c @implementation
public func apus_session_create(
  _ graph: OpaquePointer?, _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> OpaquePointer? {
  attempt(error) { () throws(DiagnosticError) in
    own(SessionBox(try Session(try object(graph, as: GraphBox.self).graph)))
  }
}

@c @implementation
public func apus_session_load(
  _ pointer: UnsafeRawPointer?, _ size: Int, _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> OpaquePointer? {
  attempt(error) { () throws(DiagnosticError) in
    own(SessionBox(try Session(try bytes(pointer, size))))
  }
}

@c @implementation
public func apus_session_free(_ session: OpaquePointer?) { release(session, as: SessionBox.self) }

// MARK: Ports

@c @implementation
public func apus_session_input_count(_ session: OpaquePointer?) -> Int {
  (try? object(session, as: SessionBox.self))?.inputs.count ?? 0
}

@c @implementation
public func apus_session_output_count(_ session: OpaquePointer?) -> Int {
  (try? object(session, as: SessionBox.self))?.outputs.count ?? 0
}

@c @implementation
public func apus_session_input(
  _ session: OpaquePointer?, _ place: Int, _ port: UnsafeMutablePointer<apus_port>?
) -> apus_status {
  give((try? object(session, as: SessionBox.self))?.inputs, place, port) { $0.port }
}

@c @implementation
public func apus_session_output(
  _ session: OpaquePointer?, _ place: Int, _ port: UnsafeMutablePointer<apus_port>?
) -> apus_status {
  give((try? object(session, as: SessionBox.self))?.outputs, place, port) { $0.port }
}

/// Writes an item of a list where the caller wants it.
private func give<Item, Form>(
  _ list: [Item]?, _ place: Int, _ target: UnsafeMutablePointer<Form>?, _ form: (Item) -> Form
) -> apus_status {
  guard let list, list.indices.contains(place), let target else { return 2 }
  target.pointee = form(list[place])
  return 0
}

// MARK: Running

@c @implementation
public func apus_session_run(
  _ session: OpaquePointer?, _ inputs: UnsafePointer<apus_tensor>?, _ count: Int,
  _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> OpaquePointer? {
  attempt(error) { () throws(DiagnosticError) in
    let session = try object(session, as: SessionBox.self).session
    var tensors: [TensorData] = []
    for tensor in try items(inputs, count) { tensors.append(try data(of: tensor)) }
    return own(ResultsBox(try session.run(tensors)))
  }
}

private func data(of tensor: apus_tensor) throws(DiagnosticError) -> TensorData {
  guard let element = ElementType(onnxDataType: Int(tensor.element)) else {
    throw .misuse("there is no element type \(tensor.element)")
  }
  let extents = try items(tensor.extents, Int(tensor.rank)).map { Int($0) }
  guard extents.allSatisfy({ (0..<1 << 31).contains($0) }), extents.count <= 64 else {
    throw .misuse("an extent of a tensor is out of range")
  }
  let elements = try bytes(tensor.data, tensor.byte_count)
  let buffer = TensorBuffer(count: elements.count) { $0.copyBytes(from: elements) }
  let type = TensorType(element, extents)
  guard let data = TensorData(type, in: buffer, range: 0..<elements.count) else {
    throw .misuse("\(type) does not have \(elements.count) bytes")
  }
  return data
}

@c @implementation
public func apus_results_count(_ results: OpaquePointer?) -> Int {
  (try? object(results, as: ResultsBox.self))?.tensors.count ?? 0
}

@c @implementation
public func apus_results_get(
  _ results: OpaquePointer?, _ place: Int, _ tensor: UnsafeMutablePointer<apus_tensor>?
) -> apus_status {
  give((try? object(results, as: ResultsBox.self))?.tensors, place, tensor) {
    $0.type.tensor($0.data)
  }
}

@c @implementation
public func apus_results_free(_ results: OpaquePointer?) { release(results, as: ResultsBox.self) }
