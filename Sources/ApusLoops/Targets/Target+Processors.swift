extension Target {
  /// x86-64 with AVX-512.
  public static let x86v4 = Target(
    name: "x86-64-v4", summary: "x86-64 with AVX-512", lanes: 16, vectorLength: .fixed,
    tileLanes: 16, tileRows: 14, registers: 32, tileVectors: 4, epilogues: .all,
    machine: Machine(multiplyAdds: 96, cache: 1 << 20),
    compilerFlags: ["-march=x86-64-v4", "-mprefer-vector-width=512"], winograd: 4)

  /// x86-64 with AVX2 and FMA.
  public static let x86v3 = Target(
    name: "x86-64-v3", summary: "x86-64 with AVX2 and FMA", lanes: 8, vectorLength: .fixed,
    tileLanes: 8, tileRows: 14, registers: 16, tileVectors: 3, epilogues: .all,
    machine: Machine(multiplyAdds: 48, cache: 1 << 19),
    compilerFlags: ["-march=x86-64-v3"], winograd: 4)

  /// Any x86-64.
  public static let x86v2 = Target(
    name: "x86-64-v2", summary: "x86-64 with SSE4.2", lanes: 4, vectorLength: .fixed,
    tileLanes: 4, tileRows: 14, registers: 16, tileVectors: 3, epilogues: .all,
    machine: Machine(multiplyAdds: 12, cache: 1 << 19),
    compilerFlags: ["-march=x86-64-v2"], winograd: 4)

  /// 64-bit Arm with NEON.
  public static let armv8 = Target(
    name: "armv8-a", summary: "AArch64 with NEON", lanes: 4, vectorLength: .fixed,
    tileLanes: 4, tileRows: 14, registers: 32, tileVectors: 4, epilogues: .all,
    machine: Machine(multiplyAdds: 24, cache: 1 << 19),
    compilerFlags: ["-march=armv8-a"], winograd: 4)

  /// 64-bit RISC-V with vectors of 128 bits or more.
  public static let riscv = Target(
    name: "riscv64gcv", summary: "RISC-V RV64GCV", lanes: 4, vectorLength: .fixed,
    tileLanes: 4, tileRows: 14, registers: 32, tileVectors: 4, epilogues: .all,
    machine: Machine(multiplyAdds: 12, cache: 1 << 19),
    compilerFlags: ["-march=rv64gcv"], winograd: 4)

  /// WebAssembly with 128-bit SIMD.
  public static let wasm = Target(
    name: "wasm32", summary: "WebAssembly with SIMD128", lanes: 4, vectorLength: .fixed,
    tileLanes: 4, tileRows: 14, registers: 16, tileVectors: 2, epilogues: .all,
    machine: Machine(multiplyAdds: 12, cache: 1 << 19),
    compilerFlags: ["-msimd128"], winograd: 4)

  /// A microcontroller with a scalar floating-point unit.
  public static let cortexM4 = Target(
    name: "cortex-m4", summary: "Arm Cortex-M4F, scalar", lanes: 1, vectorLength: .fixed,
    tileLanes: 1, tileRows: 14, registers: 28, tileVectors: 4, epilogues: .all,
    machine: Machine(multiplyAdds: 0.05, cache: 1 << 14),
    compilerFlags: ["-mcpu=cortex-m4", "-mfloat-abi=hard"], hasThreads: false)

  /// A microcontroller without floating point: sums become codes in integers, with the same bytes.
  public static let cortexM3 = Target(
    name: "cortex-m3", summary: "Arm Cortex-M3, scalar, no floating point", lanes: 1,
    vectorLength: .fixed, tileLanes: 1, tileRows: 14, registers: 13, tileVectors: 2,
    epilogues: .all, machine: Machine(multiplyAdds: 0.01, cache: 1 << 14),
    compilerFlags: ["-mcpu=cortex-m3", "-mfloat-abi=soft"], hasFloatingPoint: false,
    hasThreads: false)

  /// Strict scalar C99 for any machine.
  public static let c99 = Target(
    name: "c99", summary: "strict scalar C99", lanes: 1, vectorLength: .fixed, tileLanes: 1,
    tileRows: 14, registers: 16,
    tileVectors: 4, epilogues: .all, machine: Machine(multiplyAdds: 3, cache: 1 << 18),
    compilerFlags: [])

  /// The bytecode interpreter: very wide registers in cache, tile instructions.
  public static let virtualMachine = Target(
    name: "vm", summary: "the bytecode interpreter", lanes: 256, vectorLength: .upTo,
    tileLanes: 16, tileRows: 14, registers: 32, tileVectors: 4, epilogues: .steps,
    machine: Machine(multiplyAdds: 96, cache: 1 << 20), compilerFlags: [])
}
