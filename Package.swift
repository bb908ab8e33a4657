// swift-tools-version: 6.2
import PackageDescription

let swiftSettings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

/// A Swift library target of this package.
func library(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: swiftSettings)
}

/// The test target that belongs to one library.
func tests(_ subject: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .testTarget(
    name: subject + "Tests",
    dependencies: [.target(name: subject)] + dependencies,
    swiftSettings: swiftSettings)
}

// The targets stand in the order in which a model travels through them; arrows point up only.
let package = Package(
  name: "apus",
  products: [
    .executable(name: "apus", targets: ["apus"]),
    .library(name: "Apus", targets: ["Apus"]),
    .library(name: "ApusIR", targets: ["ApusIR"]),
    .library(name: "ApusONNX", targets: ["ApusONNX"]),
    .library(name: "ApusTransforms", targets: ["ApusTransforms"]),
    .library(name: "ApusDiff", targets: ["ApusDiff"]),
    .library(name: "ApusQuantize", targets: ["ApusQuantize"]),
    .library(name: "ApusC", targets: ["ApusC"]),
    .library(name: "ApusBytecode", targets: ["ApusBytecode"]),
    .library(name: "ApusRuntime", targets: ["ApusRuntime"]),
    .library(name: "apus-c", type: .dynamic, targets: ["ApusLibrary"]),
  ],
  targets: [
    .target(
      name: "ApusIR", swiftSettings: swiftSettings,
      linkerSettings: [.linkedLibrary("m", .when(platforms: [.linux]))]),
    .systemLibrary(
      name: "CProtobufC", pkgConfig: "libprotobuf-c", providers: [.apt(["libprotobuf-c-dev"])]),
    .target(name: "CONNX", dependencies: ["CProtobufC"]),
    library("ApusONNX", ["ApusIR", "CONNX"]),
    library("ApusTransforms", ["ApusIR"]),
    library("ApusDiff", ["ApusIR"]),
    library("ApusLoops", ["ApusIR"]),
    .target(
      name: "ApusC", dependencies: ["ApusLoops"],
      resources: [.embedInCode("Runtime/machine_layer.h.in")], swiftSettings: swiftSettings),
    .target(name: "CApusVM"),
    library("ApusBytecode", ["ApusLoops", "CApusVM"]),
    .target(
      name: "ApusRuntime", dependencies: ["ApusC", "ApusBytecode"],
      resources: [.embedInCode("Native/machine.c.in")], swiftSettings: swiftSettings),
    library("ApusQuantize", ["ApusONNX", "ApusTransforms", "ApusBytecode"]),
    .target(
      name: "ApusDriver",
      dependencies: ["ApusONNX", "ApusTransforms", "ApusDiff", "ApusRuntime", "ApusQuantize"],
      resources: [.embedInCode("Diff/diff-page.html.in")], swiftSettings: swiftSettings),
    library("Apus", ["ApusONNX", "ApusTransforms", "ApusC", "ApusBytecode"]),
    .systemLibrary(name: "CApusLibrary"),
    library("ApusLibrary", ["ApusDriver", "CApusLibrary"]),
    .executableTarget(name: "apus", dependencies: ["ApusDriver"], swiftSettings: swiftSettings),
    .target(
      name: "ApusTestSupport", dependencies: ["ApusIR"], path: "Tests/ApusTestSupport",
      swiftSettings: swiftSettings),
    tests("ApusIR", ["ApusTestSupport"]),
    tests("ApusONNX", ["ApusIR", "ApusLoops", "ApusBytecode", "ApusTestSupport"]),
    tests("ApusDiff", ["ApusIR"]),
    tests("ApusQuantize", ["ApusIR", "ApusBytecode", "ApusTestSupport"]),
    tests("ApusRuntime"),
    tests("ApusBytecode", ["CApusVM"]),
    tests("ApusDriver", ["ApusDiff", "ApusIR", "ApusRuntime", "ApusTestSupport"]),
    tests("ApusLibrary", ["CApusLibrary"]),
    tests("ApusLoops", ["ApusIR", "ApusTestSupport"]),
    tests(
      "ApusTransforms", ["ApusIR", "ApusLoops", "ApusBytecode", "ApusRuntime", "ApusTestSupport"]),
    .testTarget(
      name: "GoldenTests",
      dependencies: ["ApusIR", "ApusTransforms", "ApusLoops", "ApusBytecode", "ApusC"],
      swiftSettings: swiftSettings),
  ]
)
