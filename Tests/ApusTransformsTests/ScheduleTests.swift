import ApusBytecode
import ApusC
import ApusIR
import ApusLoops
import ApusRuntime
import ApusTestSupport
import Testing

@testable import ApusTransforms

/// Fast schedules compute what plain loops do, and the same bits in C and in the interpreter.
@Suite struct ScheduleTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    let kernel: String
    let text: String
    var testDescription: String { name }
  }

  static let cases = [
    convolution("even", channels: 16, filters: 32, height: 6, width: 10, batch: 1),
    convolution("by four", channels: 32, filters: 16, height: 8, width: 12, batch: 2),
    convolution(
      "residual across", window: 5, channels: 4, filters: 20, height: 6, width: 7, batch: 1),
    convolution("several blocks", channels: 16, filters: 16, height: 64, width: 64, batch: 1),
    Case(
      name: "matmul with a residual across", kernel: "matmul",
      text: """
        graph @g(%x: tensor<6x20xf32>, %const: tensor<20x32xf32>, %r: tensor<32x6xf32>) \
        -> (y: tensor<6x32xf32>) {
          %0 = matmul %x, %const : tensor<6x32xf32>
          %1 = transpose %r {permutation = [1, 0]} : tensor<6x32xf32>
          %2 = map %0, %1 {f = (a: f32, b: f32) sub(a, b)} : tensor<6x32xf32>
          return %2
        }

        """),
    Case(
      name: "rows of a batch", kernel: "matmul",
      text: """
        graph @g(%x: tensor<3x5x1x20xf32>, %const: tensor<20x40xf32>, %b: tensor<3x1x1x40xf32>) \
        -> (y: tensor<3x5x1x40xf32>) {
          %0 = matmul %x, %const : tensor<3x5x1x40xf32>
          %1 = broadcast %b {shape = <3x5x1x40>} : tensor<3x5x1x40xf32>
          %2 = map %0, %1 {f = (a: f32, b: f32) add(a, b)} : tensor<3x5x1x40xf32>
          return %2
        }

        """),
    Case(
      name: "a batch of transposed matrices", kernel: "matmul",
      text: """
        graph @g(%x: tensor<2x5x7x20xf32>, %z: tensor<2x5x33x20xf32>) -> (y: tensor<2x5x7x33xf32>) {
          %0 = transpose %z {permutation = [0, 1, 3, 2]} : tensor<2x5x20x33xf32>
          %1 = matmul %x, %0 : tensor<2x5x7x33xf32>
          return %1
        }

        """),
    Case(
      name: "columns", kernel: "matmul",
      text: """
        graph @g(%x: tensor<3x7x16xf32>, %z: tensor<3x16x1xf32>) -> (y: tensor<3x7x1xf32>) {
          %0 = matmul %x, %z : tensor<3x7x1xf32>
          return %0
        }

        """),
    Case(
      name: "softmax across", kernel: "softmax",
      text: """
        graph @g(%x: tensor<3x5x37xf32>) -> (y: tensor<3x5x37xf32>) {
          %0 = softmax %x {axis = 1} : tensor<3x5x37xf32>
          return %0
        }

        """),
    Case(
      name: "many columns", kernel: "matmul",
      text: """
        graph @g(%x: tensor<2x301x16xf32>, %z: tensor<2x16x1xf32>) -> (y: tensor<2x301x1xf32>) {
          %0 = matmul %x, %z : tensor<2x301x1xf32>
          return %0
        }

        """),
    bytes("rows of bytes", kernel: "matmul", image: "5x22", filters: "22x40", result: "5x40"),
    bytes(
      "pixels of bytes", kernel: "conv", image: "2x8x9x11", filters: "20x8x3x3",
      result: "2x20x9x11", window: 3),
    bytes(
      "lines of bytes", kernel: "conv", image: "1x3x9x11", filters: "20x3x3x3",
      result: "1x20x9x11", window: 3),
    bytes(
      "channels of bytes", kernel: "conv", image: "1x20x9x11", filters: "20x1x5x5",
      result: "1x20x9x11", window: 5, groups: 20),
    blocks("words cut by the end", rows: "3", depth: 70, columns: 40, code: "u4", block: 32),
    blocks("a batch of single rows", rows: "10x1", depth: 64, columns: 300, code: "i8", block: 16),
    blocks("many rows of few columns", rows: "2x23", depth: 36, columns: 5, code: "u2", block: 36),
    blocks("panels and a rest", rows: "37", depth: 70, columns: 210, code: "i4", block: 32),
    blocks("panels of a batch", rows: "3x5", depth: 64, columns: 128, code: "u8", block: 16),
    computedBytes("rows", left: "9x22", right: "22x37", "%j", result: "9x37"),
    computedBytes(
      "a batch of transposed matrices", left: "3x9x24", right: "3x37x24",
      "transpose %j {permutation = [0, 2, 1]} : tensor<3x24x37xi8>", result: "3x9x37"),
    computedBytes("a batch of short sums", left: "3x5x3", right: "3x3x64", "%j", result: "3x5x64"),
    attention("short", rows: 30, keys: 37, depth: 16, width: 24),
    attention("one row", rows: 1, keys: 40, depth: 8, width: 16),
    attention("two rows, sums along keys", rows: 2, keys: 19, depth: 32, width: 16),
    attention("whole vectors", rows: 40, keys: 64, depth: 32, width: 32),
    Case(
      name: "large recurrent weights", kernel: "lstm",
      text: """
        graph @g(%x: tensor<5x1x1024xf32>, %const: tensor<1024x256xf32>, %h: tensor<1x256xf32>, \
        %c: tensor<1x256xf32>) -> (y: tensor<5x1x256xf32>) {
          %0 = map %const {f = (a: f32) mul(a, 0.05:f32)} : tensor<1024x256xf32>
          %1, %2, %3 = lstm %x, %0, %h, %c : tensor<5x1x256xf32>, tensor<1x256xf32>, \
        tensor<1x256xf32>
          return %1
        }

        """),
  ]

  private static func convolution(
    _ name: String, window: Int = 3, channels: Int, filters: Int, height: Int, width: Int,
    batch: Int
  ) -> Case {
    let type = "tensor<\(batch)x\(filters)x\(height)x\(width)xf32>"
    let (size, border) = ("\(window)x\(window)", "[\(window / 2), \(window / 2)]")
    return Case(
      name: "\(size) \(name)", kernel: window == 3 ? "winograd" : "conv",
      text: """
        graph @g(%x: tensor<\(batch)x\(channels)x\(height)x\(width)xf32>, \
        %const: tensor<\(filters)x\(channels)x\(size)xf32>, %r: \(type)) -> (y: \(type)) {
          %0 = conv %x, %const {extents = [\(window), \(window)], before = \(border), \
        after = \(border)} : \(type)
          %1 = map %0, %r {f = (a: f32, b: f32) max(add(a, b), 0.0:f32)} : \(type)
          return %1
        }

        """)
  }

  /// A product of bytes whose 7 stands for 0, with a residual and one factor for each channel.
  private static func bytes(
    _ name: String, kernel: String, image: String, filters: String, result: String,
    window: Int? = nil, groups: Int = 1
  ) -> Case {
    let columns = window == nil ? "40" : "\(filters.prefix { $0 != "x" })x1x1"
    let border = window.map { "[\($0 / 2), \($0 / 2)]" } ?? ""
    let product =
      window.map {
        "conv %i, %w {extents = [\($0), \($0)], before = \(border), after = \(border), "
          + "groups = \(groups), zero = 7}"
      } ?? "matmul %i, %w {zero = 7}"
    return Case(
      name: name, kernel: kernel,
      text: """
        graph @g(%x: tensor<\(image)xf32>, %const: tensor<\(filters)xf32>, \
        %const2: tensor<\(columns)xf32>, %r: tensor<\(result)xu8>) -> (y: tensor<\(result)xu8>) {
          %i = map %x {f = (a: f32) u8(max(min(add(round(mul(a, 40.0:f32)), 7.0:f32), 255.0:f32), \
        0.0:f32))} : tensor<\(image)xu8>
          %w = map %const {f = (a: f32) i8(mul(a, 60.0:f32))} : tensor<\(filters)xi8>
          %0 = \(product) : tensor<\(result)xi32>
          %1 = map %0, %const2, %r {f = (a: i32, b: f32, c: u8) u8(add(i32(round(max(min(add(\
        mul(f32(a), mul(b, 0.01:f32)), f32(i32(c))), 152.0:f32), -103.0:f32))), 103:i32))} \
        : tensor<\(result)xu8>
          return %1
        }

        """)
  }

  /// A product with weights in blocks, and a residual.
  private static func blocks(
    _ name: String, rows: String, depth: Int, columns: Int, code: String, block: Int
  ) -> Case {
    let parameters = "tensor<\((depth + block - 1) / block)x\(columns)xf32>"
    let result = "tensor<\(rows)x\(columns)xf32>"
    return Case(
      name: "blocks, \(name)", kernel: "block_matmul",
      text: """
        graph @g(%x: tensor<\(rows)x\(depth)xf32>, %const: tensor<\(depth)x\(columns)x\(code)>, \
        %const2: \(parameters), %const3: \(parameters), %r: \(result)) -> (y: \(result)) {
          %0 = block_matmul %x, %const, %const2, %const3 {block = \(block)} : \(result)
          %1 = map %0, %r {f = (a: f32, b: f32) sub(a, b)} : \(result)
          return %1
        }

        """)
  }

  /// A product of two tensors of bytes, of which 7 stands for 0 on the left.
  private static func computedBytes(
    _ name: String, left: String, right: String, _ view: String, result: String
  ) -> Case {
    let (operand, line) = view.hasPrefix("%") ? (view, "") : ("%v", "  %v = \(view)\n")
    return Case(
      name: "computed bytes, \(name)", kernel: "matmul",
      text: """
        graph @g(%x: tensor<\(left)xf32>, %z: tensor<\(right)xf32>) -> (y: tensor<\(result)xf32>) {
          %i = map %x {f = (a: f32) u8(max(min(add(round(mul(a, 40.0:f32)), 7.0:f32), 255.0:f32), \
        0.0:f32))} : tensor<\(left)xu8>
          %j = map %z {f = (a: f32) i8(mul(a, 60.0:f32))} : tensor<\(right)xi8>
        \(line)  %0 = matmul %i, \(operand) {zero = 7} : tensor<\(result)xi32>
          %1 = map %0 {f = (a: i32) mul(f32(a), 0.01:f32)} : tensor<\(result)xf32>
          return %1
        }

        """)
  }

  /// Four heads of queries share two of keys and values; the mask is the same for all heads.
  private static func attention(
    _ name: String, rows: Int, keys: Int, depth: Int, width: Int
  ) -> Case {
    let scores = "tensor<1x4x\(rows)x\(keys)xf32>"
    func shared(_ value: String, _ number: Int, _ lines: Int, _ columns: Int) -> String {
      """
        %\(number) = reshape %\(value) {shape = <1x2x1x\(lines)x\(columns)>} \
      : tensor<1x2x1x\(lines)x\(columns)xf32>
        %\(number + 1) = broadcast %\(number) {shape = <1x2x2x\(lines)x\(columns)>} \
      : tensor<1x2x2x\(lines)x\(columns)xf32>
        %\(number + 2) = reshape %\(number + 1) {shape = <1x4x\(lines)x\(columns)>} \
      : tensor<1x4x\(lines)x\(columns)xf32>
      """
    }
    return Case(
      name: "attention, \(name)", kernel: "attention",
      text: """
        graph @g(%q: tensor<1x\(rows)x4x\(depth)xf32>, %k: tensor<1x2x\(keys)x\(depth)xf32>, \
        %v: tensor<1x2x\(keys)x\(width)xf32>, %m: tensor<1x1x\(rows)x\(keys)xf32>) \
        -> (y: tensor<1x4x\(rows)x\(width)xf32>) {
          %0 = transpose %q {permutation = [0, 2, 1, 3]} : tensor<1x4x\(rows)x\(depth)xf32>
        \(shared("k", 1, keys, depth))
          %4 = transpose %3 {permutation = [0, 1, 3, 2]} : tensor<1x4x\(depth)x\(keys)xf32>
        \(shared("v", 5, keys, width))
          %8 = matmul %0, %4 : \(scores)
          %9 = map %8, %m {f = (a: f32, b: f32) add(mul(a, 0.25:f32), b)} : \(scores)
          %10 = softmax %9 {axis = 3} : \(scores)
          %11 = matmul %10, %7 : tensor<1x4x\(rows)x\(width)xf32>
          return %11
        }

        """)
  }

  @Test(arguments: cases) func agreesWithPlainLoops(_ test: Case) throws {
    let plain = try Graph(text: test.text)
    let fast = try optimized(plain, OptimizationLevel.full.pipeline)
    var random = SeededRandom(seed: 3)
    let inputs = plain.inputs.map { TensorData(random: plain.type(of: $0), using: &random) }
    let want = try plain.interpreted(inputs)
    for winograd in test.kernel == "winograd" ? [2, 4] : [2] {
      var (machine, native) = (Target.virtualMachine, Target.native)
      (machine.winograd, native.winograd) = (winograd, winograd)
      let program = try Lowering.program(for: fast, target: machine, name: "g")
      #expect(program.kernels.contains { $0.name == test.kernel + "_0" })
      let got = try Session(try Bytecode.encode(program)).run(inputs)
      for (a, b) in zip(got, want) {
        let bound = Tolerance(absolute: 1e-3, relative: 1e-3)
        #expect(TensorComparison(a, with: b, tolerance: bound)?.isMatch == true)
      }
      machine.tuning.ranks = ["tile": 2, "winograd": 2]
      let next = try Lowering.program(for: fast, target: machine, name: "g")
      let others = try Session(try Bytecode.encode(next)).run(inputs)
      for (a, b) in zip(others, want) {
        let bound = Tolerance(absolute: 1e-3, relative: 1e-3)
        #expect(TensorComparison(a, with: b, tolerance: bound)?.isMatch == true)
      }
      machine.tuning.ranks = [:]
      machine.pieces = 3
      let cut = try Lowering.program(for: fast, target: machine, name: "g")
      let pieces = try Session(try Bytecode.encode(cut)).run(inputs)
      for (a, b) in zip(got, pieces) {
        #expect(TensorComparison(a, with: b, tolerance: .exact)?.isMatch == true)
      }
      guard native.lanes >= 8 else { continue }
      let code = try outcome(
        try Lowering.program(for: fast, target: native, name: "g"), inputs, target: native)
      // Sums along rows are split by the lanes of the target.
      let tolerance =
        ["attention", "softmax"].contains(test.kernel)
        ? Tolerance(absolute: 1e-6, relative: 1e-5) : .exact
      for (a, b) in zip(got, code) {
        let same = TensorComparison(a, with: b, tolerance: tolerance)
        #expect(same?.isMatch == true, "C and bytecode: \(String(describing: same))")
      }
    }
  }

  @Test(arguments: cases.filter { $0.kernel == "block_matmul" })
  func packedCodesAreWhatTheyWere(_ test: Case) throws {
    let packed = try Graph(text: test.text)
    let plain = try Graph(text: test.text.replacing("%const", with: "%w"))
    let weights = packed.nodes.compactMap { packed.constant($0.results[0]) }
    var random = SeededRandom(seed: 3)
    let inputs = packed.inputs.map { TensorData(random: packed.type(of: $0), using: &random) }
    let want = try plain.interpreted([inputs[0]] + weights + [inputs[1]])
    let got = try packed.interpreted(inputs)
    #expect(TensorComparison(got[0], with: want[0], tolerance: .exact)?.isMatch == true)
  }

  /// What the emitted C computes.
  private func outcome(
    _ program: Program, _ inputs: [TensorData], target: Target
  ) throws -> [TensorData] {
    let model = CModel(program, target: target, options: CModel.Options())
    let folder = try TemporaryFolder()
    let library = try CCompiler().buildLibrary(model, target: target, in: folder.path)
    return try NativeModel(library: library, name: "g").run(inputs)
  }
}
