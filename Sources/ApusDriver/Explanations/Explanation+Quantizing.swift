extension Explanation {
  /// Messages of `apus quantize`.
  static let quantizing = [
    Explanation(
      "calibration-constant",
      "All inputs of all samples are one number, which says nothing about ranges."),
    Explanation(
      "calibration-empty", "There are no samples. --data takes a folder of .npz files, or one."),
    Explanation("calibration-input", "A sample has no array that is named like an input."),
    Explanation(
      "calibration-number",
      "A sample holds NaN or infinity, or leads to them inside the model."),
    Explanation(
      "calibration-shape", "An array of a sample has another type or shape than its input."),
    Explanation("layer-name", "--exclude names no product. The notes list the names."),
    Explanation(
      "quantize-budget",
      "No mixture of formats that was tried keeps to the budget of bytes, accuracy or latency. The "
        + "message says what was reached."),
    Explanation("quantize-nothing", "The model has no convolution or matrix product to quantize."),
    Explanation(
      "quantize-slower",
      "The quantized model takes longer than the real one, so it is not written. The notes name "
        + "layers that lose; --exclude leaves them as they are, --allow-slower writes anyhow."),
    Explanation("quantize-weights", "Weights of a product hold NaN or infinity."),
    Explanation(
      "quantized-already",
      "The model computes with quantized numbers already. Quantize the one that it was made of."),
    Explanation("recipe", "The file is no recipe that apus quantize --recipe wrote."),
    Explanation("recipe-data", "The recipe was made with other calibration data."),
    Explanation("recipe-model", "The recipe was made for another model."),
  ]
}
