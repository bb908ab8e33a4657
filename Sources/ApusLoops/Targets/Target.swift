internal import ApusIR

/// A machine that schedules write programs for, as a value.
public struct Target: Hashable, Sendable {
  /// How many lanes a vector statement may have.
  public enum VectorLength: Hashable, Sendable {
    /// Exactly `lanes`, or 1.
    case fixed
    /// Any number up to `lanes`.
    case upTo
  }

  /// Epilogues that tiles and windows apply.
  public enum Epilogues: Hashable, Sendable {
    /// Any function.
    case all
    /// Functions that `EpilogueStep`s can express.
    case steps
  }

  /// The name on the command line.
  public var name: String
  /// One line for people.
  public var summary: String
  /// The 32-bit lanes of one register; 1 for a scalar machine.
  public var lanes: Int
  /// How many lanes a vector statement may have.
  public var vectorLength: VectorLength
  /// The 32-bit lanes of one column vector of a register tile.
  public var tileLanes: Int
  /// The most rows of a register tile.
  public var tileRows: Int
  /// Vector registers that a tile may use.
  public var registers: Int
  /// The most columns of a register tile, in registers.
  public var tileVectors: Int
  /// The epilogues that tiles and windows apply to sums before they store them.
  public var epilogues: Epilogues
  /// How fast it is: an estimate, unless `apus bench --machine` measured it.
  public var machine: Machine
  /// Flags for the C compiler beside `-O3`.
  public var compilerFlags: [String]
  /// The largest tile of Winograd's algorithm, in elements of a line of the result: 0, 2 or 4.
  ///
  /// Tiles of 2 are as accurate as plain sums, tiles of 4 lose about two bits.
  public var winograd = 0
  /// Whether the machine computes with floats itself.
  public var hasFloatingPoint = true
  /// Whether threads may share the work.
  public var hasThreads = true
  /// How many pieces a parallel loop is cut into whose iterations need memory of their own.
  ///
  /// Each piece has that memory once; 1 where one thread runs everything.
  public var pieces = 1

  /// The largest error that functions of `f32` may have, in units in the last place.
  ///
  /// A permission: emitted C has the cheapest functions that keep it, the interpreter those of 2.
  public var functionError = 2

  /// What was measured on the machine, in place of estimates.
  public var tuning = Tuning()

  /// The bytes of second-level cache that one core has.
  var cacheBytes: Int { machine.caches[1] }

  /// How many pieces a loop is cut into, and the iterations of each but perhaps the last.
  func pieces(of total: Int) -> (count: Int, each: Int) {
    let each = max((total + pieces - 1) / pieces, 1)
    return (max((total + each - 1) / each, 1), each)
  }

  /// Whether tiles and windows apply an epilogue themselves.
  func fuses(_ epilogue: Pointwise) -> Bool {
    switch epilogues {
    case .all: tileLanes == 1 || epilogue.fitsVectors
    case .steps: epilogue.epilogueSteps != nil
    }
  }

  /// Whether the elements of a type can be computed with in vectors.
  func vectorizes(_ element: ElementType) -> Bool {
    if vectorLength == .upTo { return true }
    guard lanes > 1 else { return false }
    return element == .f32 || element.isVectorInteger
  }

  /// Whether a function can be computed in vectors: of `f32` and integers of 8 and 32 bits.
  func vectorizes(_ function: Pointwise) -> Bool {
    vectorLength == .upTo || lanes > 1 && function.hasVectorForm
  }
}

extension Pointwise {
  /// Whether all steps are functions of `f32` or `bool`, or sums, products and conversions of
  /// integers that vectors hold.
  var hasVectorForm: Bool {
    zip(steps, types).allSatisfy { step, type in
      guard type.isVectorInteger else { return type == .f32 || type == .bool }
      return switch step {
      case .operand, .literal: true
      case .binary(let function, _, _): [.add, .sub, .mul].contains(function)
      case .convert(let a, _): types[a] == .f32 || types[a].isVectorInteger
      case .unary, .compare, .select, .reinterpret: false
      }
    }
  }
}

extension Pointwise {
  /// Whether vectors can be loaded, computed with and stored.
  var fitsVectors: Bool {
    hasVectorForm && ([result] + operands).allSatisfy { $0 == .f32 || $0.isVectorInteger }
  }
}

extension ElementType {
  /// Whether vectors are loaded from such integers and stored to them; in between they are `i32`.
  var isVectorInteger: Bool { self == .i32 || self == .u8 || self == .i8 }
}

extension Target {
  /// Every target, in the order of the reference.
  public static let all: [Target] = [
    .native, .x86v4, .x86v3, .x86v2, .armv8, .riscv, .wasm, .cortexM4, .cortexM3, .c99,
    .virtualMachine,
  ]

  /// A target by name.
  public init?(named name: String) {
    guard let target = Target.all.first(where: { $0.name == name }) else { return nil }
    self = target
  }
}
