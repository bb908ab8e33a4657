import ApusIR
import Testing

@testable import ApusLoops

@Suite struct IndexTests {
  let i = Index(IndexVariable(0))
  let j = Index(IndexVariable(1))

  @Test func sumsCollectTerms() {
    #expect(i + j == j + i)
    #expect((i + i).coefficient(of: IndexVariable(0)) == 2)
    #expect(i * 3 + i * -3 == Index(0))
    #expect((i * 2 + j + 5) * 4 == i * 8 + j * 4 + 20)
    #expect(((i + 1) * 0).isConstant)
  }

  @Test(arguments: [
    (Index(0), "0"), (Index(-3), "-3"), (Index(IndexVariable(2)), "i2"),
    (Index(IndexVariable(0)) * 4 + Index(IndexVariable(1)) * -1 + -2, "4*i0-i1-2"),
  ])
  func prints(_ index: Index, _ text: String) { #expect(index.description == text) }
}

@Suite struct TileShapeTests {
  @Test(arguments: Target.all) func sumsAndOperandsFitTheRegisters(_ target: Target) {
    for (rows, columns, depth) in [
      (1, 1, 1), (1, 1000, 64), (7, 33, 5), (64, 64, 64), (3136, 256, 576), (1000, 1, 1000),
    ] {
      let shapes = TileShape.candidates(
        rows: rows, columns: columns, depth: depth, rowStride: 1, target: target)
      #expect(Set(shapes).count == shapes.count && !shapes.isEmpty)
      for shape in shapes {
        #expect(shape.rows >= 1 && shape.rows <= rows)
        let widest = target.tileVectors * (rows == 1 ? 2 : 1)
        #expect(shape.vectors >= 1 && shape.vectors <= widest)
        #expect(shape.rows * shape.vectors + shape.vectors + 1 <= target.registers)
      }
    }
  }
}
