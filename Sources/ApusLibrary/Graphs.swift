// The names are those of the C interface.
// swift-format-ignore-file: AlwaysUseLowerCamelCase

internal import ApusBytecode
internal import ApusDriver
internal import ApusIR
internal import ApusONNX
internal import ApusTransforms
public import CApusLibrary

/// What an `apus_graph` is.
final class GraphBox {
  var graph: Graph

  init(_ graph: Graph) { self.graph = graph }
}

// MARK: Making graphs

@c @implementation
public func apus_graph_import(
  _ path: UnsafePointer<CChar>?, _ options: UnsafePointer<apus_import_options>?,
  _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> OpaquePointer? {
  attempt(error) { () throws(DiagnosticError) in
    let graph = try Graph(importing: try text(path), options: try importOptions(options))
    return own(GraphBox(graph))
  }
}

@c @implementation
public func apus_graph_import_bytes(
  _ pointer: UnsafeRawPointer?, _ size: Int, _ options: UnsafePointer<apus_import_options>?,
  _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> OpaquePointer? {
  attempt(error) { () throws(DiagnosticError) in
    let graph = try Graph(
      importing: try bytes(pointer, size), named: "model", options: try importOptions(options))
    return own(GraphBox(graph))
  }
}

private func importOptions(
  _ pointer: UnsafePointer<apus_import_options>?
) throws(DiagnosticError) -> ImportOptions {
  let given = try options(pointer, none: apus_import_options())
  var result = ImportOptions()
  for dimension in try items(given.dimensions, given.dimension_count) {
    let name = try text(dimension.name)
    let (lower, upper) = (Int(dimension.lower), Int(dimension.upper))
    guard (0..<1 << 31).contains(lower), (lower..<1 << 31).contains(upper) else {
      throw .misuse("dimension \(name) has no such bounds")
    }
    if lower == upper {
      result.dimensions[name] = lower
    } else {
      result.bounds.append(SymbolBounds(name: name, lower: lower, upper: upper))
    }
  }
  return result
}

@c @implementation
public func apus_graph_parse(
  _ source: UnsafePointer<CChar>?, _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> OpaquePointer? {
  attempt(error) { () throws(DiagnosticError) in
    own(GraphBox(try Graph(parsing: try text(source))))
  }
}

@c @implementation
public func apus_graph_copy(
  _ graph: OpaquePointer?, _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> OpaquePointer? {
  attempt(error) { () throws(DiagnosticError) in
    own(GraphBox(try object(graph, as: GraphBox.self).graph))
  }
}

@c @implementation
public func apus_graph_free(_ graph: OpaquePointer?) { release(graph, as: GraphBox.self) }

// MARK: Looking at graphs and changing them

@c @implementation
public func apus_graph_print(
  _ graph: OpaquePointer?, _ constants: Int32, _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> OpaquePointer? {
  attempt(error) { () throws(DiagnosticError) in
    guard (0...1).contains(constants) else { throw .misuse("constants are printed in two ways") }
    let graph = try object(graph, as: GraphBox.self).graph
    return own(BufferBox(graph.text(constants: constants == 0 ? .digests : .full)))
  }
}

@c @implementation
public func apus_graph_verify(
  _ graph: OpaquePointer?, _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> apus_status {
  status(error) { () throws(DiagnosticError) in
    let graph = try object(graph, as: GraphBox.self).graph
    for stage in Graph.Stage.allCases where (try? graph.verify(stage: stage)) != nil { return }
    do throws(VerificationError) {
      try graph.verify(stage: .laidOut)
    } catch {
      throw DiagnosticError(Diagnostic(.invalidInput, id: "graph-incorrect", error.description))
    }
  }
}

@c @implementation
public func apus_graph_run_passes(
  _ graph: OpaquePointer?, _ passes: UnsafePointer<CChar>?,
  _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> apus_status {
  status(error) { () throws(DiagnosticError) in
    var options = Compilation.Options()
    switch PassManager.parse(try text(passes)) {
    case .success(let manager): options.passes = manager.passes
    case .failure(let unknown): throw .misuse("there is no pass \(unknown.name)")
    }
    try Compilation.optimize(&object(graph, as: GraphBox.self).graph, options)
  }
}

@c @implementation
public func apus_graph_optimize(
  _ graph: OpaquePointer?, _ level: Int32, _ error: UnsafeMutablePointer<OpaquePointer?>?
) -> apus_status {
  status(error) { () throws(DiagnosticError) in
    guard let level = OptimizationLevel(rawValue: Int(level)) else {
      throw .misuse("there is no level \(level)")
    }
    var options = Compilation.Options()
    options.level = level
    try Compilation.optimize(&object(graph, as: GraphBox.self).graph, options)
  }
}
