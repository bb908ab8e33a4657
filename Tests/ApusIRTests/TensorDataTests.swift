import ApusIR
import Testing

@Suite struct TensorDataTests {
  /// 1 + 2^-8 lies between two numbers, of which 1 is even; a little more is nearer to the other.
  @Test(
    arguments: [
      (0.1, 0x3dcd), (-0.1, 0xbdcd), (1.00390625, 0x3f80), (1.01171875, 0x3f82),
      (1.0039064, 0x3f81), (3.4e38, 0x7f80), (Double.infinity, 0x7f80),
    ] as [(Double, UInt16)]) func shortFloatsAreRounded(_ value: Double, _ bits: UInt16)
  {
    #expect(TensorData(scalar: value, .bf16).elements(as: UInt16.self) == [bits])
  }
}
