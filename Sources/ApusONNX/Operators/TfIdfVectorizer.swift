internal import ApusIR

private let x = Scalar.operand(0)
private let y = Scalar.operand(1)

extension OperatorRule {
  /// Counts of n-grams (ai.onnx 9).
  static let vectorizers: [OperatorRule] = [
    OperatorRule("TfIdfVectorizer") { node throws(ImportFailure) in
      try node.requireOperands(1...1)
      let value = try node.operand(0)
      let pool = try node.gramPool()
      let skips = try node.integer("max_skip_count", default: 0)
      let rank = node.type(of: value).rank
      guard rank <= 2, skips >= 0 else {
        throw .invalid("tfidf-shape", "TfIdfVectorizer of \(node.type(of: value))")
      }
      let inner = node.type(of: value).shape.dimensions
      let rows = try node.reshape(
        value, to: Shape([Dimension](repeating: 1, count: 2 - rank) + inner))
      let counts = try node.counts(of: pool, in: rows, skips: skips)
      let result = try node.weighted(counts, pool)
      let width = Dimension(pool.width)
      return [try node.reshape(result, to: Shape(rank == 2 ? [inner[0], width] : [width]))]
    }
  ]
}

/// The n-grams of a vectorizer as a tree: each level leads from a node and an item to a node.
private struct GramPool {
  /// Items, each once.
  var items: SortedKeys
  /// For each level above the first the keys `node * items + item`, ascending.
  var levels: [[Int64]] = []
  /// For each level and node where it is counted; `width` for beginnings only.
  var targets: [[Int64]] = []
  /// The shortest n-grams that count.
  var least: Int
  /// The number of counters.
  var width: Int
  /// For each n-gram its counter.
  var indexes: [Int]
}

extension GramPool {
  /// An n-gram on its way down the tree.
  private struct Gram {
    var items: ArraySlice<Int64>
    var node: Int64
    var counter: Int
  }

  /// Builds the tree of n-grams whose items stand one after the other in ranges, one per length.
  mutating func add(
    _ list: [Int64], _ ranges: [Range<Int>], longest: Int
  ) throws(ImportFailure) {
    var grams: [Gram] = []
    var number = 0
    for (place, range) in ranges.enumerated() {
      for start in stride(from: range.lowerBound, to: range.upperBound, by: place + 1)
      where start + place < range.upperBound {
        guard number < indexes.count else {
          throw .invalid("tfidf-pool", "ngram_indexes has too few elements")
        }
        if (least...longest).contains(place + 1) {
          let items = list[start...start + place]
          grams.append(Gram(items: items, node: items.first ?? 0, counter: indexes[number]))
        }
        number += 1
      }
    }
    targets = [try counters(of: grams, length: 1, nodes: items.count)]
    for length in 2..<longest + 1 {
      grams.removeAll { $0.items.count < length }
      func key(_ gram: Gram) -> Int64 {
        gram.node * Int64(items.count) + gram.items[gram.items.startIndex + length - 1]
      }
      let keys = Set(grams.map(key)).sorted()
      let nodes = Dictionary(uniqueKeysWithValues: zip(keys, keys.indices))
      for place in grams.indices { grams[place].node = Int64(nodes[key(grams[place])] ?? 0) }
      levels.append(keys)
      targets.append(try counters(of: grams, length: length, nodes: keys.count))
    }
  }

  /// For each node the counter of the n-gram that ends there.
  private func counters(
    of grams: [Gram], length: Int, nodes: Int
  ) throws(ImportFailure) -> [Int64] {
    var result = [Int64](repeating: Int64(width), count: nodes)
    for gram in grams where gram.items.count == length {
      guard result[Int(gram.node)] == width else {
        throw .invalid("tfidf-pool", "an n-gram stands twice in the pool")
      }
      result[Int(gram.node)] = Int64(gram.counter)
    }
    return result
  }
}

extension NodeImporter {
  /// How often n-grams stand in each row: `f32[rows, width]`.
  fileprivate mutating func counts(
    of pool: GramPool, in rows: ValueID, skips: Int
  ) throws(ImportFailure) -> ValueID {
    let count = type(of: rows).shape[1]
    let distances = min(skips, max((count.constant ?? .max) - 2, 0)) + 1
    guard distances <= 256, distances * pool.targets.count <= 1024 else {
      throw .unsupported("tfidf-size", "TfIdfVectorizer that skips \(skips) items")
    }
    let items = try converted(
      rows, to: pool.items.data.type.element == .string ? .string : .i64)
    let numbers = try number(of: items, in: pool.items)
    let reach = Dimension((pool.targets.count - 1) * distances)
    let padded = try add(
      .pad(Pad(before: [0, 0], after: [0, reach], mode: .constant)), [numbers, constant(-1, .i64)])
    var found: [ValueID] = []
    if pool.least == 1 { found.append(try counter(of: numbers, pool, level: 0)) }
    for distance in 1...distances {
      var nodes = numbers
      for level in 1..<pool.targets.count where !pool.levels[level - 1].isEmpty {
        var cut = Slice(whole: type(of: padded).shape)
        (cut.starts[1], cut.shape[1]) = (Dimension(level * distance), count)
        let next = try add(.slice(cut), [padded])
        let size = Scalar.literal(.integer(pool.items.count), .i64)
        let key = try map([nodes, next], .select(.min(x, y) < 0, -1, x * size + y))
        nodes = try number(of: key, in: SortedKeys(pool.levels[level - 1]))
        if level + 1 >= pool.least {
          found.append(try counter(of: nodes, pool, level: level))
        }
      }
    }
    return try tally(found, rows: type(of: rows).shape[0], width: pool.width)
  }

