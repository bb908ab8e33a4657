/// A function from the elements of several operands at one place to the element of the result.
///
/// Held as numbered steps, each once, so that composing functions never copies shared parts.
public struct Pointwise: Hashable, Sendable {
  /// One step; arguments are the numbers of earlier steps.
  public enum Step: Hashable, Sendable {
    case operand(Int)
    case literal(Literal, ElementType)
    case unary(UnaryFunction, Int)
    case binary(BinaryFunction, Int, Int)
    case compare(Comparison, Int, Int)
    case select(Int, Int, Int)
    case convert(Int, ElementType)
    /// The same bits as another type of the same width.
    case reinterpret(Int, ElementType)
  }

  /// The element types of the operands.
  public let operands: [ElementType]
  /// The steps in order; the last one is the result.
  public private(set) var steps: [Step] = []
  /// The element type of each step.
  public private(set) var types: [ElementType] = []

  /// The element type of the result.
  public var result: ElementType { types.last ?? .f32 }

  /// Flattens a formula over operands of the given types.
  ///
  /// Returns `nil` when arguments of one function differ in type or an operand does not exist.
  public init?(_ operands: [ElementType], _ formula: Scalar) {
    self.operands = operands
    guard let last = flatten(formula, expecting: nil) else { return nil }
    makeLast(last)
  }

  /// Whether a step writes a string that was not there before.
  public var makesStrings: Bool {
    uses([.upper, .lower], [.join])
      || steps.contains { if case .convert(_, .string) = $0 { true } else { false } }
  }

  /// Whether a step gives a part of a string.
  public var cutsStrings: Bool { uses([], [.head, .tail]) }

  private func uses(_ unary: [UnaryFunction], _ binary: [BinaryFunction]) -> Bool {
    steps.contains { step in
      switch step {
      case .unary(let function, _): unary.contains(function)
      case .binary(let function, _, _): binary.contains(function)
      case .operand, .literal, .compare, .select, .convert, .reinterpret: false
      }
    }
  }

  /// Whether each step is a function that is defined on the types of its arguments.
  var isDefined: Bool {
    zip(steps, types).allSatisfy { step, type in
      switch step {
      case .unary(let function, let a): function.isDefined(on: types[a])
      case .binary(let function, let a, _): function.isDefined(on: types[a])
      // The only literal string is the empty one, and no number stands for a string.
      case .literal(let literal, .string): literal == .integer(0)
      // Numbers become strings, and strings numbers, as the widest of their kind.
      case .convert(let a, .string): [.f64, .i64, .u64].contains(types[a])
      case .convert(let a, _): types[a] != .string || [.f64, .i64, .u64].contains(type)
      case .reinterpret(let a, _): types[a] != .string && type != .string
      case .operand, .literal, .compare, .select: true
      }
    }
  }

  init(empty operands: [ElementType]) { self.operands = operands }

  /// The function that copies its operand.
  public static func identity(_ element: ElementType) -> Pointwise {
    var function = Pointwise(empty: [element])
    _ = function.append(.operand(0), element)
    return function
  }

  /// Adds a step unless the same one exists, and returns its number.
  mutating func append(_ step: Step, _ type: ElementType) -> Int {
    if let place = steps.firstIndex(of: step) { return place }
    steps.append(step)
    types.append(type)
    return steps.count - 1
  }

  /// Drops what step `last` does not need and puts it at the end.
  mutating func makeLast(_ last: Int) {
    var needed = [Bool](repeating: false, count: steps.count)
    needed[last] = true
    for place in steps.indices.reversed() where needed[place] {
      for argument in steps[place].arguments { needed[argument] = true }
    }
    var moved = [Int](repeating: 0, count: steps.count)
    var result = Pointwise(empty: operands)
    for place in 0...last where needed[place] {
      result.steps.append(steps[place].renumbered { moved[$0] })
      result.types.append(types[place])
      moved[place] = result.steps.count - 1
    }
    self = result
  }
}

extension Pointwise.Step {
  /// The numbers of the steps whose values this one takes.
  public var arguments: [Int] {
    switch self {
    case .operand, .literal: []
    case .unary(_, let a), .convert(let a, _), .reinterpret(let a, _): [a]
    case .binary(_, let a, let b), .compare(_, let a, let b): [a, b]
    case .select(let a, let b, let c): [a, b, c]
    }
  }

  func renumbered(_ number: (Int) -> Int) -> Pointwise.Step {
    switch self {
    case .operand, .literal: self
    case .unary(let function, let a): .unary(function, number(a))
    case .binary(let function, let a, let b): .binary(function, number(a), number(b))
    case .compare(let test, let a, let b): .compare(test, number(a), number(b))
    case .select(let a, let b, let c): .select(number(a), number(b), number(c))
    case .convert(let a, let type): .convert(number(a), type)
    case .reinterpret(let a, let type): .reinterpret(number(a), type)
    }
  }
}

extension Pointwise {
  /// Appends the steps of a formula; a bare literal takes the type `expected`.
  private mutating func flatten(_ formula: Scalar, expecting expected: ElementType?) -> Int? {
    switch formula {
    case .operand(let index):
      return operands.indices.contains(index) ? append(.operand(index), operands[index]) : nil
    case .literal(let literal, let type):
      guard let type = type ?? expected else { return nil }
      return append(.literal(literal.adapted(to: type), type), type)
    case .unary(let function, let a):
      guard let x = flatten(a, expecting: expected) else { return nil }
      return append(.unary(function, x), function.isPredicate ? .bool : types[x])
    case .binary(let function, let a, let b):
      guard let (x, y) = pair(a, b, expecting: expected) else { return nil }
      return append(.binary(function, x, y), function.fixedResult ?? types[x])
    case .compare(let test, let a, let b):
      guard let (x, y) = pair(a, b, expecting: nil) else { return nil }
      return append(.compare(test, x, y), .bool)
    case .select(let condition, let a, let b):
      guard let test = flatten(condition, expecting: .bool), types[test] == .bool,
        let (x, y) = pair(a, b, expecting: expected)
      else { return nil }
      return append(.select(test, x, y), types[x])
    case .convert(let a, let type):
      guard let x = flatten(a, expecting: type) else { return nil }
      return types[x] == type ? x : append(.convert(x, type), type)
    case .reinterpret(let a, let type):
      guard let x = flatten(a, expecting: nil), types[x].bitWidth == type.bitWidth else {
        return nil
      }
      return types[x] == type ? x : append(.reinterpret(x, type), type)
    }
  }

  /// Two arguments of one type: the one that is not a bare literal decides.
  private mutating func pair(
    _ a: Scalar, _ b: Scalar, expecting expected: ElementType?
  ) -> (Int, Int)? {
    if case .literal(_, nil) = a {
      guard let y = flatten(b, expecting: expected), let x = flatten(a, expecting: types[y]) else {
        return nil
      }
      return types[x] == types[y] ? (x, y) : nil
    }
    guard let x = flatten(a, expecting: expected), let y = flatten(b, expecting: types[x]) else {
      return nil
    }
    return types[x] == types[y] ? (x, y) : nil
  }
}

extension Literal {
  func adapted(to type: ElementType) -> Literal {
    switch self {
    case .integer(let value): type.isFloat ? .float(Double(value)) : self
    case .float(let value): type.isFloat ? self : .integer(Int(exactly: value.rounded()) ?? 0)
    }
  }
}
