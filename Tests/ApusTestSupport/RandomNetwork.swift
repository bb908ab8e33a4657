package import ApusIR

/// Random networks of convolutions, poolings, joins and what stands between them.
package struct RandomNetwork {
  private var random: SeededRandom
  private var graph = Graph(name: "network")
  private var images: [ValueID] = []

  /// A network of about `size` layers that can run.
  package static func graph(seed: UInt64, size: Int) -> Graph {
    var network = RandomNetwork(random: SeededRandom(seed: seed))
    network.build(size: size)
    return network.graph
  }

  private init(random: SeededRandom) { self.random = random }

  private mutating func number(_ range: ClosedRange<Int>) -> Int {
    Int.random(in: range, using: &random)
  }

  private mutating func build(size: Int) {
    let shape = [number(1...2), 2 * number(1...3), number(5...8), number(5...8)]
    images = [graph.addInput("image", TensorType(.f32, shape))]
    for _ in 0..<size { if let image = try? layer() { images.append(image) } }
    for place in 0..<number(1...2) {
      let image = place == 0 ? images[images.count - 1] : images[number(0...images.count - 1)]
      graph.addOutput(image, name: "y\(place)")
    }
  }

  private mutating func layer() throws(OperatorError) -> ValueID {
    let image = images[number(max(images.count - 3, 0)...images.count - 1)]
    let shape = graph.type(of: image).shape.extents ?? []
    switch number(0...9) {
    case 0...3: return try convolution(of: image, shape)
    case 4: return try perChannel(image, shape[1], .operand(0) * .operand(1))
    case 5: return try perChannel(image, shape[1], .max(.operand(0) + .operand(1), 0))
    case 6: return try pooling(of: image)
    case 7: return try join(image, shape)
    case 8: return try graph.add(.reduce(Reduce(.sum, axes: [2, 3])), [image])
    default: return try pad(image)
    }
  }

  private mutating func convolution(
    of image: ValueID, _ shape: [Int]
  ) throws(OperatorError) -> ValueID {
    let isDepthwise = number(0...3) == 0
    let filters = isDepthwise ? shape[1] : number(1...5)
    let extents = (2...3).map { number(1...min(3, shape[$0])) }
    let window = Window(
      extents: extents, strides: [number(1...2), number(1...2)], dilations: [1, 1],
      before: [number(0...1), number(0...1)], after: [number(0...1), number(0...1)])
    let weights = constant([filters, isDepthwise ? 1 : shape[1]] + extents)
    return try graph.add(
      .conv(Conv(window: window, groups: isDepthwise ? filters : 1)), [image, weights])
  }

  /// Scales, or shifts and clamps, each channel.
  private mutating func perChannel(
    _ image: ValueID, _ channels: Int, _ formula: Scalar
  ) throws(OperatorError) -> ValueID {
    try graph.map([image, constant([channels, 1, 1])], formula)
  }

  private mutating func pooling(of image: ValueID) throws(OperatorError) -> ValueID {
    let kind = number(0...1) == 0 ? Pool.Kind.max : .sum
    let window = Window(
      extents: [2, 2], strides: [1, 1], dilations: [1, 1], before: [number(0...1), 0],
      after: [0, 1])
    return try graph.add(.pool(Pool(kind, window: window)), [image])
  }

  /// The image with another one of its shape: added, or side by side.
  private mutating func join(_ image: ValueID, _ shape: [Int]) throws(OperatorError) -> ValueID {
    let others = images.filter { graph.type(of: $0).shape == Shape(shape) }
    let other = others[number(0...others.count - 1)]
    if number(0...1) == 0 { return try graph.map([image, other], .operand(0) + .operand(1)) }
    return try graph.add(.concat(Concat(axis: number(1...2))), [image, other])
  }

  private mutating func pad(_ image: ValueID) throws(OperatorError) -> ValueID {
    let zero = graph.constant(0, .f32)
    let pad = Pad(before: [0, 0, 1, 0], after: [0, 0, 0, number(0...1)], mode: .constant)
    return try graph.add(.pad(pad), [image, zero])
  }

  private mutating func constant(_ extents: [Int]) -> ValueID {
    let count = extents.reduce(1, *)
    let elements = (0..<count).map { _ in Float.random(in: -0.5...0.5, using: &random) }
    return graph.constant(TensorData(.f32, extents, elements))
  }
}
