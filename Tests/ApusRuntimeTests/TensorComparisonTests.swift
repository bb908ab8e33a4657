import ApusIR
import Testing

@testable import ApusRuntime

@Suite struct ComparisonTests {
  func compare(
    _ got: [Float], _ want: [Float], _ tolerance: Tolerance = .exact
  ) throws -> TensorComparison {
    try #require(
      TensorComparison(
        TensorData(.f32, [got.count], got), with: TensorData(.f32, [want.count], want),
        tolerance: tolerance))
  }

  @Test func findsTheWorstElement() throws {
    let result = try compare(
      [1, 2.5, 3.25, 4], [1, 2, 3, 4], Tolerance(absolute: 0.125, relative: 0.125))
    #expect(result.mismatchCount == 1)
    #expect(result.maximumDifference == 0.5)
    #expect(result.worst == .init(index: 1, got: 2.5, want: 2))
  }

  @Test(arguments: [
    (Float.nan, Float.nan, true), (.nan, 1, false), (1, .nan, false), (.infinity, .infinity, true),
    (.infinity, -.infinity, false), (.greatestFiniteMagnitude, .infinity, false), (-0.0, 0, true),
  ])
  func meetsSpecialNumbers(_ got: Float, _ want: Float, _ isMatch: Bool) throws {
    #expect(try compare([got], [want], Tolerance(absolute: 1, relative: 1)).isMatch == isMatch)
  }

  @Test func comparesWideIntegersExactly() throws {
    let (a, b) = (TensorData(.i64, [1], [Int64.max]), TensorData(.i64, [1], [Int64.max - 1]))
    let result = try #require(TensorComparison(a, with: b, tolerance: .exact))
    #expect(result.mismatchCount == 1 && result.maximumDifference == 1)
  }

  @Test func refusesOtherTypesAndShapes() {
    let a = TensorData(.f32, [2], [Float(1), 2])
    #expect(TensorComparison(a, with: TensorData(.f32, [1], [Float(1)]), tolerance: .exact) == nil)
    #expect(
      TensorComparison(a, with: TensorData(.i32, [2], [Int32(1), 2]), tolerance: .exact) == nil)
  }

  @Test(
    arguments: [
      (ElementType.f16, UInt16(0x3c00), 1.0), (.f16, 0x0001, 0x1p-24), (.f16, 0xfbff, -65504),
      (.f16, 0xfc00, -.infinity), (.bf16, 0x4049, 3.140625), (.f8e4m3fn, 0x7e, 448),
      (.f8e4m3fn, 0x01, 0x1p-9), (.f8e4m3fnuz, 0x7f, 240), (.f8e5m2, 0x7b, 57344),
      (.f8e5m2, 0x7c, .infinity), (.f8e5m2fnuz, 0x7f, 57344), (.f6e2m3, 0x1f, 7.5),
      (.f6e3m2, 0x3f, -28), (.f4e2m1, 0xf, -6), (.f4e2m1, 0x1, 0.5),
    ] as [(ElementType, UInt16, Double)])
  func decodesSmallFloats(_ element: ElementType, _ bits: UInt16, _ value: Double) throws {
    #expect(try #require(SmallFloat(element)).decode(bits) == value)
  }

  @Test(arguments: [ElementType.f16, .bf16]) func encodesWhatItDecodes(_ element: ElementType)
    throws
  {
    let format = try #require(SmallFloat(element))
    for bits in UInt16.min ... .max {
      let value = format.decode(bits)
      #expect(
        value.isNaN ? format.decode(format.encode(value)).isNaN : format.encode(value) == bits)
    }
  }

  @Test(
    arguments: [
      (1 + 0x1p-11, UInt16(0x3c00)), (1 + 0x3p-11, 0x3c02), (65519.9, 0x7bff), (65520, 0x7c00),
      (0x1p-25, 0), (0x1.1p-25, 1), (1e300, 0x7c00), (-1e-300, 0x8000),
    ] as [(Double, UInt16)])
  func roundsToNearestEven(_ value: Double, _ bits: UInt16) {
    #expect(SmallFloat.f16.encode(value) == bits)
  }
}
