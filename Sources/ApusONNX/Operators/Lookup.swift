internal import ApusIR

private let x = Scalar.operand(0)
private let y = Scalar.operand(1)
private let z = Scalar.operand(2)

/// Keys of one type in ascending order, each once.
struct SortedKeys {
  /// The keys as a vector.
  let data: TensorData
  /// For each key its place in the list that it comes from.
  let origins: [Int]

  /// The number of keys.
  var count: Int { origins.count }

  /// The keys of a list, of equal ones the first or the last, without NaN.
  ///
  /// Returns `nil` for element types that are no keys of ONNX.
  init?(_ keys: TensorData, lastCounts: Bool) {
    switch keys.type.element {
    case .string:
      let (sorted, origins) = SortedKeys.sorted(keys.strings.map(Bytes.init), lastCounts)
      self.init(TensorData(strings: sorted.map(\.bytes), [sorted.count]), origins)
    case .i64: self.init(keys, Int64.self, lastCounts)
    case .i32: self.init(keys, Int32.self, lastCounts)
    case .i16: self.init(keys, Int16.self, lastCounts)
    case .f64: self.init(keys, Double.self, lastCounts)
    case .f32: self.init(keys, Float.self, lastCounts)
    default: return nil
    }
  }

  /// Numbers that are ascending already.
  init(_ ascending: [Int64]) {
    self.init(TensorData(.i64, [ascending.count], ascending), Array(ascending.indices))
  }

  private init(_ data: TensorData, _ origins: [Int]) {
    self.data = data
    self.origins = origins
  }

  private init<Element: Comparable & BitwiseCopyable>(
    _ keys: TensorData, _: Element.Type, _ lastCounts: Bool
  ) {
    let (sorted, origins) = SortedKeys.sorted(keys.elements(as: Element.self), lastCounts)
    self.init(TensorData(keys.type.element, [sorted.count], sorted), origins)
  }

  private static func sorted<Element: Comparable>(
    _ keys: [Element], _ lastCounts: Bool
  ) -> ([Element], [Int]) {
    let order = keys.indices.filter { keys[$0] == keys[$0] }
      .sorted { (keys[$0], $0) < (keys[$1], $1) }
    let kept = order.indices.filter { place in
      let other = lastCounts ? place + 1 : place - 1
      return !order.indices.contains(other) || keys[order[other]] != keys[order[place]]
    }
    return (kept.map { keys[order[$0]] }, kept.map { order[$0] })
  }

  /// A string in the order of its bytes.
  private struct Bytes: Comparable {
    var bytes: [UInt8]
    static func < (a: Bytes, b: Bytes) -> Bool { a.bytes.lexicographicallyPrecedes(b.bytes) }
  }
}

extension NodeImporter {
  /// Looks for each element among sorted keys, by halves.
  ///
  /// - Returns: Where it would be, and whether it is there.
  mutating func find(
    _ value: ValueID, in keys: SortedKeys
  ) throws(ImportFailure) -> (place: ValueID, isFound: ValueID) {
    let shape = type(of: value).shape
    guard keys.count > 0 else {
      let never = try broadcast(constant(0, .bool), to: shape)
      return (try broadcast(constant(0, .i64), to: shape), never)
    }
    let table = constant(keys.data)
    var place = try broadcast(constant(0, .i64), to: shape)
    var step = 1
    while step * 2 < keys.count { step *= 2 }
    while step >= 1, keys.count > 1 {
      let middle = Scalar.literal(.integer(step), .i64)
      let end = Scalar.literal(.integer(keys.count), .i64)
      let next = try map([place], x + middle)
      let key = try add(.gather(Gather(axis: 0)), [table, next])
      let goesOn = Scalar.binary(
        .and, .compare(.less, x, end), .compare(.lessOrEqual, y, z))
      let advanced = try map([next, key, value], .convert(goesOn, .i64))
      place = try map([place, advanced], x + y * middle)
      step /= 2
    }
    let key = try add(.gather(Gather(axis: 0)), [table, place])
    return (place, try map([key, value], .compare(.equal, x, y)))
  }
}
