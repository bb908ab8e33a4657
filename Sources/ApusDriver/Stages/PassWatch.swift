internal import ApusIR
internal import ApusTransforms
internal import Synchronization

/// Shows what passes do as the user wishes: graphs and times.
final class PassWatch: Sendable {
  /// What is asked for.
  struct Wishes: Sendable {
    /// The passes after which the graph is printed; `all` stands for every pass.
    var printAfter: Set<String> = []
    /// Whether the graph is printed after passes that changed it.
    var printsChanged = false
    /// Whether the graph is checked after each pass.
    var verifiesEach = false
    /// Whether times are reported.
    var takesTimes = false
  }

  private let wishes: Wishes
  private let print: @Sendable (String) -> Void
  private let records = Mutex<[PassRecord]>([])

  /// A watch that prints through `print`.
  init(_ wishes: Wishes, print: @escaping @Sendable (String) -> Void) {
    self.wishes = wishes
    self.print = print
  }

  /// What the pass manager calls.
  var instrumentation: PassManager.Instrumentation {
    var result = PassManager.Instrumentation()
    result.observe = { [self] in observe($0, $1, $2) }
    result.record = { [self] record in records.withLock { $0.append(record) } }
    result.verifyEach = wishes.verifiesEach
    return result
  }

  private func observe(_ pass: String, _ before: Graph, _ after: Graph) {
    let isAsked = wishes.printAfter.contains(pass) || wishes.printAfter.contains("all")
    if isAsked || wishes.printsChanged && before != after {
      print("// after \(pass)\n" + after.text)
    }
  }

  /// Reports times.
  func finish() {
    guard wishes.takesTimes else { return }
    let times = records.withLock { $0.map { ($0.pass, $0.duration.inSeconds) } }
    for (pass, seconds) in times { print("\(milliseconds(seconds)) ms  \(pass)") }
    print("\(milliseconds(times.reduce(0) { $0 + $1.1 })) ms  all passes")
  }

  private func milliseconds(_ seconds: Double) -> String {
    let text = decimal(seconds * 1e3, places: 2)
    return String(repeating: " ", count: max(0, 10 - text.count)) + text
  }
}

extension Duration {
  /// The seconds as a number.
  var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
