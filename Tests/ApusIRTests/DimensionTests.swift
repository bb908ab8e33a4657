import ApusIR
import Testing

@Suite struct DimensionTests {
  let n = Dimension.symbol("N")

  @Test func equalPolynomialsAreEqual() {
    #expect(n + n + 1 == 2 * n + 1)
    #expect((n + 1) * (n - 1) == n * n - 1)
    #expect((4 * n) / 2 == 2 * n)
    #expect((n - n).constant == 0)
  }

  @Test func printsAndSubstitutes() {
    #expect((2 * n + 1).description == "2*N+1")
    #expect(((n + 1) / 2).description == "floordiv(N+1,2)")
    #expect(((n + 1) / 2).substituting(["N": 6]).constant == 3)
  }

  @Test func saturatesInsteadOfTrapping() {
    #expect((Dimension(.max) * 2).constant == .max)
    #expect((Dimension(.min) / -1).constant == 0)
  }
}
