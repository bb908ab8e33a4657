internal import ApusIR

/// The functions of a recurrent layer (attributes `activations`, `activation_alpha`, …).
struct RecurrentActivations {
  private var names: [String]
  private var alphas: [Double]
  private var betas: [Double]
  /// Where arguments of functions are cut off on both sides.
  private let clip: Double?

  /// Reads the attributes; `standard` holds the names of one direction.
  init(
    _ node: inout NodeImporter, standard: [String], directions: Int
  ) throws(ImportFailure) {
    names = [[String]](repeating: standard, count: directions).flatMap { $0 }
    if case .strings(let given)? = node.attribute("activations") {
      names = given.map { String(decoding: $0, as: UTF8.self).lowercased() }
    }
    guard names.count == standard.count * directions else {
      throw .invalid("activation-count", "\(names.count) activations")
    }
    alphas = try node.reals("activation_alpha")
    betas = try node.reals("activation_beta")
    let limit = try node.real("clip", default: .infinity)
    clip = limit.isFinite ? limit : nil
  }

  /// Whether nothing differs from what the operator does by itself.
  func areStandard(_ standard: [String]) -> Bool {
    clip == nil && alphas.isEmpty && betas.isEmpty
      && names.indices.allSatisfy { names[$0] == standard[$0 % standard.count] }
  }

  /// Function `number` of all directions, applied to a formula.
  ///
  /// Parameters are given for the functions that take them, in order.
  func callAsFunction(_ number: Int, of formula: Scalar) throws(ImportFailure) -> Scalar {
    let x = clip.map { Scalar.min(.max(formula, .real(-$0)), .real($0)) } ?? formula
    func parameter(_ values: [Double], _ takers: [String], _ standard: Double) -> Scalar {
      let place = names[..<number].count { takers.contains($0) }
      return .real(values.indices.contains(place) ? values[place] : standard)
    }
    func alpha(_ standard: Double) -> Scalar { parameter(alphas, Self.takeAlpha, standard) }
    func beta(_ standard: Double) -> Scalar { parameter(betas, Self.takeBeta, standard) }
    switch names[number] {
    case "sigmoid": return .unary(.sigmoid, x)
    case "tanh": return .unary(.tanh, x)
    case "relu": return .max(x, 0)
    case "affine": return x * alpha(1) + beta(0)
    case "leakyrelu": return .select(.compare(.less, x, 0), x * alpha(0.01), x)
    case "thresholdedrelu": return .select(.compare(.greater, x, alpha(1)), x, 0)
    case "scaledtanh": return .unary(.tanh, x * beta(1)) * alpha(1)
    case "hardsigmoid": return .max(.min(x * alpha(0.2) + beta(0.5), 1), 0)
    case "elu": return .select(.compare(.less, x, 0), (.exp(x) - 1) * alpha(1), x)
    case "softsign": return x / (.unary(.absolute, x) + 1)
    case "softplus": return .max(x, 0) + .unary(.log, .exp(-.unary(.absolute, x)) + 1)
    default: throw .unsupported("activation", "the activation \"\(names[number])\"")
    }
  }

  private static let takeAlpha = [
    "affine", "leakyrelu", "thresholdedrelu", "scaledtanh", "hardsigmoid", "elu",
  ]
  private static let takeBeta = ["affine", "scaledtanh", "hardsigmoid"]
}

extension NodeImporter {
  /// Real numbers of an attribute; none when it is absent.
  fileprivate mutating func reals(_ name: String) throws(ImportFailure) -> [Double] {
    switch attribute(name) {
    case nil: return []
    case .floats(let values)?: return values.map { Double($0) }
    default: throw .invalid("attribute-type", "attribute \"\(name)\" has the wrong type")
    }
  }
}
