package import ApusIR

/// Random graphs built from all operators: attributes are drawn until the type rule takes them.
package struct RandomGraph {
  private var random: SeededRandom
  private let isStatic: Bool
  private var graph = Graph(name: "random")
  private var values: [ValueID] = []

  /// A graph of about `size` nodes, with symbols in shapes and odd names, to be written and read.
  package static func graph(seed: UInt64, size: Int) -> Graph {
    var builder = RandomGraph(seed, isStatic: false)
    builder.build(size: size)
    return builder.graph
  }

  /// A graph of about `size` nodes that can run: extents are numbers, elements are plain.
  package static func runnable(seed: UInt64, size: Int) -> Graph {
    var builder = RandomGraph(seed, isStatic: true)
    builder.build(size: size)
    return builder.graph
  }

  private init(_ seed: UInt64, isStatic: Bool) {
    random = SeededRandom(seed: seed)
    self.isStatic = isStatic
  }

  private mutating func number(_ range: ClosedRange<Int>) -> Int {
    Int.random(in: range, using: &random)
  }

  private mutating func pick<Item>(_ items: [Item]) -> Item { items[number(0...items.count - 1)] }

  private mutating func build(size: Int) {
    let names: [String?] = ["x", nil, "a b", "7", "x"]
    for name in names { values.append(graph.addInput(name, randomType())) }
    graph.symbols = [SymbolBounds(name: "N", lower: number(0...3), upper: 64)]
    for _ in 0..<size * 20 where graph.nodes.count < size { tryNode() }
    // Late values need more of the graph.
    let candidates = isStatic ? Array(values.suffix(6)) : values
    for place in 0..<number(1...3) { graph.addOutput(pick(candidates), name: "y\(place)") }
  }

  private mutating func randomType() -> TensorType {
    if isStatic { return randomStaticType() }
    let rank = number(0...5)
    let n = Dimension.symbol("N")
    let dimensions = (0..<rank).map { _ in
      pick([Dimension(1), Dimension(number(1...6)), n, 2 * n + 1, (n + 1) / 2, .symbol("max x")])
    }
    var type = TensorType(pick([.f32, .f32, .f64, .i64, .bool]), Shape(dimensions))
    if number(0...9) == 0 {
      type = TensorType(
        .i8, Shape(dimensions), quantization: Quantization(scale: 0.1, zeroPoint: 3))
    }
    return type
  }

  private mutating func randomStaticType() -> TensorType {
    let extents = (0..<number(0...4)).map { _ in pick([1, 1, 2, 3, 4, 5]) }
    return TensorType(pick([.f32, .f32, .f32, .i64, .bool]), extents)
  }

  private mutating func tryNode() {
    switch number(0...24) {
    case 0: return addConv()
    case 1: return addLSTM()
    case 2 where !isStatic: return addBind()
    case 3 where !isStatic: return addRegions()
    case 4: return addIndexed()
    case 5: return number(0...1) == 0 ? addLinearAttention() : addBlockMatMul()
    case 6: return addRecurrent()
    case 7: return addStrings()
    case 8: return addCustom()
    default: break
    }
    let operands = (0..<number(0...3)).map { _ in pick(values) }
    let origins = number(0...3) == 0 ? ["Node \"\(graph.nodes.count)\""] : []
    let name = number(0...4) == 0 ? "v\(number(0...9))" : nil
    let rank = operands.first.map { graph.type(of: $0).rank } ?? 0
    let operation = randomOperation(of: operands, rank: rank)
    let isKernel = number(0...7) == 0
    guard
      let used = isKernel ? kernel(operation, operands) : operation,
      let results = try? graph.append(used, operands, origins: origins, names: [name])
    else { return }
    values += results
  }

  /// An operation as a kernel of its own, half the time with a map after it.
  private mutating func kernel(_ root: Operation, _ operands: [ValueID]) -> Operation? {
    switch root {
    case .constant, .extents, .transpose, .reshape, .broadcast, .slice, .kernel: return nil
    default: break
    }
    var body = Graph(name: pick(["", "body"]))
    let inputs = operands.map { body.addInput(pick([nil, "in"]), graph.type(of: $0)) }
    guard let results = try? body.append(root, inputs), results.count == 1,
      let result = results.first
    else { return nil }
    var output = result
    if body.type(of: result).element == .f32, number(0...1) == 0,
      let mapped = try? body.map([result], .max(.operand(0), 0))
    {
      output = mapped
    }
    body.addOutput(output, name: "result")
    return .kernel(FusedKernel(body))
  }

  private mutating func addConv() {
    let image = graph.type(of: pick(values))
    guard image.rank == 4, image.element == .f32, let channels = image.shape[1].constant else {
      let type = TensorType(
        .f32, Shape([isStatic ? 2 : .symbol("N"), Dimension(number(1...3) * 2), 7, 5]))
      return values.append(graph.addInput("image", type))
    }
    let groups = channels % 2 == 0 ? number(1...2) : 1
    let window = Window(
      extents: [3, 2], strides: [number(1...2), 1], dilations: [1, number(1...2)],
      before: [number(0...1), 0], after: [0, number(0...1)])
    let filter = graph.addInput(nil, TensorType(.f32, [4, max(channels / groups, 1), 3, 2]))
    guard let operand = values.first(where: { graph.type(of: $0) == image }),
      let result = try? graph.add(.conv(Conv(window: window, groups: groups)), [operand, filter])
    else { return }
    values.append(result)
  }

  private mutating func addBind() {
    let sizes = graph.addInput("sizes", TensorType(.i64, [2]))
    let symbol = Dimension.symbol("s\(graph.nodes.count)")
    let bind = Bind([symbol, symbol * 2 + 1], zeros: number(0...1) == 0 ? [] : [symbol - 3])
    _ = try? graph.append(.bind(bind), [sizes])
  }

  /// A choice between two maps of a value, then a loop that applies one of them again and again.
  private mutating func addRegions() {
    let value = pick(values)
    let type = graph.type(of: value)
    func body(_ formula: Scalar) -> Graph? {
      var body = Graph(name: "")
      let input = body.addInput("x", type)
      guard let result = try? body.map([input], formula) else { return nil }
      body.addOutput(result, name: "y")
      return body
    }
    guard type.element == .f32, let yes = body(.max(.operand(0), 0)), let no = body(-.operand(0))
    else { return }
    let test = graph.addInput("test", TensorType(.bool, []))
    let branch = Branch(yes: yes, no: no)
    guard let chosen = try? graph.append(.branch(branch), [test, value])[0] else { return }
    let turn = Dimension.symbol("t\(graph.nodes.count)")
    let limit = Dimension(number(0...3))
    let loop = Repeat(
      counter: turn, limit: limit, turns: limit, tests: false, carried: 1, body: no)
    values += (try? graph.append(.repeat(loop), [chosen])) ?? []
  }

  private mutating func addCustom() {
    let custom = CustomOperator("random.twice") { graph, operands throws(OperatorError) in
      [try graph.map(operands, .operand(0) + .operand(0))]
    }
    values += (try? graph.append(custom, [pick(values)])) ?? []
  }

  /// Strings that are split, joined, picked and compared.
  private mutating func addStrings() {
    let count = number(1...4)
    let texts = graph.addInput("texts", TensorType(.string, [count]))
    let by = graph.constant(TensorData(strings: [pick([[], Array("b".utf8)])], []))
    let (x, y) = (Scalar.operand(0), Scalar.operand(1))
    let split = Split(shape: Shape([count, 2]), limit: pick([1, .max]))
    let places = graph.addInput(nil, TensorType(.i64, [2, 1]))
    guard let parts = try? graph.append(.split(split), [texts, by])[0],
      let cased = try? graph.map(
        [texts, by], .unary(pick([.upper, .lower]), .binary(.join, x, y))),
      let picked = try? graph.append(.gather(Gather(axis: 0)), [parts, places])[0],
      let order = try? graph.map([cased, texts], .compare(pick(Comparison.allCases), x, y)),
      let rests = try? graph.map(
        [texts, by], .binary(pick([.parts, .matches]), .binary(pick([.head, .tail]), x, y), y))
    else { return }
    values += [picked, order, rests]
  }

  private mutating func addLSTM() {
    let (steps, batch, width) = (number(0...4), number(1...3), number(1...4))
    let x = graph.addInput(nil, TensorType(.f32, [steps, batch, 4 * width]))
    let r = graph.addInput("r", TensorType(.f32, [4 * width, width]))
    let h = graph.addInput(nil, TensorType(.f32, [batch, width]))
    let layer = LSTM(reverse: number(0...1) == 1)
    values += (try? graph.append(.lstm(layer), [x, r, h, h], names: ["h", nil, "c"])) ?? []
  }

  /// A take and a scatter with an index per axis.
  private mutating func addIndexed() {
    let (rows, columns) = (number(1...4), number(1...3))
    let data = graph.addInput(nil, TensorType(.f32, [rows, columns]))
    let index = graph.addInput("at", TensorType(.i64, [number(1...4), 1]))
    let count = graph.type(of: index).shape[0]
    let axes = number(0...1) == 0 ? [-1, 1] : [-1, -1]
    let indices = axes.filter { $0 == -1 }.map { _ in index }
    let take = Take(axes: axes, shape: Shape([count, Dimension(columns)]))
    guard let taken = try? graph.add(.take(take), [data] + indices) else { return }
    let scatter = Scatter(pick(Scatter.Kind.allCases), axes: axes)
    values.append(taken)
    values += (try? graph.append(.scatter(scatter), [data, taken] + indices)) ?? []
  }

  /// A layer whose last gate resets the state half the time.
  private mutating func addRecurrent() {
    let resets = number(0...1) == 1
    let (batch, width) = (number(1...3), number(1...4))
    let types = [ElementType](repeating: .f32, count: 6)
    let (held, sum) = (Scalar.operand(4), Scalar.operand(1) + .operand(3))
    guard let hidden = Pointwise(types, .unary(.tanh, sum) + .operand(5)),
      let reset = Pointwise(types, held * .unary(.sigmoid, .operand(0) + .operand(2)))
    else { return }
    var operands = [graph.addInput(nil, TensorType(.f32, [number(1...3), batch, 2 * width]))]
    for rows in resets ? [width, width] : [2 * width] {
      operands.append(graph.addInput("r", TensorType(.f32, [rows, width])))
    }
    operands.append(graph.addInput("h", TensorType(.f32, [batch, width])))
    operands.append(graph.addInput(nil, TensorType(.f32, [width])))
    let layer = Recurrent(
      gates: 2, reverse: number(0...1) == 1, hidden: hidden, reset: resets ? reset : nil)
    values += (try? graph.append(.recurrent(layer), operands)) ?? []
  }

  private mutating func addLinearAttention() {
    let attention = LinearAttention(decays: number(0...1) == 1, corrects: number(0...1) == 1)
    let (heads, steps) = (number(1...2), number(1...3))
    let k = graph.addInput(nil, TensorType(.f32, [2, heads, steps, 3]))
    var operands = [graph.addInput("q", TensorType(.f32, [2, 2 * heads, steps, 3])), k]
    operands.append(graph.addInput(nil, TensorType(.f32, [2, heads, steps, 5])))
    operands.append(graph.addInput(nil, TensorType(.f32, [2, heads, 3, 5])))
    if attention.decays { operands.append(k) }
    if attention.corrects {
      operands.append(graph.addInput(nil, TensorType(.f32, [2, heads, steps])))
    }
    values += (try? graph.append(.linearAttention(attention), operands)) ?? []
  }

  private mutating func addBlockMatMul() {
    let (depth, columns, block) = (number(1...20), number(1...4), number(1...8))
    let parameters = TensorType(.f32, [(depth - 1) / block + 1, columns])
    let types = [
      TensorType(.f32, [2, depth]), TensorType(.i8, [depth, columns]), parameters,
      parameters,
    ]
    let operands = types.prefix(number(3...4)).map { graph.addInput(nil, $0) }
    values += (try? graph.append(.blockMatMul(BlockMatMul(block: block)), operands)) ?? []
  }

  private mutating func randomOperation(of operands: [ValueID], rank: Int) -> Operation {
    let axis = number(0...max(rank - 1, 0))
    let shape = operands.first.map { graph.type(of: $0).shape } ?? Shape([Int]())
    switch number(0...19) {
    case 0: return .constant(Constant(randomData(), name: pick(["", "w", "odd name"])))
    case 1: return .extents(Extents(shape))
    case 2, 3, 4: return .map(Map(randomFunction(of: operands)))
    case 5: return .transpose(Transpose(Array(0..<rank).shuffled(using: &random)))
    case 6: return .reshape(Reshape(Shape([shape.elementCount])))
    case 7: return .broadcast(Broadcast(Shape([3] + shape.dimensions)))
    case 8:
      let steps = [Int](repeating: 1, count: rank)
      return .slice(Slice(starts: steps.map { $0 - 1 }, steps: steps, shape: shape))
    case 9: return .concat(Concat(axis: axis))
    case 10:
      let before = (0..<rank).map { _ in number(0...2) }
      return .pad(Pad(before: before, after: before, mode: pick(Pad.Mode.allCases)))
    case 11: return .gather(Gather(axis: axis))
    case 12: return .matmul(MatMul())
    case 13: return .pool(Pool(pick(Pool.Kind.allCases), window: randomWindow(max(rank - 2, 0))))
    case 14: return .reduce(Reduce(pick(Reduce.Kind.allCases), axes: rank == 0 ? [] : [axis]))
    case 15: return .argReduce(ArgReduce(.max, axis: axis, last: number(0...1) == 1))
    case 17: return .sort(Sort(axis: axis, descending: number(0...1) == 1))
    case 18:
      return .cumulate(
        Cumulate(
          pick(Reduce.Kind.allCases), axis: axis, exclusive: number(0...1) == 1,
          reverse: number(0...1) == 1))
    case 16: return .softmax(Softmax(axis: axis, logarithm: number(0...1) == 1))
    default:
      return number(0...1) == 0
        ? .normalize(Normalize(axis: axis, centered: true, epsilon: 1e-5))
        : .relayout(Relayout(Layout(order: Array(0..<rank).reversed())))
    }
  }

  private mutating func randomWindow(_ rank: Int) -> Window {
    Window(
      extents: (0..<rank).map { _ in number(1...2) },
      strides: (0..<rank).map { _ in number(1...2) },
      dilations: (0..<rank).map { _ in 1 }, before: (0..<rank).map { _ in number(0...1) },
      after: (0..<rank).map { _ in number(0...1) })
  }

  private mutating func randomData() -> TensorData {
    let extents = (0..<number(0...2)).map { _ in number(0...3) }
    let count = extents.reduce(1, *)
    return TensorData(
      .i32, extents, (0..<count).map { _ in Int32(truncatingIfNeeded: random.next()) })
  }

  private mutating func randomFunction(of operands: [ValueID]) -> Pointwise {
    let types = operands.map { graph.type(of: $0).element }
    for _ in 0..<20 {
      if let function = Pointwise(types, randomFormula(operands.count, depth: isStatic ? 3 : 5)),
        !isStatic || function.isRunnable
      {
        return function
      }
    }
    return .identity(types.first ?? .f32)
  }

  private mutating func randomFormula(_ count: Int, depth: Int) -> Scalar {
    if depth == 0 || number(0...5) == 0 {
      if count > 0, number(0...3) != 0 { return .operand(number(0...count - 1)) }
      return pick([0, 1, 1e-5, .real(-.infinity), .real(.nan), .real(-0.0)])
    }
    let a = randomFormula(count, depth: depth - 1)
    let b = randomFormula(count, depth: depth - 1)
    switch number(0...6) {
    case 0: return .unary(pick(UnaryFunction.allCases), a)
    case 6: return .reinterpret(.convert(a, .i32), pick([.f32, .u32]))
    case 1: return .convert(a, pick([.f32, .i64, .bool, .f64]))
    case 2: return .compare(pick(Comparison.allCases), a, b)
    case 3: return .select(.compare(.less, a, b), a, b)
    default: return .binary(pick(BinaryFunction.allCases), a, b)
    }
  }
}

extension Pointwise {
  /// Whether each step has a meaning for the types it is given.
  fileprivate var isRunnable: Bool {
    zip(steps, types).allSatisfy { step, type in
      switch step {
      case .operand, .literal, .convert, .reinterpret: return true
      case .unary(let function, let a):
        switch function {
        case .not: return type == .bool
        case .negate, .absolute: return type != .bool
        case .upper, .lower: return false
        default: return types[a].isFloat
        }
      case .binary(let function, _, _):
        switch function {
        case .add, .sub, .mul: return type != .bool
        case .min, .max: return type != .bool
        case .div, .pow, .atan2: return type.isFloat
        case .and, .or, .xor: return type == .bool
        case .floorMod, .truncatedMod, .shiftLeft, .shiftRight: return false
        case .join, .head, .tail, .parts, .matches: return false
        }
      case .compare, .select: return true
      }
    }
  }
}
