/// Which floor each target of the package stands on. A target imports lower floors only.
enum Floors {
    /// Target name to floor. A new target is entered here before it can be used.
    static let table: [String: Int] = [
        "CUV": 0, "CNATS": 0, "CHiredis": 0, "CRabbitMQ": 0, "CZlib": 0, "RawEcho": 0, "NATSPeer": 0,
        "GateBytes": 1, "GateJSON": 1, "GateMetrics": 1,
        "GateProtocol": 2, "GateIO": 2,
        "GateMQTT": 3, "GateDescriptors": 3, "GateUV": 3, "GateRPC": 3,
        "GateSessions": 4, "GateRPCUDP": 4, "GateRPCNATS": 4, "GateRPCRedis": 4, "GateRPCRabbitMQ": 4,
        "GateModules": 5,
        "GateServer": 6,
        "GateTestKit": 7,
        "Gatehouse": 8, "GateFuzz": 8,
        "GatehouseDemo": 9, "GatehouseTracing": 9, "GateBench": 9, "GateFuzzGateway": 9,
        "GatehouseCommand": 10,
    ]

    /// What may stand above libuv; every other target is pure and can be tested without a socket.
    static let aboveLibuv: Set<String> = [
        "GateUV", "Gatehouse", "GatehouseDemo", "GatehouseTracing", "GateBench", "GateFuzzGateway", "GatehouseCommand",
    ]

    /// What must not be below the gateway: it knows no protocol, no event loop library and no broker.
    static let unknownToServer: Set<String> = ["CUV", "GateUV", "GateMQTT", "GateDescriptors"]

    /// The only modules from outside the package that sources may import.
    static let outside: Set<String> = [
        "Swift", "Synchronization", "Glibc", "Musl", "Darwin", "FoundationEssentials", "Logging", "ArgumentParser",
        "Histogram", "Testing", "Tracing", "Instrumentation", "ServiceContextModule",
    ]
}
