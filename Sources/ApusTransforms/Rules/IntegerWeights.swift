internal import ApusIR

extension TensorData {
  /// The integers with their zeros taken off, as `i8`, or as `i16` where they do not fit; `nil`
  /// for zeros that vary along several axes.
  func centred(_ zero: TensorData?) -> TensorData? {
    guard let extents = type.shape.extents, var numbers = integers else { return nil }
    if let zero, let zeros = zero.integers, let shape = zero.type.shape.extents {
      // The zeros vary along one axis at most: the others have an extent of 1.
      let full = [Int](repeating: 1, count: max(extents.count - shape.count, 0)) + shape
      let axis = full.firstIndex { $0 > 1 } ?? 0
      let inner = extents.dropFirst(axis + 1).reduce(1, *)
      guard full.count == extents.count, zeros.count == 1 || zeros.count == extents[axis] else {
        return nil
      }
      for place in numbers.indices { numbers[place] -= zeros[place / inner % zeros.count] }
    }
    if numbers.allSatisfy({ -128...127 ~= $0 }) {
      return TensorData(.i8, extents, numbers.map { Int8($0) })
    }
    guard numbers.allSatisfy({ -32_768...32_767 ~= $0 }) else { return nil }
    return TensorData(.i16, extents, numbers.map { Int16($0) })
  }

  /// The sum of each column of matrices of integers, as matrices of one row.
  var columnSums: TensorData? {
    guard let extents = type.shape.extents, extents.count >= 2, let numbers = integers else {
      return nil
    }
    let (depth, columns) = (extents[extents.count - 2], extents[extents.count - 1])
    let shape = extents.dropLast(2) + [1, columns]
    var sums = [Int32](repeating: 0, count: shape.reduce(1, *))
    for (place, number) in numbers.enumerated() {
      sums[place / (depth * columns) * columns + place % columns] &+= Int32(number)
    }
    return TensorData(.i32, Array(shape), sums)
  }

  /// The sum of each filter of integers, as one number for each channel.
  var filterSums: TensorData? {
    guard let extents = type.shape.extents, let filters = extents.first, let numbers = integers
    else { return nil }
    let size = extents.dropFirst().reduce(1, *)
    var sums = [Int32](repeating: 0, count: filters)
    for (place, number) in numbers.enumerated() { sums[place / size] &+= Int32(number) }
    return TensorData(.i32, [filters] + extents.dropFirst(2).map { _ in 1 }, sums)
  }

  /// Weights as bytes, filters or a column of ones that sum up what these are multiplied with, and
  /// what was taken off each filter or column; `nil` when a byte cannot hold the rest.
  func centredByColumn(
    _ operation: Operation
  ) -> (bytes: TensorData, ones: TensorData, shifts: TensorData)? {
    guard let extents = type.shape.extents, extents.count >= 2, let numbers = integers else {
      return nil
    }
    let (onesShape, shiftShape): ([Int], [Int])
    let column: (Int) -> Int
    if case .conv(let conv) = operation {
      let size = extents.dropFirst().reduce(1, *)
      onesShape = [conv.groups] + extents.dropFirst()
      shiftShape = [extents[0]] + extents.dropFirst(2).map { _ in 1 }
      column = { $0 / size }
    } else {
      let (depth, columns) = (extents[extents.count - 2], extents[extents.count - 1])
      onesShape = [depth, 1]
      shiftShape = extents.dropLast(2) + [1, columns]
      column = { $0 / (depth * columns) * columns + $0 % columns }
    }
    let count = shiftShape.reduce(1, *)
    var (low, high) = ([Int](repeating: 0, count: count), [Int](repeating: 0, count: count))
    for (place, number) in numbers.enumerated() {
      low[column(place)] = min(low[column(place)], number)
      high[column(place)] = max(high[column(place)], number)
    }
    let shifts = zip(low, high).map { $0 >= -128 && $1 <= 127 ? 0 : $0 + 128 }
    guard zip(high, shifts).allSatisfy({ $0 - $1 <= 127 }) else { return nil }
    let bytes = numbers.indices.map { Int8(numbers[$0] - shifts[column($0)]) }
    let ones = [Int8](repeating: 1, count: onesShape.reduce(1, *))
    return (
      TensorData(.i8, extents, bytes), TensorData(.i8, onesShape, ones),
      TensorData(.i32, shiftShape, shifts.map { Int32($0) })
    )
  }
}
