internal import ApusIR
internal import CONNX
internal import CProtobufC

extension ModelReader {
  /// Reads a graph with all that is in it.
  mutating func graph(
    _ message: UnsafePointer<Onnx__GraphProto>
  ) throws(DiagnosticError) -> ONNXGraph {
    let proto = message.pointee
    return ONNXGraph(
      name: proto.name.text,
      nodes: try nodes(proto.n_node, proto.node),
      initializers: try list(proto.n_initializer, proto.initializer) {
        (reader, message) throws(DiagnosticError) in try reader.tensor(message)
      },
      inputs: try valueInfos(proto.n_input, proto.input),
      outputs: try valueInfos(proto.n_output, proto.output),
      valueInfo: try valueInfos(proto.n_value_info, proto.value_info))
  }

  /// Reads the body of a function and its interface.
  mutating func function(
    _ message: UnsafePointer<Onnx__FunctionProto>
  ) throws(DiagnosticError) -> ONNXFunction {
    let proto = message.pointee
    let name = proto.name.text
    guard !name.isEmpty else { throw invalid("function-name", "a function has no name") }
    let domain = proto.domain.text
    return ONNXFunction(
      name: name, domain: domain == "ai.onnx" ? "" : domain, overload: proto.overload.text,
      inputs: texts(proto.n_input, proto.input), outputs: texts(proto.n_output, proto.output),
      attributes: texts(proto.n_attribute, proto.attribute),
      defaults: try attributes(proto.n_attribute_proto, proto.attribute_proto),
      opsets: try operatorSets(proto.n_opset_import, proto.opset_import),
      nodes: try nodes(proto.n_node, proto.node),
      valueInfo: try valueInfos(proto.n_value_info, proto.value_info))
  }

  private mutating func nodes(
    _ count: Int, _ messages: UnsafeMutablePointer<UnsafeMutablePointer<Onnx__NodeProto>?>?
  ) throws(DiagnosticError) -> [ONNXNode] {
    let outer = node
    var result: [ONNXNode] = []
    for (index, message) in pointers(count, messages).enumerated() {
      node = .node(
        graph: outer.path, index: index, name: message.pointee.name.text,
        operatorType: message.pointee.op_type.text)
      result.append(try node(message))
    }
    node = outer
    return result
  }

  private mutating func node(
    _ message: UnsafePointer<Onnx__NodeProto>
  ) throws(DiagnosticError) -> ONNXNode {
    let proto = message.pointee
    let operatorType = proto.op_type.text
    guard !operatorType.isEmpty else {
      throw invalid("node-without-operator", "the node names no operator")
    }
    let domain = proto.domain.text
    return ONNXNode(
      name: proto.name.text, operatorType: operatorType,
      domain: domain == "ai.onnx" ? "" : domain, overload: proto.overload.text,
      inputs: texts(proto.n_input, proto.input), outputs: texts(proto.n_output, proto.output),
      attributes: try attributes(proto.n_attribute, proto.attribute))
  }

  private mutating func valueInfos(
    _ count: Int, _ messages: UnsafeMutablePointer<UnsafeMutablePointer<Onnx__ValueInfoProto>?>?
  ) throws(DiagnosticError) -> [ONNXValueInfo] {
    var result: [ONNXValueInfo] = []
    for message in pointers(count, messages) {
      let name = message.pointee.name.text
      let type = try message.pointee.type.map { (message) throws(DiagnosticError) in
        try self.type(message, of: name)
      }
      result.append(ONNXValueInfo(name: name, type: type ?? nil))
    }
    return result
  }
}

extension Diagnostic.Place {
  /// The path of a subgraph of the node at this place.
  var path: [String] {
    guard case .node(let graph, let index, let name, let operatorType) = self else { return [] }
    return graph + ["node \(index) \"\(name)\" (\(operatorType))"]
  }
}
