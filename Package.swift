// swift-tools-version: 6.2
import PackageDescription

/// What every Swift target of this package is built with.
let settings: [SwiftSetting] = [
    .strictMemorySafety(),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")

/// One library target. `floor` is documentation that `FloorTests` holds against the design.
func library(_ name: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = []) -> Target {
    .target(name: name, dependencies: dependencies, exclude: exclude, swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .testTarget(name: name, dependencies: dependencies, swiftSettings: settings)
}

let package = Package(
    name: "gatehouse",
    products: [
        .library(name: "Gatehouse", targets: ["Gatehouse"]),
        .library(name: "GatehouseTracing", targets: ["GatehouseTracing"]),
        .library(name: "GateTestKit", targets: ["GateTestKit"]),
        .library(name: "GateFuzz", targets: ["GateFuzz"]),
        .library(name: "GateFuzzGateway", targets: ["GateFuzzGateway"]),
        .executable(name: "gatehouse", targets: ["GatehouseCommand"]),
        .executable(name: "raw-echo", targets: ["RawEcho"]),
        .executable(name: "nats-peer", targets: ["NATSPeer"]),
    ],
    traits: [
        .default(enabledTraits: []),
        .trait(name: "NATS", description: "nats:// between nodes (needs libnats-dev)"),
        .trait(name: "Redis", description: "redis:// between nodes (needs libhiredis-dev)"),
        .trait(name: "Zlib", description: "compressed frames of described protocols (needs zlib1g-dev)"),
        .trait(name: "RabbitMQ", description: "amqp:// between nodes (needs librabbitmq-dev)"),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
        .package(url: "https://github.com/apple/swift-distributed-tracing", from: "1.7.0"),
        .package(url: "https://github.com/apple/swift-service-context", from: "1.5.0"),
    ],
    targets: [
        // Floor 0: C libraries.
        .target(name: "CUV", linkerSettings: [.linkedLibrary("uv")]),
        .systemLibrary(name: "CNATS", providers: [.apt(["libnats-dev"])]),
        .systemLibrary(name: "CHiredis", providers: [.apt(["libhiredis-dev"])]),
        .systemLibrary(name: "CZlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CRabbitMQ", providers: [.apt(["librabbitmq-dev"])]),
        // Floor 1: pure helpers.
        library("GateBytes"),
        library("GateJSON"),
        library("GateMetrics"),
        // Floor 2: the plug, and the interfaces of input and output.
        library("GateProtocol", ["GateBytes"]),
        library("GateIO", ["GateBytes"]),
        // Floor 3: protocols, event loops, RPC.
        library("GateMQTT", ["GateBytes", "GateProtocol"]),
        library(
            "GateDescriptors",
            [
                "GateBytes", "GateJSON", "GateProtocol",
                .target(name: "CZlib", condition: .when(traits: ["Zlib"])),
            ]),
        library("GateUV", ["CUV", "GateBytes", "GateIO"]),
        .target(
            name: "GateRPC", dependencies: ["GateBytes", "GateJSON", "GateIO", "GateProtocol"], exclude: ["rpc.proto"],
            swiftSettings: settings),
        // Floor 4 and up: sessions, modules, the gateway.
        library("GateSessions", ["GateBytes", "GateIO", "GateMetrics", "GateProtocol", "GateRPC"]),
        library("GateRPCUDP", ["GateBytes", "GateIO", "GateRPC"]),
        library(
            "GateRPCNATS",
            ["GateBytes", "GateIO", "GateRPC", .target(name: "CNATS", condition: .when(traits: ["NATS"]))]),
        library(
            "GateRPCRedis",
            ["GateBytes", "GateIO", "GateRPC", .target(name: "CHiredis", condition: .when(traits: ["Redis"]))]),
        library(
            "GateRPCRabbitMQ",
            ["GateBytes", "GateIO", "GateRPC", .target(name: "CRabbitMQ", condition: .when(traits: ["RabbitMQ"]))]),
        library(
            "GateModules",
            ["GateBytes", "GateIO", "GateJSON", "GateMetrics", "GateProtocol", "GateRPC", "GateSessions", logging]),
        library(
            "GateServer",
            [
                "GateBytes", "GateIO", "GateJSON", "GateMetrics", "GateModules", "GateProtocol", "GateRPC",
                "GateSessions",
                logging,
            ]),
        library("GateTestKit", ["GateBytes", "GateIO", "GateProtocol", logging]),
        // Floor 8: what a user imports.
        library(
            "Gatehouse",
            [
                "GateBytes", "GateDescriptors", "GateIO", "GateJSON", "GateMQTT", "GateMetrics", "GateModules",
                "GateProtocol", "GateRPC", "GateRPCNATS", "GateRPCRabbitMQ", "GateRPCRedis", "GateRPCUDP", "GateServer",
                "GateSessions", "GateUV", logging,
            ]),
        library(
            "GatehouseTracing",
            [
                "Gatehouse", .product(name: "Tracing", package: "swift-distributed-tracing"),
                .product(name: "Instrumentation", package: "swift-distributed-tracing"),
                .product(name: "ServiceContextModule", package: "swift-service-context"),
            ]),
        library("GatehouseDemo", ["GateBytes", "GateJSON", "Gatehouse"]),
        // The fuzzers of the codecs link nothing but these: libFuzzer walks the counters of all that is there.
        library("GateFuzz", ["GateBytes", "GateDescriptors", "GateJSON", "GateMQTT", "GateProtocol", "GateTestKit"]),
        library(
            "GateFuzzGateway",
            [
                "GateBytes", "GateFuzz", "GateIO", "GateJSON", "GateMQTT", "GateProtocol", "GateRPC", "GateRPCUDP",
                "GateServer", "GateSessions", "GateTestKit", "Gatehouse",
            ]),
        library(
            "GateBench",
            [
                "GateBytes", "GateDescriptors", "GateIO", "GateJSON", "GateMQTT", "GateProtocol", "GateUV",
                .product(name: "Histogram", package: "hdrhistogram-swift"),
            ], exclude: ["README.md"]),
        // Floor 10: commands.
        .executableTarget(
            name: "GatehouseCommand",
            dependencies: [
                "GateBench", "GateBytes", "GateDescriptors", "GateFuzz", "GateJSON", "GateProtocol", "Gatehouse",
                "GatehouseDemo", argumentParser, logging,
            ],
            swiftSettings: settings),
        .executableTarget(name: "RawEcho", linkerSettings: [.linkedLibrary("uv")]),
        .executableTarget(
            name: "NATSPeer", cSettings: [.define("GATEHOUSE_NATS", .when(traits: ["NATS"]))],
            linkerSettings: [.linkedLibrary("nats", .when(traits: ["NATS"]))]),
        // Tests.
        tests("GateBytesTests", ["GateBytes"]),
        tests("GateJSONTests", ["GateJSON"]),
        tests("GateProtocolTests", ["GateBytes", "GateProtocol", "GateTestKit"]),
        tests("GateMQTTTests", ["GateBytes", "GateMQTT", "GateProtocol", "GateTestKit"]),
        tests("GateDescriptorsTests", ["GateBytes", "GateDescriptors", "GateJSON", "GateProtocol", "GateTestKit"]),
        tests(
            "GateRPCTests",
            [
                "GateBytes", "GateIO", "GateJSON", "GateProtocol", "GateRPC", "GateRPCNATS", "GateRPCRabbitMQ",
                "GateRPCRedis", "GateRPCUDP", "GateSessions", "GateTestKit", "GateUV",
            ]),
        tests("GateUVTests", ["CUV", "GateBytes", "GateIO", "GateUV"]),
        tests("GateSessionsTests", ["GateBytes", "GateIO", "GateProtocol", "GateSessions", "GateTestKit"]),
        tests(
            "GateModulesTests",
            [
                "GateBytes", "GateIO", "GateJSON", "GateModules", "GateProtocol", "GateRPC", "GateSessions",
                "GateTestKit", "GatehouseTracing", logging,
            ]),
        tests(
            "GateServerTests",
            [
                "GateBytes", "GateDescriptors", "GateIO", "GateJSON", "GateMQTT", "GateMetrics", "GateModules",
                "GateProtocol", "GateRPC",
                "GateServer", "GateSessions", "GateTestKit", logging,
            ]),
        tests(
            "GateBenchTests",
            [
                "GateBench", "GateBytes", "GateDescriptors", "GateIO", "GateJSON", "GateProtocol", "GateUV",
                "Gatehouse",
                "GatehouseDemo",
            ]),
        tests("GatehouseTests", ["GateBytes", "GateJSON", "GateTestKit", "Gatehouse", "GatehouseDemo"]),
        tests(
            "GatehouseCommandTests",
            ["GateDescriptors", "GateProtocol", "Gatehouse", "GatehouseCommand", argumentParser]),
        tests("GateFuzzTests", ["GateDescriptors", "GateFuzz", "GateFuzzGateway"]),
        tests("HouseTests"),
    ],
    swiftLanguageModes: [.v6]
)

// The other tests say nothing new in a build with traits, and would take most of its time; see Tests/run.
if Context.environment["TESTS_THAT_SEE_TRAITS_ONLY"] != nil {
    let seeing: Set = ["GateRPCTests", "GatehouseTests", "GateDescriptorsTests", "GateFuzzTests"]
    package.targets.removeAll { $0.type == .test && !seeing.contains($0.name) }
}
