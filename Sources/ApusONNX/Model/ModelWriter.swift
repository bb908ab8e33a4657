internal import ApusIR
internal import CONNX
internal import CProtobufC

/// Turns a model into bytes; the reverse of `ModelReader`.
///
/// Messages of protobuf-c are structures that point to each other. They live in memory that the
/// writer gives back when it is done; weights are pointed to where they are.
struct ModelWriter {
  /// The file that weights go to, if not into the model.
  private let external: String?
  private let memory = MessageMemory()
  private var offset = 0

  init(external: String? = nil) { self.external = external }

  mutating func write(_ model: ONNXModel) -> [UInt8] {
    let message = memory.make(onnx__model_proto__init) { proto in
      (proto.has_ir_version, proto.ir_version) = (1, Int64(model.irVersion))
      (proto.has_producer_name, proto.producer_name) = (1, memory.text(model.producer))
    }
    message.pointee.graph = graph(model.graph, isMain: true)
    (message.pointee.n_opset_import, message.pointee.opset_import) = memory.list(
      model.opsets.map { opset in
        memory.make(onnx__operator_set_id_proto__init) { proto in
          (proto.has_domain, proto.domain) = (1, memory.text(opset.domain))
          (proto.has_version, proto.version) = (1, Int64(opset.version))
        }
      })
    let count = onnx__model_proto__get_packed_size(message)
    return [UInt8](unsafeUninitializedCapacity: count) { bytes, written in
      written = onnx__model_proto__pack(message, bytes.baseAddress)
    }
  }

  private mutating func graph(
    _ graph: ONNXGraph, isMain: Bool = false
  ) -> UnsafeMutablePointer<Onnx__GraphProto> {
    let nodes = graph.nodes.map { node($0) }
    let tensors = graph.initializers.map { tensor($0, isExternal: isMain && external != nil) }
    return memory.make(onnx__graph_proto__init) { proto in
      (proto.has_name, proto.name) = (1, memory.text(graph.name))
      (proto.n_node, proto.node) = memory.list(nodes)
      (proto.n_initializer, proto.initializer) = memory.list(tensors)
      (proto.n_input, proto.input) = memory.list(graph.inputs.map(info))
      (proto.n_output, proto.output) = memory.list(graph.outputs.map(info))
    }
  }

  private mutating func node(_ node: ONNXNode) -> UnsafeMutablePointer<Onnx__NodeProto> {
    let attributes = node.attributes.map { attribute($0) }
    return memory.make(onnx__node_proto__init) { proto in
      (proto.has_name, proto.name) = (1, memory.text(node.name))
      (proto.has_op_type, proto.op_type) = (1, memory.text(node.operatorType))
      if !node.domain.isEmpty { (proto.has_domain, proto.domain) = (1, memory.text(node.domain)) }
      (proto.n_input, proto.input) = memory.array(node.inputs.map(memory.text))
      (proto.n_output, proto.output) = memory.array(node.outputs.map(memory.text))
      (proto.n_attribute, proto.attribute) = memory.list(attributes)
    }
  }

  private mutating func attribute(
    _ attribute: ONNXAttribute
  ) -> UnsafeMutablePointer<Onnx__AttributeProto> {
    let message = memory.make(onnx__attribute_proto__init) { proto in
      (proto.has_name, proto.name) = (1, memory.text(attribute.name))
      proto.has_type = 1
    }
    switch attribute.value {
    case .float(let value):
      (message.pointee.type, message.pointee.has_f, message.pointee.f) = (1, 1, value)
    case .int(let value):
      (message.pointee.type, message.pointee.has_i, message.pointee.i) = (2, 1, Int64(value))
    case .string(let value):
      (message.pointee.type, message.pointee.has_s) = (3, 1)
      message.pointee.s = memory.bytes(value)
    case .graph(let value): (message.pointee.type, message.pointee.g) = (5, graph(value))
    case .floats(let values):
      message.pointee.type = 6
      (message.pointee.n_floats, message.pointee.floats) = memory.array(values)
    case .ints(let values):
      message.pointee.type = 7
      (message.pointee.n_ints, message.pointee.ints) = memory.array(values.map { Int64($0) })
    case .tensor, .type, .strings, .tensors, .graphs, .types, .reference:
      preconditionFailure("exported nodes have no such attributes")
    }
    return message
  }

  // MARK: Types

