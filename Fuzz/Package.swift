// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .strictMemorySafety(),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

let codecs: Target.Dependency = .product(name: "GateFuzz", package: "gatehouse")
let gateway: Target.Dependency = .product(name: "GateFuzzGateway", package: "gatehouse")

/// Calls of these go to `Compares.c`.
let traced = ["cmp", "const_cmp"].flatMap { kind in [1, 2, 4, 8].map { "__sanitizer_cov_trace_\(kind)\($0)" } }

/// One program for one harness; see README.md. libFuzzer walks the counters of all that is linked in with every input, so
/// only those of the gateway have it.
func fuzzer(_ name: String, _ more: Target.Dependency...) -> Target {
    // The file has no top-level code: an empty main function made of it would do nothing, and succeed.
    .executableTarget(
        name: name, dependencies: ["FuzzEntry", codecs] + more,
        swiftSettings: settings + [.unsafeFlags(["-parse-as-library"])],
        linkerSettings: [.unsafeFlags(traced.flatMap { ["-Xlinker", "--wrap=\($0)"] })])
}

let package = Package(
    name: "gatehouse-fuzz",
    dependencies: [
        // With what inflates and deflates: those bytes come from outside too.
        .package(name: "gatehouse", path: "..", traits: ["Zlib"])
    ],
    targets: [
        .target(name: "CFuzz"),
        .target(name: "FuzzEntry", dependencies: ["CFuzz", codecs], swiftSettings: settings),
        fuzzer("FuzzCanary"),
        fuzzer("FuzzConfiguration", gateway),
        fuzzer("FuzzDescriptorCodec"),
        fuzzer("FuzzDescriptorLoader"),
        fuzzer("FuzzDescriptorMaker"),
        fuzzer("FuzzDescriptorWorkbench"),
        fuzzer("FuzzJSON"),
        fuzzer("FuzzMQTTCodec"),
        fuzzer("FuzzMQTTProtocol"),
        fuzzer("FuzzNativeParts"),
        fuzzer("FuzzRPCEnvelope", gateway),
        fuzzer("FuzzTopics", gateway),
        fuzzer("FuzzUDPLink", gateway),
    ],
    swiftLanguageModes: [.v6]
)
