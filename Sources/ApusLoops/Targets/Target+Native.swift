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

  /// The words of the first `flags` line that the kernel tells about the processor.
  private static var processorFlags: Set<Substring> {
    #if canImport(Glibc)
      guard let file = fopen("/proc/cpuinfo", "r") else { return [] }
      defer { fclose(file) }
      var line = [CChar](repeating: 0, count: 8192)
      while fgets(&line, Int32(line.count), file) != nil {
        let text = String(
          decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        if text.hasPrefix("flags") { return Set(text.split { " \t\n".contains($0) }) }
      }
    #endif
    return []
  }
}
