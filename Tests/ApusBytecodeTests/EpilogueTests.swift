import ApusIR
import ApusLoops
import Testing

@testable import ApusBytecode

/// Epilogues that tiles and windows apply themselves.
@Suite struct EpilogueTests {
  /// `y + s` with `y = t·|t|` and `t = min(max((sum + b) + r, -20), 30)`: every kind of step.
  static let function: Pointwise? = {
    let t = Scalar.min(
      .max(.operand(1) + (.operand(0) + .operand(2)), .real(-20)), .real(30))
    return Pointwise(
      [.f32, .f32, .f32, .f32], .unary(.negate, t * .unary(.absolute, t) + .operand(3)))
  }()

  static func expected(_ sum: Float, _ b: Float, _ r: Float, _ s: Float) -> Float {
    let t = min(max(sum + b + r, -20), 30)
    return -(t * abs(t) + s)
  }

  @Test func chains() throws {
    let function = try #require(Self.function)
    #expect(
      function.epilogueSteps == [
        .add(2), .add(1), .clamp(low: -20, high: 30), .gate(.absolute), .add(3), .apply(.negate),
      ])
    let x = Scalar.operand(0)
    func steps(_ formula: Scalar) -> [EpilogueStep]? {
      Pointwise([.f32, .f32], formula)?.epilogueSteps
    }
    #expect(steps(x) == [])
    #expect(steps(.min(x, .real(6))) == [.clamp(low: -.infinity, high: 6)])
    #expect(
      steps(.max(.min(x, .real(6)), .real(0)))
        == [.clamp(low: -.infinity, high: 6), .clamp(low: 0, high: .infinity)])
    // The other operand of `max` decides the sign of zero.
    #expect(steps(.max(.real(0), x)) == nil)
    #expect(steps(x + x) == nil)
    #expect(steps(x * .operand(1)) == nil)
    #expect(steps(.operand(1)) == nil)
    #expect(steps(.select(x < .operand(1), x, .operand(1))) == nil)
    // The sum is needed again after the first step.
    #expect(steps(x * .unary(.absolute, x + .operand(1))) == nil)
    #expect(steps((0..<9).reduce(x) { sum, _ in .unary(.negate, sum) + .operand(1) }) == nil)
  }

  @Test(arguments: [(1, 16, 16), (5, 48, 40), (14, 64, 64), (3, 20, 20)])
  func tile(rows: Int, columns: Int, stored: Int) throws {
    let bias = TileRows(Access(c, Index(0)), offsets: (0..<rows).map { _ in 0 })
    // The residual operand lies where the output goes.
    let result = BufferID(4)
    let places = (0..<rows).map { $0 * stored }
    let scale = TileRows(
      Access(BufferID(3), Index(0), laneStride: 0), offsets: Array(0..<rows))
    let tile = TileMultiply(
      a: TileRows(Access(a, Index(0)), offsets: (0..<rows).map { $0 * 3 }),
      b: Access(b, Index(0)), columns: columns, storedColumns: stored,
      reduction: [.init(extent: 3, aStride: 1, bStride: columns)], start: .zero,
      output: TileRows(Access(result, Index(0)), offsets: places),
      epilogue: TileEpilogue(
        try #require(Self.function),
        operands: [bias, TileRows(Access(result, Index(0)), offsets: places), scale]))
    let fill = (0..<rows).map { row in
      Statement.store(
        Access(result, Index(row * stored)), .literal(.float(2), .f32), lanes: stored)
    }
    let program = program(
      inputs: [[rows, 3], [3, columns], [stored], [rows]].map { TensorType(.f32, $0) },
      outputs: [TensorType(.f32, [rows, stored])], fill + [.tile(tile)])
    let x = f32([rows, 3]) { Float($0 % 5) - 2 }
    let w = f32([3, columns]) { Float($0 % 7) - 3 }
    let y = try ApusBytecodeTests.result(
      program, [x, w, f32([stored]) { Float($0) }, f32([rows]) { Float($0 + 1) }], as: Float.self)
    let (xs, ws) = (x.elements(as: Float.self), w.elements(as: Float.self))
    let want = (0..<rows * stored).map { place -> Float in
      let (row, column) = (place / stored, place % stored)
      let sum = (0..<3).reduce(Float(0)) { $0 + xs[row * 3 + $1] * ws[$1 * columns + column] }
      return Self.expected(sum, Float(column), 2, Float(row + 1))
    }
    #expect(y == want)
  }

  /// More channels than are finished together, more points than are computed together.
  @Test func window() throws {
    let (points, channels) = (5, 250)
    func rows(_ buffer: BufferID, _ step: Int, laneStride: Int = 1) -> TileRows {
      TileRows(
        Access(buffer, Index(0), laneStride: laneStride), offsets: (0..<points).map { $0 * step })
    }
    let window = WindowMultiply(
      input: rows(a, channels), taps: [0, channels], weights: Access(b, Index(0)),
      weightStride: channels, channels: channels, start: .zero,
      output: rows(BufferID(4), channels),
      epilogue: TileEpilogue(
        try #require(Self.function),
        operands: [rows(c, 0), rows(a, channels), rows(BufferID(3), 1, laneStride: 0)]))
    let program = program(
      inputs: [[points + 1, channels], [2, channels], [channels], [points]].map {
        TensorType(.f32, $0)
      }, outputs: [TensorType(.f32, [points, channels])], [.window(window)])
    let x = f32([points + 1, channels]) { Float($0 % 11) - 5 }
    let y = try result(
      program,
      [
        x, f32([2, channels]) { Float($0 % 3) }, f32([channels]) { Float($0 % 17) },
        f32([points]) { Float($0) },
      ], as: Float.self)
    let xs = x.elements(as: Float.self)
    let want = (0..<points * channels).map { place -> Float in
      let (point, channel) = (place / channels, place % channels)
      let sum =
        xs[place] * Float(channel % 3) + xs[place + channels] * Float((channels + channel) % 3)
      return Self.expected(sum, Float(channel % 17), xs[place], Float(point))
    }
    #expect(y == want)
  }

  @Test(arguments: [
    (4, 2, "fine"), (5, 2, "outside"), (-1, 2, "outside"), (.max, 2, "outside"),
    (0, 4, "before it is written"),
  ])
  func operandsAreInBounds(offset: Int, buffer: Int, want: String) throws {
    let sum = try #require(Pointwise([.f32, .f32], .operand(0) + .operand(1)))
    let tile = TileMultiply(
      a: TileRows(Access(a, Index(0)), offsets: [0]), b: Access(b, Index(0)), columns: 16,
      storedColumns: 16, reduction: [.init(extent: 1, aStride: 1, bStride: 16)], start: .zero,
      output: TileRows(Access(BufferID(3), Index(0)), offsets: [0]),
      epilogue: TileEpilogue(
        sum, operands: [TileRows(Access(BufferID(buffer), Index(0)), offsets: [offset])]))
    let program = program(
      inputs: [[1], [16], [20]].map { TensorType(.f32, $0) }, outputs: [TensorType(.f32, [16])],
      others: [Buffer(name: "t", element: .f32, count: 16, storage: .arena(offset: 0))],
      arena: 64, [.tile(tile)])
    #expect(try VerifierTests().status(program).contains(want))
  }
}
