import ApusIR
import Testing

@testable import ApusONNX

/// Random operators: their range, their moments, and the numbers that the documentation promises.
extension GraphImportTests {
  private func numbers(
    _ type: String, _ attributes: [ONNXAttribute], as name: String = "y"
  ) throws -> [Double] {
    let shape = ONNXAttribute(name: "shape", value: .ints([100, 100]))
    let double = ONNXAttribute(name: "dtype", value: .int(11))
    let model = body(
      [node(type, [], [name], [shape, double] + attributes)], out: [value(name, .f64, [100, 100])])
    return try results(model, [])[0].elements(as: Double.self)
  }

  private func float(_ name: String, _ value: Float) -> ONNXAttribute {
    ONNXAttribute(name: name, value: .float(value))
  }

  private func moments(_ values: [Double]) -> (mean: Double, variance: Double) {
    let mean = values.reduce(0, +) / Double(values.count)
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return (mean, squares / Double(values.count))
  }

  @Test func uniformNumbersAreThoseOfSplitMix() throws {
    let found = try numbers("RandomUniform", [float("low", -1), float("high", 3)])
    #expect(found.allSatisfy { (-1..<3).contains($0) })
    let (mean, variance) = moments(found)
    #expect(abs(mean - 1) < 0.05)
    #expect(abs(variance - 16.0 / 12) < 0.05)
    // FNV-1a of "y", mixed; then every second word of SplitMix64.
    var hash: UInt64 = (0xcbf2_9ce4_8422_2325 ^ 0x79) &* 0x100_0000_01b3
    func mixed(_ state: UInt64) -> UInt64 {
      var word = (state ^ state >> 30) &* 0xbf58_476d_1ce4_e5b9
      word = (word ^ word >> 27) &* 0x94d0_49bb_1331_11eb
      return word ^ word >> 31
    }
    hash = mixed(hash)
    for (place, number) in found.enumerated() {
      let word = mixed(hash &+ UInt64(2 * place + 1) &* 0x9e37_79b9_7f4a_7c15)
      #expect(number == Double(word >> 11) * 0x1p-53 * 4 - 1)
    }
  }

  @Test func normalNumbersHaveTheirMoments() throws {
    let found = try numbers("RandomNormal", [float("mean", 2), float("scale", 3)])
    let (mean, variance) = moments(found)
    #expect(abs(mean - 2) < 0.1)
    #expect(abs(variance - 9) < 0.4)
  }

  /// Third and fourth moments, and that neighbours have nothing to do with each other.
  @Test func normalNumbersHaveTheShapeOfABell() throws {
    let found = try numbers("RandomNormal", [])
    let powers = (1...4).map { power in
      found.reduce(0) { sum, number in
        sum + (0..<power).reduce(1) { product, _ in product * number }
      } / 10000
    }
    #expect(abs(powers[2]) < 0.15)
    #expect(abs(powers[3] - 3) < 0.4)
    let neighbours = zip(found, found.dropFirst()).reduce(0) { $0 + $1.0 * $1.1 }
    #expect(abs(neighbours / 9999) < 0.05)
  }

  /// The type asked for, or that of the operand; the shape of the attribute or of the operand.
  @Test(arguments: [ElementType.f16, .bf16, .f32, .f64, nil]) func resultsHaveTheTypeAskedFor(
    _ asked: ElementType?
  ) throws {
    let codes: [ElementType: Int] = [.f32: 1, .f16: 10, .f64: 11, .bf16: 16]
    let type = asked.flatMap { codes[$0] }.map { [int("dtype", $0)] } ?? []
    let (alone, like) = (asked ?? .f32, asked ?? .f64)
    let names = ["u", "n", "v", "m", "b"]
    func outputs(_ suffix: String, _ alone: ElementType, _ like: ElementType) -> [ONNXValueInfo] {
      names.enumerated().map { place, name in
        place < 2
          ? value(name + suffix, alone, [20, 50]) : value(name + suffix, like, [40, 25])
      }
    }
    let model = body(
      [
        node("RandomUniform", [], ["u"], type + [ints("shape", [20, 50])]),
        node("RandomNormal", [], ["n"], type + [ints("shape", [20, 50])]),
        node("RandomUniformLike", ["x"], ["v"], type),
        node("RandomNormalLike", ["x"], ["m"], type), node("Bernoulli", ["x"], ["b"], type),
      ] + names.map { node("Cast", [$0], [$0 + "64"], [int("to", 11)]) },
      in: [value("x", .f64, [40, 25])],
      out: outputs("", alone, like) + outputs("64", .f64, .f64))
    let halves = TensorData(.f64, [40, 25], [Double](repeating: 0.5, count: 1000))
    let found = try results(model, [halves], opset: 22)
    #expect(found.prefix(5).map(\.type.element) == [alone, alone, like, like, like])
    #expect(found.prefix(5).map(\.type.shape.extents?.first) == [20, 20, 40, 40, 40])
    let means: [Double] = [0.5, 0, 0.5, 0, 0.5]
    let variances: [Double] = [1.0 / 12, 1, 1.0 / 12, 1, 0.25]
    for place in 0..<5 {
      let values = found[place + 5].elements(as: Double.self)
      #expect(means[place] == 0 || values.allSatisfy { (0...1).contains($0) })
      #expect(place < 4 || values.allSatisfy { $0 == 0 || $0 == 1 })
      let moments = moments(values)
      #expect(abs(moments.mean - means[place]) < 0.1)
      #expect(abs(moments.variance - variances[place]) < 0.15)
    }
  }

