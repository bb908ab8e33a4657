internal import ApusIR
internal import ApusQuantize
internal import ApusRuntime
internal import Foundation

extension QuantizationRecipe {
  /// The document that a recipe is written as.
  var json: JSON {
    .object([
      ("schema", .integer(1)), ("model", .string(String(model, radix: 16))),
      ("data", data.map { .string(String($0, radix: 16)) } ?? .null),
      ("options", options.json),
      (
        "activations",
        .array(
          activations.map { activation in
            .object([
              ("value", .string(activation.value)),
              ("type", .string(activation.parameters.element.rawValue)),
              ("scale", .number(Double(activation.parameters.scale))),
              ("zero_point", .integer(activation.parameters.zero)),
            ])
          })
      ),
      (
        "layers",
        .array(
          layers.map { layer in
            .object([
              ("name", .string(layer.name)), ("format", .string(layer.format.rawValue)),
              ("correction", .array(layer.correction.map { .number(Double($0)) })),
            ])
          })
      ),
    ])
  }

  /// Reads a recipe that was written.
  ///
  /// - Throws: `recipe` when the file is none.
  init(reading path: String) throws(DiagnosticError) {
    let data = Data(try FileBytes(reading: path).array)
    guard let fields = try? JSONDecoder().decode(RecipeFields.self, from: data),
      let recipe = QuantizationRecipe(fields)
    else {
      throw DiagnosticError(
        Diagnostic(.invalidInput, id: "recipe", "not a recipe of quantization", file: path))
    }
    self = recipe
  }

  fileprivate init?(_ fields: RecipeFields) {
    guard fields.schema == 1, let model = UInt64(fields.model, radix: 16),
      let options = QuantizationOptions(fields.options)
    else { return nil }
    self.init(model: model, options: options)
    if let digest = fields.data {
      guard let number = UInt64(digest, radix: 16) else { return nil }
      data = number
    }
    for activation in fields.activations {
      guard let element = ElementType(rawValue: activation.type), [.u8, .i8].contains(element),
        activation.scale.isNormal, activation.scale > 0,
        (element == .u8 ? 0...255 : -128...127).contains(activation.zero_point)
      else { return nil }
      activations.append(
        Activation(
          value: activation.value,
          parameters: AffineParameters(
            element, scale: activation.scale, zero: activation.zero_point)))
    }
    for layer in fields.layers {
      guard let format = LayerFormat(rawValue: layer.format),
        layer.correction.allSatisfy(\.isFinite)
      else { return nil }
      layers.append(Layer(name: layer.name, format: format, correction: layer.correction))
    }
  }
}

/// A recipe as its file has it.
private struct RecipeFields: Decodable {
  struct Options: Decodable {
    var format: String
    var signed_activations: Bool
    var calibrator: String
    var percentile: Double
    var rounding: String
    var block: Int
    var symmetric: Bool
    var scope: String
    var corrects_bias: Bool
    var equalizes: Bool
    var smoothing: Double?
    var excluded: [String]
  }

  struct Activation: Decodable {
    var value: String
    var type: String
    var scale: Float
    var zero_point: Int
  }

  struct Layer: Decodable {
    var name: String
    var format: String
    var correction: [Float]
  }

  var schema: Int
  var model: String
  var data: String?
  var options: Options
  var activations: [Activation]
  var layers: [Layer]
}

extension QuantizationOptions {
  fileprivate var json: JSON {
    .object([
      ("format", .string(format.rawValue)), ("signed_activations", .bool(signedActivations)),
      ("calibrator", .string((calibrator ?? .mse).rawValue)), ("percentile", .number(percentile)),
      ("rounding", .string(rounding.rawValue)), ("block", .integer(block)),
      ("symmetric", .bool(symmetric)), ("scope", .string((scope ?? .all).rawValue)),
      ("corrects_bias", .bool(correctsBias ?? false)), ("equalizes", .bool(equalizes)),
      ("smoothing", smoothing.map { .number($0) } ?? .null),
      ("excluded", .array(excluded.sorted().map { .string($0) })),
    ])
  }

  fileprivate init?(_ fields: RecipeFields.Options) {
    guard let format = LayerFormat(rawValue: fields.format),
      let calibrator = Calibrator(rawValue: fields.calibrator),
      let rounding = WeightRounding(rawValue: fields.rounding),
      let scope = QuantizationScope(rawValue: fields.scope),
      (0...1 << 20).contains(fields.block), (0...1).contains(fields.smoothing ?? 0)
    else { return nil }
    self.init()
    (self.format, self.calibrator, self.rounding) = (format, calibrator, rounding)
    (self.scope, block, symmetric) = (scope, fields.block, fields.symmetric)
    (signedActivations, percentile) = (fields.signed_activations, fields.percentile)
    (correctsBias, excluded) = (fields.corrects_bias, Set(fields.excluded))
    (equalizes, smoothing) = (fields.equalizes, fields.smoothing)
  }
}
