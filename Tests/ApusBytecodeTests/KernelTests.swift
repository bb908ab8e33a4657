import ApusIR
import ApusLoops
import Testing

@testable import ApusBytecode

@Suite struct KernelTests {
  @Test func elementwiseWithTail() throws {
    let type = TensorType(.f32, [600])
    func add(_ index: Index, _ lanes: Int) -> Statement {
      let sum = Expression.binary(.add, .load(Access(a, index)), .load(Access(b, index)))
      return .store(
        Access(c, index), .binary(.max, sum, .literal(.float(0), .f32)), lanes: lanes)
    }
    let program = program(
      inputs: [type, type], outputs: [type],
      [.loop(.serial, i, extent: 2, [add(Index(i) * 256, 256)]), add(Index(512), 88)])
    let x = f32([600]) { Float($0) - 300 }
    let y = f32([600]) { Float($0 % 7) }
    let want: [Float] = (0..<600).map { (place: Int) -> Float in
      let sum: Int = place - 300 + place % 7
      return Float(max(sum, 0))
    }
    #expect(try result(program, [x, y], as: Float.self) == want)
  }

  @Test func transposeByLaneStride() throws {
    let program = program(
      inputs: [TensorType(.f32, [3, 5])], outputs: [TensorType(.f32, [5, 3])],
      [
        .loop(
          .serial, i, extent: 5,
          [.store(Access(b, Index(i) * 3), .load(Access(a, Index(i), laneStride: 5)), lanes: 3)])
      ])
    let y = try result(program, [f32([3, 5]) { Float($0) }], as: Float.self)
    let want: [Float] = (0..<15).map { (place: Int) -> Float in
      Float(place % 3 * 5 + place / 3)
    }
    #expect(y == want)
  }

  @Test func softmaxRow() throws {
    let x = Register(0, .f32, lanes: 40)
    let most = Register(1, .f32, lanes: 1)
    let type = TensorType(.f32, [40])
    let e = Expression.unary(.exp, .binary(.sub, .register(x), .register(most)))
    let program = program(
      inputs: [type], outputs: [type],
      [
        .set(x, .load(Access(a, Index(0)))), .set(most, .across(.max, x)), .set(x, e),
        .store(Access(b, Index(0)), .binary(.div, .register(x), .across(.add, x)), lanes: 40),
      ])
    let y = try result(program, [f32([40]) { Float($0) * 0.25 }], as: Float.self)
    #expect(abs(y.reduce(0, +) - 1) < 1e-5)
    #expect(abs(y[39] / y[35] - 2.7182817) < 1e-4)
  }

  @Test(arguments: [(1, 16, 16), (8, 48, 48), (14, 32, 30), (3, 20, 20), (5, 64, 64)])
  func tile(rows: Int, columns: Int, stored: Int) throws {
    let (depth, outer) = (7, 3)
    let steps = depth * outer
    let tile = TileMultiply(
      a: TileRows(Access(a, Index(0)), offsets: (0..<rows).map { $0 * steps }),
      b: Access(b, Index(0)), columns: columns, storedColumns: stored,
      reduction: [
        .init(extent: outer, aStride: depth, bStride: depth * columns),
        .init(extent: depth, aStride: 1, bStride: columns),
      ],
      start: .columns(Access(b, Index(0))),
      output: TileRows(Access(c, Index(0)), offsets: (0..<rows).map { $0 * stored }),
      epilogue: TileEpilogue(.identity(.f32), operands: []))
    let program = program(
      inputs: [TensorType(.f32, [rows, steps]), TensorType(.f32, [steps, columns])],
      outputs: [TensorType(.f32, [rows, stored])], [.tile(tile)])
    let x = f32([rows, steps]) { Float(($0 * 37) % 19) - 9 }
    let w = f32([steps, columns]) { Float(($0 * 23) % 17) - 8 }
    let (xs, ws) = (x.elements(as: Float.self), w.elements(as: Float.self))
    var want: [Float] = []
    for row in 0..<rows {
      for column in 0..<stored {
        var sum = ws[column]
        for step in 0..<steps { sum += xs[row * steps + step] * ws[step * columns + column] }
        want.append(sum)
      }
    }
    #expect(try result(program, [x, w], as: Float.self) == want)
  }

  @Test func windowMultiply() throws {
    let window = WindowMultiply(
      input: TileRows(Access(a, Index(0)), offsets: [0, 40]), taps: [0, 20, 40],
      weights: Access(b, Index(0)), weightStride: 20, channels: 20, start: .zero,
      output: TileRows(Access(c, Index(0)), offsets: [0, 20]))
    let program = program(
      inputs: [TensorType(.f32, [5, 20]), TensorType(.f32, [3, 20])],
      outputs: [TensorType(.f32, [2, 20])], [.window(window)])
    let y = try result(
      program, [f32([5, 20]) { Float($0) }, f32([3, 20]) { _ in 1 }], as: Float.self)
    let want: [Float] = (0..<40).map { (place: Int) -> Float in
      let first: Int = place % 20 + place / 20 * 40
      return Float(3 * first + 60)
    }
    #expect(y == want)
  }

  @Test func gatherClampsAndPaddingGuards() throws {
    let program = program(
      inputs: [TensorType(.i64, [4]), TensorType(.f32, [3])], outputs: [TensorType(.f32, [4])],
      [
        .loop(
          .serial, i, extent: 4,
          [
            .store(Access(c, Index(i)), .literal(.float(-1), .f32), lanes: 1),
            .bind(j, .load(Access(a, Index(i)), extent: 3)),
            .within(
              j, lower: 0, upper: 2,
              [.store(Access(c, Index(i)), .load(Access(b, Index(j))), lanes: 1)]),
          ])
      ])
    let indices = TensorData(.i64, [4], [Int64(0), -2, 9, -99])
    let y = try result(program, [indices, f32([3]) { Float($0) + 10 }], as: Float.self)
    #expect(y == [10, 11, -1, 10])
  }

  @Test func conversionsSaturate() throws {
    let program = program(
      inputs: [TensorType(.f32, [5])], outputs: [TensorType(.i32, [5])],
      [.store(Access(b, Index(0)), .convert(.load(Access(a, Index(0))), .i32), lanes: 5)])
    let x = TensorData(.f32, [5], [Float.nan, 1e30, -1e30, -2.7, .infinity])
    #expect(try result(program, [x], as: Int32.self) == [0, .max, .min, -2, .max])
  }

  @Test func halfRoundsToNearestEven() throws {
    let program = program(
      inputs: [TensorType(.f32, [6])], outputs: [TensorType(.f16, [6])],
      [.store(Access(b, Index(0)), .load(Access(a, Index(0))), lanes: 6)])
    let x: [Float] = [1, -2049, 65519, 65520, 3e-8, 6.0e-5]
    let y = try result(program, [TensorData(.f32, [6], x)], as: UInt16.self)
    #expect(y == [0x3c00, 0xe800, 0x7bff, 0x7c00, 0x0001, 0x03ef])
  }
}
