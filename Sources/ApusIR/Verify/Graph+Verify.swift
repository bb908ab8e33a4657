extension Graph {
  /// Checks everything that holds at a stage.
  ///
  /// - Throws: `VerificationError` with every broken promise.
  /// - Complexity: linear in the size of the graph.
  public func verify(stage: Stage) throws(VerificationError) {
    var verifier = GraphVerifier(graph: self, stage: stage, path: [])
    verifier.run()
    guard verifier.problems.isEmpty else {
      throw VerificationError(stage: stage, problems: verifier.problems)
    }
  }
}

/// Walks over one graph or body and notes what is wrong.
struct GraphVerifier {
  let graph: Graph
  let stage: Graph.Stage
  let path: [Int]
  private(set) var problems: [VerificationError.Problem] = []
  private var defined: [Bool]

  /// Whether the graph is the body of a kernel.
  private let isKernel: Bool

  init(graph: Graph, stage: Graph.Stage, path: [Int], isKernel: Bool = false) {
    self.graph = graph
    self.isKernel = isKernel
    self.stage = stage
    self.path = path
    defined = [Bool](repeating: false, count: graph.valueCount)
  }

  var isBody: Bool { !path.isEmpty }

  mutating func report(_ id: String, _ message: String, node: Int? = nil) {
    problems.append(
      VerificationError.Problem(id: id, message: message, path: path + (node.map { [$0] } ?? [])))
  }

  mutating func run() {
    for (place, input) in graph.inputs.enumerated() {
      define(input, .input(place), node: nil)
      if isDefined(input) { checkType(graph.type(of: input), isInterface: !isBody, node: nil) }
    }
    for (place, node) in graph.nodes.enumerated() { check(node, at: place) }
    checkOutputs()
  }

  private func isDefined(_ value: ValueID) -> Bool {
    defined.indices.contains(value.number) && defined[value.number]
  }

  private mutating func define(_ value: ValueID, _ definition: Value.Definition, node: Int?) {
    guard defined.indices.contains(value.number), graph[value].definition == definition else {
      return report("value-definition", "value \(value.number) is defined elsewhere", node: node)
    }
    if defined[value.number] {
      report("value-definition", "value \(value.number) is defined twice", node: node)
    }
    defined[value.number] = true
  }

  // MARK: Outputs

  private mutating func checkOutputs() {
    for value in graph.outputs where !isDefined(value) {
      report("output-undefined", "output \(value.number) is not defined")
    }
    if isBody { return }
    let names = graph.outputNames
    if names.count != graph.outputs.count {
      report("output-names", "\(graph.outputs.count) outputs have \(names.count) names")
    }
    if names.contains("") { report("output-names", "an output has an empty name") }
    var known: Set<String> = []
    for name in names where !known.insert(name).inserted {
      report("output-names", "two outputs are called \(name.quotedUnlessPlain)")
    }
  }

  // MARK: Nodes

  private mutating func check(_ node: Node, at place: Int) {
    if node.id.number != place { report("node-order", "the node's ID is out of step", node: place) }
    var operandsAreDefined = true
    for operand in node.operands where !isDefined(operand) {
      operandsAreDefined = false
      report("operand-order", "operand \(operand.number) is not defined before", node: place)
    }
    for (index, result) in node.results.enumerated() {
      define(result, .result(node.id, index), node: place)
    }
    guard operandsAreDefined, node.results.allSatisfy({ isDefined($0) }) else { return }
    checkTypes(of: node, at: place)
    checkStage(of: node, at: place)
    if case .kernel(let kernel) = node.operation { checkBody(kernel, at: place) }
    for region in node.operation.regions { checkRegion(region, stage, at: place) }
    if case .custom(let custom) = node.operation {
      if custom.name.isEmpty {
        report("custom-name", "a custom operator needs a name", node: place)
      }
      checkRegion(custom.body, .imported, at: place)
    }
  }

  private mutating func checkRegion(_ region: Graph, _ stage: Graph.Stage, at place: Int) {
    var inner = GraphVerifier(graph: region, stage: stage, path: path + [place], isKernel: false)
    inner.run()
    problems += inner.problems
  }

