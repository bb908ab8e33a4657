internal import ApusDiff
internal import ApusIR
internal import ApusRuntime
internal import Foundation

extension Policy {
  /// The fields of a policy file.
  private struct Fields: Decodable {
    var schema: Int
    var failOn: [String]?
    var ignore: [String]?

    enum CodingKeys: String, CodingKey, CaseIterable {
      case schema
      case failOn = "fail-on"
      case ignore
    }
  }

  /// Reads a policy; without a path `.apus-diff.json` where it exists.
  static func load(_ path: String?) throws(DiagnosticError) -> Policy {
    let standard = ".apus-diff.json"
    if path == nil, !FileManager.default.fileExists(atPath: standard) { return Policy() }
    let file = path ?? standard
    let data = Data(try FileBytes(reading: file).array)
    let keys = (try? JSONSerialization.jsonObject(with: data)) as? [String: Any]
    let known = Fields.CodingKeys.allCases.map(\.rawValue)
    guard let keys, keys.keys.allSatisfy(known.contains),
      let fields = try? JSONDecoder().decode(Fields.self, from: data), fields.schema == 1
    else { throw invalid("the file needs \"schema\": 1, and may have fail-on and ignore", file) }
    var policy = Policy()
    if let words = fields.failOn {
      policy.failOn = []
      for word in words {
        guard let rule = Rule(word) else { throw invalid("there is no rule \(word)", file) }
        policy.failOn.append(rule)
      }
    }
    policy.ignored = fields.ignore ?? []
    return policy
  }

  /// Takes rules between commas in place of those of the policy.
  mutating func replaceRules(_ texts: [String]) throws(DiagnosticError) {
    failOn = []
    for word in texts.flatMap({ $0.split(separator: ",").map(String.init) }) where word != "none" {
      guard let rule = Rule(word) else {
        throw .usage("--fail-on takes a class, weights>NUMBER or NAME+NUMBER%, not \(word)")
      }
      failOn.append(rule)
    }
  }

  private static func invalid(_ message: String, _ file: String) -> DiagnosticError {
    DiagnosticError(Diagnostic(.invalidInput, id: "diff-policy", message, file: file))
  }
}
