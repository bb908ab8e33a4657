/// The part of the machine layer that a model needs, as C text.
enum MachineLayer {
  fileprivate struct Paragraph {
    var kind: Substring
    var name: Substring
    /// The error that the functions which use it may have, in units in the last place.
    var error: Int
    var text: String
  }

  private static let paragraphs: [Paragraph] = {
    let template = String(decoding: PackageResources.machine_layer_h_in, as: UTF8.self)
    var result: [Paragraph] = []
    for line in template.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("//@ ") {
        let words = line.dropFirst(4).split(separator: " ")
        let name = words.count > 1 ? words[1] : ""
        let error = words.count > 2 ? Int(words[2]) ?? 0 : 2
        result.append(Paragraph(kind: words.first ?? "", name: name, error: error, text: ""))
      } else if !result.isEmpty {
        result[result.count - 1].text += line + "\n"
      }
    }
    return result
  }()

  /// The paragraphs whose error is allowed, of several for one name that of the largest.
  private static func paragraphs(error: Int) -> [Paragraph] {
    var result: [Paragraph] = []
    for paragraph in paragraphs where paragraph.error <= error {
      if let last = result.last, !paragraph.name.isEmpty, last.name == paragraph.name,
        last.kind == paragraph.kind
      {
        result.removeLast()
      }
      result.append(paragraph)
    }
    return result
  }

  /// The paragraphs that define what `source` and they refer to, for 1 and `lanes` lanes, with
  /// functions that are off by at most `error` units in the last place.
  static func text(lanes: Int, for source: String, error: Int) -> String {
    let paragraphs = paragraphs(error: error)
    var candidates: [(name: String, text: String)] = []
    for count in lanes > 1 ? [1, lanes] : [1] {
      for paragraph in paragraphs where paragraph.applies(lanes: count, vectors: lanes > 1) {
        candidates.append(
          (
            paragraph.name.instantiated(lanes: count),
            String(paragraph.text).instantiated(lanes: count)
          ))
      }
    }
    var needed = [Bool](repeating: false, count: candidates.count)
    var pending = [source]
    while let text = pending.popLast() {
      let words = text.identifiers
      for (place, candidate) in candidates.enumerated()
      where !needed[place] && (candidate.name.isEmpty || words.contains(candidate.name)) {
        needed[place] = true
        pending.append(candidate.text)
      }
    }
    return ordered(zip(candidates, needed).filter(\.1).map(\.0)).joined()
  }

  /// The definitions, each after those that it refers to.
  private static func ordered(_ definitions: [(name: String, text: String)]) -> [String] {
    var result: [String] = []
    var done: Set<String> = []
    func visit(_ definition: (name: String, text: String)) {
      guard done.insert(definition.name).inserted || definition.name.isEmpty else { return }
      let words = definition.text.identifiers
      for other in definitions
      where !other.name.isEmpty && other.name != definition.name && words.contains(other.name) {
        visit(other)
      }
      result.append(definition.text)
    }
    for definition in definitions { visit(definition) }
    return result
  }
}

extension MachineLayer.Paragraph {
  fileprivate func applies(lanes: Int, vectors: Bool) -> Bool {
    switch kind {
    case "always", "once": lanes == 1
    case "scalar": lanes == 1
    case "vector": lanes > 1
    default: true
    }
  }
}

extension StringProtocol {
  /// The text with the lanes in place of `N`.
  fileprivate func instantiated(lanes: Int) -> String {
    var result = ""
    var word = ""
    func flush() {
      if word == "N" {
        result += String(lanes)
      } else if word.hasSuffix("_N") {
        result += word.dropLast() + String(lanes)
      } else {
        result += word
      }
      word = ""
    }
    for character in self {
      if character.isLetter || character.isNumber || character == "_" {
        word.append(character)
      } else {
        flush()
        result.append(character)
      }
    }
    flush()
    return result
  }

  /// The C identifiers in the text.
  fileprivate var identifiers: Set<String> {
    var result: Set<String> = []
    var word: [UInt8] = []
    for byte in utf8 {
      let isWord =
        (byte >= 97 && byte <= 122) || (byte >= 65 && byte <= 90) || (byte >= 48 && byte <= 57)
        || byte == 95
      if isWord {
        word.append(byte)
      } else if !word.isEmpty {
        if word.starts(with: "apus_".utf8) { result.insert(String(decoding: word, as: UTF8.self)) }
        word.removeAll(keepingCapacity: true)
      }
    }
    if word.starts(with: "apus_".utf8) { result.insert(String(decoding: word, as: UTF8.self)) }
    return result
  }
}