  /// The place of each element among keys, -1 where there is none.
  private mutating func number(
    of value: ValueID, in keys: SortedKeys
  ) throws(ImportFailure) -> ValueID {
    let (place, isFound) = try find(value, in: keys)
    return try map([isFound, place], .select(x, y, -1))
  }

  /// The counter of each node; that behind the last one for none.
  private mutating func counter(
    of nodes: ValueID, _ pool: GramPool, level: Int
  ) throws(ImportFailure) -> ValueID {
    let targets = pool.targets[level] + [Int64(pool.width)]
    let table = constant(TensorData(.i64, [targets.count], targets))
    // Index -1 is the last one.
    return try add(.gather(Gather(axis: 0)), [table, nodes])
  }

  /// How often each counter below `width` is named in each row.
  private mutating func tally(
    _ found: [ValueID], rows: Dimension, width: Int
  ) throws(ImportFailure) -> ValueID {
    let none = try broadcast(
      constant(0, .f32), to: Shape([rows, Dimension(width + 1)]))
    guard !found.isEmpty else { return try slice(none, axis: 1, start: 0, count: width) }
    let all = found.count == 1 ? found[0] : try add(.concat(Concat(axis: 1)), found)
    let ones = try broadcast(constant(1, .f32), to: type(of: all).shape)
    let sums = try add(.scatter(Scatter(.sum, axes: [0, -1])), [none, ones, all])
    return try slice(sums, axis: 1, start: 0, count: width)
  }

  /// What the mode makes of counts.
  fileprivate mutating func weighted(
    _ counts: ValueID, _ pool: GramPool
  ) throws(ImportFailure) -> ValueID {
    let mode = try text("mode", default: "")
    let weights = try weights(pool)
    switch mode {
    case "TF": return counts
    case "IDF": return try map([counts, weights], .select(x > 0, y, 0))
    case "TFIDF": return try map([counts, weights], x * y)
    default: throw .invalid("tfidf-mode", "mode \"\(mode)\" does not exist")
    }
  }

  /// The weight of each counter: that of its n-gram.
  private mutating func weights(_ pool: GramPool) throws(ImportFailure) -> ValueID {
    var result = [Float](repeating: 1, count: pool.width)
    if case .floats(let given)? = attribute("weights") {
      guard given.count == pool.indexes.count else {
        throw .invalid("tfidf-weights", "one weight per n-gram expected")
      }
      var known: Set<Int> = []
      for (counter, weight) in zip(pool.indexes, given) {
        guard known.insert(counter).inserted || result[counter] == weight else {
          throw .unsupported("tfidf-weights", "two weights for counter \(counter)")
        }
        result[counter] = weight
      }
    }
    return constant(TensorData(.f32, [result.count], result))
  }

  /// The n-grams as the attributes hold them.
  fileprivate mutating func gramPool() throws(ImportFailure) -> GramPool {
    let value = type(of: try operand(0)).element
    let list: TensorData
    if let numbers = try integers("pool_int64s"), value == .i64 || value == .i32 {
      list = TensorData(.i64, [numbers.count], numbers.map { Int64($0) })
    } else if let words = try strings("pool_strings"), value == .string {
      list = TensorData(strings: words, [words.count])
    } else {
      throw .invalid("tfidf-pool", "TfIdfVectorizer of \(value) without a pool of that type")
    }
    let starts = try integers("ngram_counts") ?? []
    let indexes = try integers("ngram_indexes") ?? []
    let least = try integer("min_gram_length", default: 1)
    let most = try integer("max_gram_length", default: 1)
    guard let keys = SortedKeys(list, lastCounts: false), least >= 1, most >= least,
      most <= starts.count, zip(starts, starts.dropFirst() + [list.count]).allSatisfy({ $0 <= $1 }),
      starts.allSatisfy({ (0...list.count).contains($0) }),
      indexes.allSatisfy({ (0..<1 << 24).contains($0) })
    else { throw .invalid("tfidf-pool", "the n-grams of TfIdfVectorizer do not fit together") }
    let ends = starts.dropFirst() + [list.count]
    let width = (indexes.max() ?? -1) + 1
    var pool = GramPool(items: keys, least: least, width: width, indexes: indexes)
    try pool.add(numbers(of: list, keys), zip(starts, ends).map { $0..<$1 }, longest: most)
    return pool
  }

  /// The number of each element among sorted keys.
  private func numbers(of list: TensorData, _ keys: SortedKeys) -> [Int64] {
    var result = [Int64](repeating: 0, count: list.count)
    if list.type.element == .string {
      let known = Dictionary(
        uniqueKeysWithValues: zip(keys.data.strings, keys.origins.indices))
      for (place, text) in list.strings.enumerated() { result[place] = Int64(known[text] ?? 0) }
    } else {
      let sorted = keys.data.elements(as: Int64.self)
      let known = Dictionary(uniqueKeysWithValues: zip(sorted, sorted.indices))
      for (place, number) in list.elements(as: Int64.self).enumerated() {
        result[place] = Int64(known[number] ?? 0)
      }
    }
    return result
  }
}
