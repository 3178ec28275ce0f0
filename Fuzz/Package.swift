// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .strictMemorySafety(),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

let harnesses: Target.Dependency = .product(name: "GateFuzz", package: "gatehouse")

/// One program for one harness of the library GateFuzz; see README.md.
func fuzzer(_ name: String) -> Target {
    .executableTarget(name: name, dependencies: ["FuzzEntry", harnesses], swiftSettings: settings)
}

let package = Package(
    name: "gatehouse-fuzz",
    dependencies: [
        .package(name: "gatehouse", path: "..")
    ],
    targets: [
        .target(name: "CFuzz"),
        .target(name: "FuzzEntry", dependencies: ["CFuzz", harnesses], swiftSettings: settings),
        fuzzer("FuzzCanary"),
        fuzzer("FuzzConfiguration"),
        fuzzer("FuzzDescriptorCodec"),
        fuzzer("FuzzDescriptorLoader"),
        fuzzer("FuzzJSON"),
        fuzzer("FuzzMQTTCodec"),
        fuzzer("FuzzMQTTProtocol"),
        fuzzer("FuzzTopics"),
    ],
    swiftLanguageModes: [.v6]
)