  /// A shape that a run tells gives the numbers of the same shape that is known.
  @Test(arguments: ["RandomUniformLike", "RandomNormalLike"]) func openShapesChangeNothing(
    _ type: String
  ) throws {
    func numbers(_ rows: Int) throws -> [Float] {
      let model = body(
        [node(type, ["x"], ["y"])], in: [value("x", .f32, [rows, rows, 4])],
        out: [value("y", .f32, [rows, rows, 4])])
      let bounds = ["x_0", "x_1"].map { SymbolBounds(name: $0, lower: 1, upper: 8) }
      let zeros = TensorData(.f32, [3, 3, 4], [Float](repeating: 0, count: 36))
      return try results(model, [zeros], ImportOptions(bounds: bounds))[0].elements(as: Float.self)
    }
    #expect(try numbers(-1) == numbers(3))
  }

  @Test func seedsDecide() throws {
    let seeded = try numbers("RandomUniform", [float("seed", 5)])
    #expect(try numbers("RandomUniform", [float("seed", 5)], as: "z") == seeded)
    #expect(try numbers("RandomUniform", [float("seed", 6)]) != seeded)
    #expect(try numbers("RandomUniform", [], as: "z") != numbers("RandomUniform", []))
  }

  @Test func chancesDecide() throws {
    let model = body(
      [
        node("Bernoulli", ["p"], ["b"]),
        node("Multinomial", ["s"], ["m"], [int("sample_size", 4000)]),
      ], in: [value("p", .f32, [4000]), value("s", .f32, [1, 3])],
      out: [value("b", .f32, [4000]), value("m", .i32, [1, 4000])])
    let chances = TensorData(.f32, [4000], (0..<4000).map { $0 < 2000 ? Float(0.25) : 1 })
    let scores = TensorData(.f32, [1, 3], [Float(0), 0, -.infinity])
    let found = try results(model, [chances, scores])
    let drawn = found[0].elements(as: Float.self)
    #expect(drawn.allSatisfy { $0 == 0 || $0 == 1 })
    #expect(abs(drawn[..<2000].reduce(0, +) - 500) < 60)
    #expect(drawn[2000...].allSatisfy { $0 == 1 })
    let classes = found[1].elements(as: Int32.self)
    #expect(classes.allSatisfy { $0 == 0 || $0 == 1 })
    #expect(abs(classes.count { $0 == 0 } - 2000) < 120)
  }

  @Test(arguments: [false, true]) func dropoutKeepsTheSum(_ isTraining: Bool) throws {
    let model = body(
      [node("Dropout", ["x", "ratio", "training"], ["y", "mask"], [int("seed", 1)])],
      in: [value("x", .f32, [4000]), value("ratio", .f32, []), value("training", .bool, [])],
      out: [value("y", .f32, [4000]), value("mask", .bool, [4000])])
    let ones = TensorData(.f32, [4000], [Float](repeating: 1, count: 4000))
    let found = try results(
      model, [ones, TensorData(.f32, [], [Float(0.75)]), TensorData(.bool, [], [isTraining])])
    let mask = found[1].withBytes { [UInt8]($0) }
    let values = found[0].elements(as: Float.self)
    #expect(zip(values, mask).allSatisfy { $0 == Float($1) * (isTraining ? 4 : 1) })
    #expect(abs(values.reduce(0, +) - 4000) < (isTraining ? 500 : 1))
  }

  /// Before version 7 a Dropout trains unless an attribute says that it does not.
  @Test func dropoutTrainedByDefault() throws {
    let model = body(
      [node("Dropout", ["x"], ["y", "mask"])], in: [value("x", .f32, [4000])],
      out: [value("y", .f32, [4000]), value("mask", .f32, [4000])])
    let ones = TensorData(.f32, [4000], [Float](repeating: 1, count: 4000))
    let found = try results(model, [ones], opset: 6)
    let (values, mask) = (found[0].elements(as: Float.self), found[1].elements(as: Float.self))
    #expect(zip(values, mask).allSatisfy { $0 == $1 * 2 })
    #expect((1800...2200).contains(mask.reduce(0, +)))
  }
}
