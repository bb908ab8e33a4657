internal import ApusIR
internal import ApusLoops
internal import ApusTransforms

/// The options that every command that compiles shares.
enum CompileOptions {
  static let all: [Arguments.Option] = [
    Arguments.Option(name: "-O", value: "0…3", help: "how much is optimised (2)"),
    Arguments.Option(name: "--target", value: "NAME", help: "the machine (native); see apus targets"),
    Arguments.Option(
      name: "--dim", value: "N=8", help: "the size of a symbolic dimension", isRepeatable: true),
    Arguments.Option(name: "--pass-pipeline", value: "P1,P2", help: "passes in place of -O's"),
    Arguments.Option(name: "--rewrite-limit", value: "N", help: "stop rewriting after N changes"),
  ]

  static func compilation(_ arguments: Arguments) throws(DiagnosticError) -> Compilation.Options {
    var options = Compilation.Options()
    options.level =
      OptimizationLevel(rawValue: try arguments.integer("-O", in: 0...3, default: 2)) ?? .full
    options.rewriteLimit = try arguments.integer(
      "--rewrite-limit", in: 0...Int.max, default: .max)
    if let text = arguments["--pass-pipeline"] {
      switch PassManager.parse(text) {
      case .success(let manager): options.passes = manager.passes
      case .failure(let unknown): throw .usage("there is no pass \(unknown.name)")
      }
    }
    for text in arguments.all("--dim") {
      let parts = text.split(separator: "=", omittingEmptySubsequences: false)
      guard parts.count == 2, let size = Int(parts[1]), (0..<1 << 31).contains(size) else {
        throw .usage("--dim needs NAME=SIZE, not \(text)")
      }
      options.dimensions[String(parts[0])] = size
    }
    return options
  }

  static func target(_ arguments: Arguments) throws(DiagnosticError) -> Target {
    let name = arguments["--target"] ?? "native"
    guard let target = Target(named: name) else {
      let all = Target.all.map(\.name).joined(separator: ", ")
      throw .usage("there is no target \(name); there are \(all)")
    }
    return target
  }
}