  private func info(_ info: ONNXValueInfo) -> UnsafeMutablePointer<Onnx__ValueInfoProto> {
    memory.make(onnx__value_info_proto__init) { proto in
      (proto.has_name, proto.name) = (1, memory.text(info.name))
      guard case .tensor(let element, let shape)? = info.type else { return }
      proto.type = memory.make(onnx__type_proto__init) { type in
        type.tensor_type = memory.make(onnx__type_proto__tensor__init) { tensor in
          (tensor.has_elem_type, tensor.elem_type) = (1, Int32(element.onnxDataType))
          guard let shape else { return }
          tensor.shape = memory.make(onnx__tensor_shape_proto__init) { proto in
            (proto.n_dim, proto.dim) = memory.list(shape.map(dimension))
          }
        }
      }
    }
  }

  private func dimension(
    _ dimension: ONNXDimension
  ) -> UnsafeMutablePointer<Onnx__TensorShapeProto__Dimension> {
    memory.make(onnx__tensor_shape_proto__dimension__init) { proto in
      switch dimension {
      case .extent(let extent): (proto.has_dim_value, proto.dim_value) = (1, Int64(extent))
      case .parameter(let name): (proto.has_dim_param, proto.dim_param) = (1, memory.text(name))
      case .unknown: break
      }
    }
  }

  // MARK: Tensors

  private mutating func tensor(
    _ tensor: ONNXTensor, isExternal: Bool
  ) -> UnsafeMutablePointer<Onnx__TensorProto> {
    let data = tensor.data
    let message = memory.make(onnx__tensor_proto__init) { proto in
      (proto.has_name, proto.name) = (1, memory.text(tensor.name))
      (proto.has_data_type, proto.data_type) = (1, Int32(tensor.element.onnxDataType))
      (proto.n_dims, proto.dims) = memory.array(tensor.extents.map { Int64($0) })
    }
    if tensor.element == .string {
      let strings = memory.array(data.strings.map(memory.bytes))
      (message.pointee.n_string_data, message.pointee.string_data) = strings
      return message
    }
    guard isExternal, let external else {
      message.pointee.has_raw_data = 1
      message.pointee.raw_data =
        tensor.element.isSixBits
        ? memory.bytes(data.withBytes { SixBits.packed($0) }) : memory.borrow(data)
      return message
    }
    let entries = [
      ("location", external), ("offset", "\(offset)"), ("length", "\(data.byteCount)"),
    ]
    offset += data.byteCount + ExportedModel.padding(after: data.byteCount)
    (message.pointee.n_external_data, message.pointee.external_data) = memory.list(
      entries.map { key, value in
        memory.make(onnx__string_string_entry_proto__init) { proto in
          (proto.has_key, proto.key) = (1, memory.text(key))
          (proto.has_value, proto.value) = (1, memory.text(value))
        }
      })
    (message.pointee.has_data_location, message.pointee.data_location) = (1, 1)
    return message
  }
}

/// Memory of messages, given back all at once.
private final class MessageMemory {
  private var blocks: [UnsafeMutableRawPointer] = []
  /// Tensors whose bytes messages point to.
  private var borrowed: [TensorData] = []

  deinit { for block in blocks { block.deallocate() } }

  private func allocate<Value>(_ count: Int, of _: Value.Type) -> UnsafeMutablePointer<Value> {
    let block = UnsafeMutablePointer<Value>.allocate(capacity: max(count, 1))
    blocks.append(UnsafeMutableRawPointer(block))
    return block
  }

  /// A message with its defaults, then its fields.
  func make<Message>(
    _ initialize: (UnsafeMutablePointer<Message>?) -> Void, _ fill: (inout Message) -> Void
  ) -> UnsafeMutablePointer<Message> {
    let message = allocate(1, of: Message.self)
    initialize(message)
    fill(&message.pointee)
    return message
  }

  /// A repeated field.
  func array<Value>(_ values: [Value]) -> (Int, UnsafeMutablePointer<Value>?) {
    let block = allocate(values.count, of: Value.self)
    block.initialize(from: values, count: values.count)
    return (values.count, block)
  }

  /// A repeated field of messages.
  func list<Message>(
    _ messages: [UnsafeMutablePointer<Message>]
  ) -> (Int, UnsafeMutablePointer<UnsafeMutablePointer<Message>?>?) {
    array(messages.map { $0 })
  }

  /// A field of bytes.
  func bytes(_ bytes: [UInt8]) -> ProtobufCBinaryData {
    let (count, block) = array(bytes)
    return ProtobufCBinaryData(len: count, data: block)
  }

  /// A field of text.
  func text(_ text: String) -> ProtobufCBinaryData { bytes(Array(text.utf8)) }

  /// The bytes of a tensor, where they are.
  func borrow(_ data: TensorData) -> ProtobufCBinaryData {
    borrowed.append(data)
    return data.withBytes { bytes in
      ProtobufCBinaryData(
        len: bytes.count,
        data: UnsafeMutablePointer(mutating: bytes.baseAddress?.assumingMemoryBound(to: UInt8.self))
      )
    }
  }
}
