// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "embed-ir",
  dependencies: [.package(name: "apus", path: "../..")],
  targets: [
    .executableTarget(
      name: "EmbedIR",
      dependencies: [
        .product(name: "Apus", package: "apus"), .product(name: "ApusRuntime", package: "apus"),
      ])
  ]
)
