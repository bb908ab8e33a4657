internal import ApusIR

/// Spreads the error of each rounded row of a matrix over the rows that follow (GPTQ, Frantar and
/// others 2022), so that the product with what calibration saw changes least.
struct ErrorSolver {
  /// The upper triangle `U` with `Uᵀ U = H⁻¹`, row by row.
  private let factor: [Float]
  private let count: Int

  /// A solver for inputs whose products with each other, summed up over all rows, are `products`;
  /// `nil` when nothing can be made of them.
  ///
  /// The diagonal grows by a hundredth of its mean, as in the paper.
  init?(_ products: [Double], count: Int) {
    guard products.count == count * count, count > 0 else { return nil }
    var matrix = products
    let mean = (0..<count).reduce(0) { $0 + products[$1 * count + $1] } / Double(count)
    guard mean.isNormal, mean > 0 else { return nil }
    for place in 0..<count { matrix[place * count + place] += 0.01 * mean }
    guard Self.factorize(&matrix, count), var inverse = Self.inverse(ofFactor: matrix, count),
      Self.factorize(&inverse, count)
    else { return nil }
    var factor = [Float](repeating: 0, count: count * count)
    for row in 0..<count {
      for column in row..<count {
        factor[row * count + column] = Float(inverse[column * count + row])
      }
    }
    (self.factor, self.count) = (factor, count)
  }

  /// The lower factor `L` with `L Lᵀ` = a matrix, in its place; `false` when there is none.
  private static func factorize(_ matrix: inout [Double], _ count: Int) -> Bool {
    matrix.withUnsafeMutableBufferPointer { a in
      for row in 0..<count {
        for column in 0...row {
          var sum = a[row * count + column]
          for place in 0..<column { sum -= a[row * count + place] * a[column * count + place] }
          if row > column {
            a[row * count + column] = sum / a[column * count + column]
          } else {
            guard sum > 0, sum.isFinite else { return false }
            a[row * count + row] = sum.squareRoot()
          }
        }
        for column in row + 1..<max(count, row + 1) { a[row * count + column] = 0 }
      }
      return true
    }
  }

  /// `L⁻ᵀ L⁻¹` of a lower factor.
  private static func inverse(ofFactor lower: [Double], _ count: Int) -> [Double]? {
    // Rows of L⁻¹, from the top.
    var inverse = [Double](repeating: 0, count: count * count)
    for row in 0..<count {
      let diagonal = lower[row * count + row]
      for place in 0..<row {
        let weight = lower[row * count + place]
        if weight == 0 { continue }
        for column in 0...place {
          inverse[row * count + column] -= weight * inverse[place * count + column]
        }
      }
      for column in 0..<row { inverse[row * count + column] /= diagonal }
      inverse[row * count + row] = 1 / diagonal
    }
    var result = [Double](repeating: 0, count: count * count)
    for place in 0..<count {
      for row in 0...place {
        let weight = inverse[place * count + row]
        if weight == 0 { continue }
        for column in 0...place {
          result[row * count + column] += weight * inverse[place * count + column]
        }
      }
    }
    return result.allSatisfy(\.isFinite) ? result : nil
  }

  /// Rounds a matrix row by row and corrects the rows that follow.
  func solve(
    _ numbers: inout [Float], _ groups: WeightGroups,
    begin: (_ row: Int, _ numbers: [Float]) -> Void,
    round: (_ place: Int, _ value: Float) -> Float
  ) {
    let columns = groups.columns
    guard groups.rows == count else { return }
    var errors = [Float](repeating: 0, count: columns)
    for row in 0..<count {
      begin(row, numbers)
      let diagonal = factor[row * count + row]
      for column in 0..<columns {
        let place = row * columns + column
        errors[column] = (numbers[place] - round(place, numbers[place])) / diagonal
      }
      numbers.withUnsafeMutableBufferPointer { numbers in
        errors.withUnsafeBufferPointer { errors in
          for other in row + 1..<max(count, row + 1) {
            let weight = factor[row * count + other]
            for column in 0..<columns {
              numbers[other * columns + column] -= weight * errors[column]
            }
          }
        }
      }
    }
  }
}
