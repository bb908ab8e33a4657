internal import ApusIR

extension IndexVariable {
  var text: String { "i\(number)" }
}

extension Index: CustomStringConvertible {
  /// `4*i0+i1+3`; what has symbols stands in parentheses, as in `(N*8)*i0+(N+1)`.
  public var description: String {
    let parts = terms.map { term in
      switch term.coefficient.constant {
      case 1: term.variable.text
      case -1: "-" + term.variable.text
      default: "\(term.coefficient.factorText)*\(term.variable.text)"
      }
    }
    let all = parts + (constant == 0 && !parts.isEmpty ? [] : [constant.factorText])
    return all.dropFirst().reduce(all[0]) { $0 + ($1.hasPrefix("-") ? "" : "+") + $1 }
  }
}

extension Dimension {
  /// The text inside an index: a plain number, or an extent with symbols in parentheses.
  var factorText: String { constant.map(String.init) ?? "(\(self))" }
}

extension IndexOperation {
  var text: String {
    switch self {
    case .affine(let index): index.description
    case .quotient(let index, let divisor): "floordiv(\(index), \(divisor))"
    case .remainder(let index, let divisor): "mod(\(index), \(divisor))"
    case .load(let access, let extent): "clamp(\(access.text), \(extent))"
    }
  }
}

extension Access {
  var text: String {
    switch laneStride {
    case 0: "b\(buffer.number)[\(index)]"
    case 1: "b\(buffer.number)[\(index)..]"
    default: "b\(buffer.number)[\(index).. by \(laneStride)]"
    }
  }
}

extension Register {
  var text: String { "r\(number)" }
  var lanesText: String { lanes == 1 ? "" : "x\(lanes)" }
}

extension Expression {
  var text: String {
    switch self {
    case .load(let access): access.text
    case .register(let register): register.text
    case .literal(let literal, let type): "\(literal):\(type)"
    case .index(let index): "index(\(index))"
    case .unary(let function, let a): "\(function.rawValue)(\(a.text))"
    case .binary(let function, let a, let b): "\(function.rawValue)(\(a.text), \(b.text))"
    case .compare(let test, let a, let b): "\(test.rawValue)(\(a.text), \(b.text))"
    case .select(let a, let b, let c): "select(\(a.text), \(b.text), \(c.text))"
    case .convert(let a, let type): "\(type)(\(a.text))"
    case .reinterpret(let a, let from, let to): "\(from)_as_\(to)(\(a.text))"
    case .fused(let a, let b, let c): "fma(\(a.text), \(b.text), \(c.text))"
    case .across(let function, let register): "across_\(function.rawValue)(\(register.text))"
    }
  }
}

extension Buffer.Storage {
  func text(_ constants: ConstantText) -> String {
    switch self {
    case .input: "input"
    case .output: "output"
    case .constant(let data): "constant \(data.text(constants))"
    case .arena(let offset): "arena \(offset)"
    }
  }
}

extension ConstantData {
  /// The bytes as a tensor of bytes.
  var tensor: TensorData? {
    let buffer = TensorBuffer(count: byteCount) { store(into: $0) }
    return TensorData(TensorType(.u8, [byteCount]), in: buffer, range: 0..<byteCount)
  }

  /// Up to 64 bytes in hexadecimal, a digest of more unless asked for everything.
  fileprivate func text(_ constants: ConstantText) -> String {
    guard let tensor else { preconditionFailure("bytes fill a tensor of bytes") }
    guard byteCount > 64, constants == .digests else {
      return "0x" + tensor.withBytes(\.hexadecimal)
    }
    let digits = String(tensor.digest, radix: 16)
    return "#" + String(repeating: "0", count: 16 - digits.count) + digits
  }
}
