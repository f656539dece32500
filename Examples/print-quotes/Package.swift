// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "print-quotes",
  dependencies: [.package(name: "quotewire", path: "../..")],
  targets: [
    .executableTarget(name: "print-quotes", dependencies: [.product(name: "Quotewire", package: "quotewire")])
  ])
