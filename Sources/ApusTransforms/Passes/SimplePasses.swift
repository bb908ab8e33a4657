internal import ApusIR

extension Pass {
  /// Rewrites operations to simpler ones that mean the same.
  ///
  /// Before: `%1 = transpose %0 {permutation = [1, 0]}`, `%2 = transpose %1 {permutation = [1, 0]}`
  /// After: uses of `%2` read `%0`.
  public static let canonicalize = Pass(
    "canonicalize", "simplify operations that mean the same",
    rules: Rule.views + Rule.arithmetic)

  /// Puts the bodies of custom operators in their place.
  ///
  /// Before: `%1 = custom %0 do @acme.swirl (…) { … }`. After: the operations of the body.
  public static let expandCustom = Pass(
    "expand-custom", "take custom operators apart"
  ) { graph, _ in
    if graph.nodes.contains(where: { $0.operation.mnemonic == Custom.mnemonic }) {
      graph = graph.expandingCustomOperators()
    }
  }

  /// Removes operations whose results nobody uses.
  public static let eliminateDeadCode = Pass(
    "dead-code", "remove operations without uses"
  ) { graph, _ in graph = graph.withoutDeadNodes() }

  /// Lets equal operations on equal operands be computed once.
  ///
  /// Before: `%1 = map %0 {exp(a)}`, `%2 = map %0 {exp(a)}`. After: uses of `%2` read `%1`.
  public static let eliminateCommonSubexpressions = Pass(
    "common-subexpressions", "compute equal operations once"
  ) { graph, _ in graph = graph.withoutRepetitions() }

  /// Computes with the integers that stand for numbers, where a product takes them.
  ///
  /// Before: `matmul %x, %w` of maps `mul(f32(sub(i32(a), 3)), 0.5)` and `mul(f32(i32(a)), 0.25)`.
  /// After: `matmul %x, %w {zero = 3}` of the integers, then `mul(f32(a), 0.125)`.
  public static let formIntegers = Pass(
    "form-integers", "compute products of quantized tensors with integers",
    rules: Rule.integerProducts)

  /// Moves factors of channels and columns into weights, where they cost nothing.
  ///
  /// Before: `conv %x, %w` then `map {add(mul(a, b), c)}` with constant `b`.
  /// After: `conv %x, %w·b` then `map {add(a, c)}`.
  public static let foldScales = Pass(
    "fold-scales", "move factors into the weights of convolutions and products",
    rules: Rule.scaleFolding + [.requantize])

  /// Rounds sums of integers as TensorFlow Lite for Microcontrollers does it.
  ///
  /// Before: `map %sum {i32(round(mul(f32(a), 0.1)))}`. After: shifts and a product of `i64`.
  public static let roundTwice = Pass(
    "round-twice", "round sums of integers as TensorFlow Lite does it", rules: [.roundTwice])

  /// Composes chains of maps into one.
  ///
  /// Before: `%1 = map %0 {neg(a)}`, `%2 = map %1 {exp(a)}`. After: `%2 = map %0 {exp(neg(a))}`.
  public static let fuseMaps = Pass(
    "fuse-maps", "compose chains of elementwise functions",
    rules: [.composeMaps, .mapBeforeView])

  /// Forms kernels: an operation with the map that follows it, and attention.
  ///
  /// Before: `%1 = conv %x, %w`, `%2 = map %1, %b {max(add(a, b), 0)}`.
  /// After: `%2 = kernel %x, %w, %b` with both in its body.
  public static let fuseKernels = Pass(
    "fuse-kernels", "let operations apply the map that follows them, and form attention",
    stage: .optimised, rules: [.fuseEpilogue, .fuseAttention])
}
