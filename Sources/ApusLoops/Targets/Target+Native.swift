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
    for line in systemLines("/proc/cpuinfo") where line.hasPrefix(key) {
      if let colon = line.firstIndex(of: ":") {
        return line[line.index(after: colon)...].drop { $0 == " " }
      }
    }
    return nil
  }
}

extension Machine {
  /// The bytes of the first core's three caches, as far as the kernel tells.
  public static let nativeCaches: [Int]? = {
    var sizes: [Int: Int] = [:]
    for index in 0..<8 {
      let folder = "/sys/devices/system/cpu/cpu0/cache/index\(index)/"
      guard systemLines(folder + "type").first.map({ $0 != "Instruction" }) == true,
        let level = systemLines(folder + "level").first.flatMap({ Int($0) }),
        let size = systemLines(folder + "size").first, size.hasSuffix("K"),
        let kilobytes = Int(size.dropLast())
      else { continue }
      sizes[level] = kilobytes << 10
    }
    let known = (1...3).compactMap { sizes[$0] }
    return known.count == 3 ? known : nil
  }()
}

/// The lines of a file that the kernel makes up, cut where they are very long.
private func systemLines(_ path: String) -> [String] {
  var lines: [String] = []
  #if canImport(Glibc)
    guard let file = fopen(path, "r") else { return [] }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 8192)
    while fgets(&line, Int32(line.count), file) != nil {
      let bytes = line.prefix { $0 != 0 && $0 != 10 }.map { UInt8(bitPattern: $0) }
      lines.append(String(decoding: bytes, as: UTF8.self))
    }
  #endif
  return lines
}
