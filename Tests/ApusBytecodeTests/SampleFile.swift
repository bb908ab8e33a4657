import ApusIR
import ApusLoops

@testable import ApusBytecode

/// The bytes of a small good file, with ways to damage one field at a time.
struct SampleFile {
  /// Numbers of sections.
  enum Section: Int { case ports = 1, buffers, kernels, code, constants, strings }

  var bytes: [UInt8]

  init(_ program: Program) throws { bytes = try Bytecode.encode(program) }

  /// The byte at which a section begins.
  func start(_ section: Section) -> Int { Int(self[word: 64 + 32 * (section.rawValue - 1) + 8]) }

  /// The number of 32 bits at a byte.
  subscript(word place: Int) -> UInt32 {
    get { bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: place, as: UInt32.self) } }
    set {
      withUnsafeBytes(of: newValue.littleEndian) {
        bytes.replaceSubrange(place..<place + 4, with: $0)
      }
    }
  }

  /// The number of 64 bits at a byte.
  subscript(wide place: Int) -> UInt64 {
    get { bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: place, as: UInt64.self) } }
    set {
      withUnsafeBytes(of: newValue.littleEndian) {
        bytes.replaceSubrange(place..<place + 8, with: $0)
      }
    }
  }

  /// A word of the code.
  subscript(code place: Int) -> UInt32 {
    get { self[word: start(.code) + 4 * place] }
    set { self[word: start(.code) + 4 * place] = newValue }
  }

  /// The words at which instructions with this opcode begin.
  func places(of opcode: UInt32) -> [Int] {
    let count = Int(self[wide: 64 + 32 * 3 + 16]) / 4
    var places: [Int] = []
    var place = 0
    while place < count {
      if self[code: place] & 0xff == opcode { places.append(place) }
      place += Int(self[code: place + 1] >> 16)
    }
    return places
  }

  /// Writes the length and checksum that the bytes have.
  mutating func seal() {
    self[wide: 16] = UInt64(bytes.count)
    self[wide: 24] = Bytecode.checksum(bytes)
  }
}

extension SampleFile {
  /// One file with every instruction: copies through the arena, a padded gather, a tile, a
  /// window, a reduction.
  static func varied() throws -> SampleFile {
    let (x, indices, y, z, weights, t) = (
      BufferID(0), BufferID(1), BufferID(2), BufferID(3), BufferID(4), BufferID(5)
    )
    let (l, m) = (IndexVariable(3), IndexVariable(4))
    let load = Expression.load(Access(x, Index(i) * 16))
    let chosen = Expression.select(
      .compare(.less, load, .literal(.float(0.5), .f32)), .unary(.exp, load),
      .fused(load, .binary(.max, load, load), .convert(.convert(load, .i32), .f32)))
    let row = Register(0, .f32, lanes: 64)
    let tile = TileMultiply(
      a: TileRows(Access(t, Index(0)), offsets: [0, 16]), b: Access(weights, Index(0)), columns: 4,
      storedColumns: 3, reduction: [.init(extent: 2, aStride: 1, bStride: 4)], start: .zero,
      output: TileRows(Access(y, Index(0)), offsets: [0, 3]))
    let window = WindowMultiply(
      input: TileRows(Access(t, Index(0)), offsets: [0, 4]), taps: [0, 8],
      weights: Access(weights, Index(0)), weightStride: 4, channels: 4, start: .zero,
      output: TileRows(Access(y, Index(6)), offsets: [0, 4]))
    let (bytes, sums) = (BufferID(6), BufferID(7))
    let dot = TileMultiply(
      .bytes, a: TileRows(Access(bytes, Index(0)), offsets: [0, 4]),
      b: Access(BufferID(8), Index(0)),
      columns: 2, storedColumns: 2, reduction: [.init(extent: 2, aStride: 4, bStride: 8)],
      start: .zero, output: TileRows(Access(sums, Index(0)), offsets: [0, 2]))
    var program = program(
      inputs: [TensorType(.f32, [64]), TensorType(.i64, [4])],
      outputs: [TensorType(.f32, [14]), TensorType(.f32, [5])],
      others: [
        Buffer(
          name: "w", element: .f32, count: 8,
          storage: .constant(ConstantData(f32([8]) { Float($0) }))),
        Buffer(name: "t", element: .f32, count: 64, storage: .arena(offset: 0)),
        Buffer(
          name: "bytes", element: .u8, count: 12,
          storage: .constant(ConstantData(TensorData(.u8, [12], [UInt8](1...12))))),
        Buffer(name: "sums", element: .i32, count: 4, storage: .arena(offset: 256)),
        Buffer(
          name: "filters", element: .i8, count: 16,
          storage: .constant(ConstantData(TensorData(.i8, [16], [Int8](-8..<8))))),
      ], arena: 320,
      [.loop(.serial, i, extent: 4, [.store(Access(t, Index(i) * 16), chosen, lanes: 16)])])
    program.append(
      Kernel(
        name: "products", origins: [],
        body: [
          .tile(tile), .tile(dot), .window(window), .set(row, .load(Access(t, Index(0)))),
          .store(Access(z, Index(4)), .across(.add, row), lanes: 1),
          .loop(
            .serial, i, extent: 4,
            [
              .store(Access(z, Index(i)), .convert(.index(Index(i)), .f32), lanes: 1),
              .bind(j, .load(Access(indices, Index(i)), extent: 9)),
              .bind(k, .quotient(Index(j) + 1, 2)),
              .bind(l, .remainder(Index(j), 5)), .bind(m, .affine(Index(l) + 1)),
              .within(
                k, lower: 1, upper: 3,
                [.store(Access(z, Index(k)), .load(Access(x, Index(m))), lanes: 1)]),
            ]),
        ]))
    return try SampleFile(program)
  }
}
