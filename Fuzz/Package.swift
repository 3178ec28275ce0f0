// swift-tools-version: 6.2
import PackageDescription

/// One libFuzzer program for one harness of the library GateFuzz; see README.md.
func fuzzer(_ name: String) -> Target {
    .executableTarget(
        name: name, dependencies: [.product(name: "GateFuzz", package: "gatehouse")],
        swiftSettings: [
            .strictMemorySafety(),
            .enableUpcomingFeature("ExistentialAny"),
            .enableUpcomingFeature("MemberImportVisibility"),
            .enableUpcomingFeature("InternalImportsByDefault"),
        ])
}

let package = Package(
    name: "gatehouse-fuzz",
    dependencies: [
        .package(name: "gatehouse", path: "..")
    ],
    targets: [
        fuzzer("FuzzMQTTCodec"),
        fuzzer("FuzzMQTTProtocol"),
    ],
    swiftLanguageModes: [.v6]
)
