#if canImport(Glibc)
  internal import Glibc
#endif

extension Target {
  /// The machine that this process runs on.
  public static let native: Target = {
    var target = hostBaseline
    target.name = "native"
    target.summary = "this machine (\(target.summary))"
    target.compilerFlags = ["-march=native", "-mprefer-vector-width=512"]
    #if !arch(x86_64)
      target.compilerFlags = ["-mcpu=native"]
    #endif
    return target
  }()

  private static var hostBaseline: Target {
    #if arch(x86_64)
      let flags = processorFlags
      if ["avx512f", "avx512bw", "avx512dq", "avx512vl"].allSatisfy(flags.contains) {
        return .x86v4
      }
      return flags.contains("avx2") && flags.contains("fma") ? .x86v3 : .x86v2
    #elseif arch(arm64)
      return .armv8
    #else
      return .c99
    #endif
  }

  /// The name of the processor that this process runs on, as far as it is told.
  public static var processorName: String {
    (processorLine("model name") ?? processorLine("CPU part")).map(String.init) ?? "unknown"
  }

  private static var processorFlags: Set<Substring> {
    Set((processorLine("flags") ?? "").split { " \t\n".contains($0) })
  }

  /// The first line with this key that the kernel tells about the processor, after the colon.
  private static func processorLine(_ key: String) -> Substring? {
    #if canImport(Glibc)
      guard let file = fopen("/proc/cpuinfo", "r") else { return nil }
      defer { fclose(file) }
      var line = [CChar](repeating: 0, count: 8192)
      while fgets(&line, Int32(line.count), file) != nil {
        let text = String(
          decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        if text.hasPrefix(key), let colon = text.firstIndex(of: ":") {
          let value = text[text.index(after: colon)...]
          return value.drop { $0 == " " }.prefix { $0 != "\n" }
        }
      }
    #endif
    return nil
  }
}
