/// How weights become numbers of few bits.
public enum WeightRounding: String, Hashable, Sendable, CaseIterable {
  /// Each to the nearest, the largest magnitude to the largest number.
  case nearest
  /// Each to the nearest, with the scale that leaves the least squared error.
  case mse
  /// Matrices row after row, each making up for the errors of those before it on calibration data
  /// (GPTQ, Frantar and others 2022); filters as `mse` does.
  case gptq
}
