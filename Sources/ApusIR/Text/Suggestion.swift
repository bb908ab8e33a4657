/// `did you mean 'softmax'?` for the nearest of some names, if one is near.
func suggestion(for name: String, among known: [String]) -> String? {
  guard name.utf8.count <= 64 else { return nil }
  let distances = known.map { (name: $0, distance: editDistance(name, $0)) }
  guard let best = distances.min(by: { $0.distance < $1.distance }),
    best.distance <= max(1, best.name.utf8.count / 3)
  else { return nil }
  return "did you mean '\(best.name)'?"
}

/// How many letters must be added, removed or changed (Levenshtein).
///
/// - Complexity: the product of the lengths.
private func editDistance(_ a: String, _ b: String) -> Int {
  var row = Array(0...b.utf8.count)
  for (i, x) in a.utf8.enumerated() {
    var diagonal = row[0]
    row[0] = i + 1
    for (j, y) in b.utf8.enumerated() {
      let change = diagonal + (x == y ? 0 : 1)
      diagonal = row[j + 1]
      row[j + 1] = min(change, row[j] + 1, diagonal + 1)
    }
  }
  return row[b.utf8.count]
}