  private mutating func checkTypes(of node: Node, at place: Int) {
    let expected: [TensorType]
    do throws(OperatorError) {
      let operands = node.operands.map { graph.type(of: $0) }
      expected = try node.operation.resultTypes(of: operands)
    } catch {
      return report(error.id, error.message, node: place)
    }
    guard expected.count == node.results.count else {
      return report(
        "result-count", "\(expected.count) results expected, \(node.results.count) given",
        node: place)
    }
    for (result, rule) in zip(node.results, expected) {
      let type = graph.type(of: result)
      if type.element != rule.element || type.shape != rule.shape {
        report("result-type", "the result is \(rule), not \(type)", node: place)
      }
      checkType(type, isInterface: false, node: place)
    }
  }

  private mutating func checkType(_ type: TensorType, isInterface: Bool, node: Int?) {
    for case let extent? in type.shape.dimensions.map(\.constant) where extent < 0 {
      report("negative-extent", "extent \(extent) of \(type)", node: node)
    }
    if type.isTooLarge { report("shape-limit", "\(type) is too large", node: node) }
    if let scale = type.quantization?.scale, !(scale > 0 && scale.isFinite) {
      report("quantization-scale", "scale \(scale) of \(type)", node: node)
    }
    guard type.layout.fits(rank: type.rank) else {
      return report("layout", "no such layout: \(type)", node: node)
    }
    if type.layout != .rowMajor, isInterface || stage != .laidOut {
      report("layout", "\(type) must be row-major here", node: node)
    }
  }

  private mutating func checkStage(of node: Node, at place: Int) {
    switch node.operation {
    case .kernel where stage == .imported:
      report("stage", "kernels form later", node: place)
    case .relayout where stage != .laidOut:
      report("stage", "layouts are chosen later", node: place)
    case .constant, .extents:
      for result in node.results where graph.type(of: result).layout != .rowMajor {
        report("layout", "constants are row-major", node: place)
      }
    case .kernel, .relayout, .map, .transpose, .reshape, .broadcast, .slice, .concat, .pad,
      .gather, .take, .scatter, .sort, .split, .matmul, .blockMatMul, .conv, .pool, .reduce,
      .argReduce,
      .cumulate, .softmax, .normalize, .lstm, .recurrent, .linearAttention, .bind, .branch,
      .repeat, .custom:
      break
    }
  }
}

// MARK: Kernels

extension GraphVerifier {
  /// A root that takes inputs only, at most one map of its result, and one output: the last result;
  /// or attention.
  private mutating func checkBody(_ kernel: FusedKernel, at place: Int) {
    let body = kernel.body
    if isKernel { return report("kernel-nesting", "a kernel inside a kernel", node: place) }
    var inner = GraphVerifier(graph: body, stage: stage, path: path + [place], isKernel: true)
    inner.run()
    problems += inner.problems
    guard inner.problems.isEmpty, kernel.attention == nil else { return }
    guard let root = body.nodes.first, body.nodes.count <= 2, root.results.count == 1,
      body.outputs.count == 1, body.outputs.first == body.nodes.last?.results.first
    else {
      return report("kernel-form", "one root, one map and their result expected", node: place)
    }
    if !root.operation.canBeRoot {
      report("kernel-root", "\(root.operation.mnemonic) is no root", node: place)
    }
    if body.nodes.count == 2 { checkEpilogue(body.nodes[1], of: root, at: place) }
  }

  private mutating func checkEpilogue(_ node: Node, of root: Node, at place: Int) {
    guard case .map = node.operation, node.operands.first == root.results.first else {
      return report("kernel-epilogue", "a map of the root's result expected", node: place)
    }
    if node.operands.dropFirst().contains(where: { root.results.contains($0) }) {
      report("kernel-epilogue", "the root's result is taken twice", node: place)
    }
  }
}

extension Operation {
  /// Whether the operation makes a tensor of its own from its operands.
  fileprivate var canBeRoot: Bool {
    switch self {
    case .constant, .extents, .transpose, .reshape, .broadcast, .slice, .kernel, .bind, .branch,
      .repeat, .custom:
      false
    case .map, .concat, .pad, .gather, .take, .scatter, .sort, .split, .matmul, .blockMatMul, .conv,
      .pool,
      .reduce, .argReduce, .cumulate, .softmax, .normalize, .lstm, .recurrent, .linearAttention,
      .relayout:
      true
    }
  }
}
