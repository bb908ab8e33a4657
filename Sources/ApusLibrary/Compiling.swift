// The names are those of the C interface.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

internal import ApusBytecode
internal import ApusC
internal import ApusDriver
internal import ApusIR
internal import ApusLoops
internal import ApusONNX
public import CApusLibrary

@c @implementation
public func apus_graph_compile(
  _ graph: OpaquePointer?, _ options: UnsafePointer<apus_compile_options>?,
  _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> OpaquePointer? {
  attempt(error) { () throws(DiagnosticError) in
    let given = try ApusLibrary.options(options, none: apus_compile_options())
    let graph = try object(graph, as: GraphBox.self).graph
    return own(BufferBox(try compiled(graph, given)))
  }
}

private func compiled(
  _ graph: Graph, _ options: apus_compile_options
) throws(DiagnosticError) -> [UInt8] {
  if options.emit == APUS_EMIT_ONNX {
    return try graph.exported(ExportOptions(embeddedBytes: .max)).bytes
  }
  let name = CModel.identifier(options.name == nil ? graph.name : try text(options.name))
  let targetName = options.target == nil ? "native" : try text(options.target)
  guard let named = Target(named: targetName) else {
    throw .misuse("there is no target \(targetName)")
  }
  let isBytecode = options.emit == APUS_EMIT_BYTECODE
  let target = isBytecode ? Target.virtualMachine : named
  let program = try Lowering.program(for: graph, target: target, name: name)
  if isBytecode { return try Bytecode.encode(program) }
  let model = CModel(program, target: target, options: CModel.Options())
  switch Int(options.emit) {
  case APUS_EMIT_C_SOURCE: return Array(model.source.utf8)
  case APUS_EMIT_C_HEADER: return Array(model.header.utf8)
  case APUS_EMIT_C_MANIFEST: return Array(model.manifest.utf8)
  case APUS_EMIT_LOOPS: return Array(program.text.utf8)
  default: throw .misuse("there is no emit \(options.emit)")
  }
}

@c @implementation
public func apus_diff(
  _ from: OpaquePointer?, _ to: OpaquePointer?, _ options: UnsafePointer<apus_diff_options>?,
  _ status: UnsafeMutablePointer<apus_status>?, _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> OpaquePointer? {
  attempt(error) { () throws(DiagnosticError) in
    let given = try ApusLibrary.options(options, none: apus_diff_options())
    let comparison = try GraphComparison(
      try object(from, as: GraphBox.self).graph, try object(to, as: GraphBox.self).graph,
      rules: given.fail_on == nil ? nil : try text(given.fail_on))
    status?.pointee = comparison.passes ? 0 : 1
    return own(BufferBox(comparison.json))
  }
}
