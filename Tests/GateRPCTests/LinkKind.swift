import GateBytes
import GateIO
import GateRPC
import GateRPCNATS
import GateRPCRabbitMQ
import GateRPCRedis
import GateRPCUDP
import GateUV
import Glibc
import Testing

/// The links that the contract suite runs over. A further transport adds a case, its broker, and a line in ``make``.
enum LinkKind: String, CaseIterable, Sendable {
    case memory
    case udp
    #if NATS
        case nats
    #endif
    #if Redis
        case redis
    #endif
    #if RabbitMQ
        case rabbitmq
    #endif

    /// The server behind the links; `nil` where there is none.
    var broker: BrokerProgram? {
        switch self {
        case .memory, .udp: nil
        #if NATS
            case .nats: .nats
        #endif
        #if Redis
            case .redis: .redis
        #endif
        #if RabbitMQ
            case .rabbitmq: .rabbitMQ
        #endif
        }
    }

    /// A link of a node in `group` to the nodes behind `url`.
    func link(_ url: String, group: UVEventLoopGroup, start: UInt32) -> (any RPCLink)? {
        switch self {
        case .memory, .udp: nil
        #if NATS
            case .nats:
                (try? NATSURL(url)).map {
                    NATSLink(url: $0, loop: group.loops[0], watcher: group.watcher(loop: 0), start: start)
                }
        #endif
        #if Redis
            case .redis:
                (try? RedisURL(url)).map {
                    RedisLink(url: $0, loop: group.loops[0], watcher: group.watcher(loop: 0), start: start)
                }
        #endif
        #if RabbitMQ
            case .rabbitmq:
                (try? RabbitMQURL(url)).map { RabbitMQLink(url: $0, loop: group.loops[0], start: start) }
        #endif
        }
    }

    /// Those that can be tested here.
    static var testable: [LinkKind] {
        allCases.filter { $0.broker?.isInstalled ?? true || demanded.contains($0.rawValue) }
    }

    /// Those of them with a broker.
    static var brokered: [LinkKind] { testable.filter { $0.broker != nil } }

    /// Those that `GATEHOUSE_TEST_TRANSPORTS` demands, separated by commas: what of them is not built in or has no
    /// server fails instead of being skipped.
    static var demanded: Set<String> {
        // Sound: nothing in this process changes the environment.
        guard let text = unsafe getenv("GATEHOUSE_TEST_TRANSPORTS") else { return [] }
        return unsafe Set(String(cString: text).split(separator: ",").map(String.init))
    }
}

/// What is not tested is seen.
@Suite struct LinkKindTests {
    @Test(.enabled(if: LinkKind.testable == LinkKind.allCases, "a broker is not installed"))
    func everyTransportOfThisBuildIsTested() {
        #expect(LinkKind.brokered.count == LinkKind.allCases.count { $0.broker != nil })
    }

    @Test(.enabled(if: !LinkKind.demanded.isEmpty, "GATEHOUSE_TEST_TRANSPORTS demands none"))
    func everyDemandedTransportIsTested() {
        for name in LinkKind.demanded {
            #expect(LinkKind(rawValue: name)?.broker?.isInstalled ?? (name == "udp"), "\(name) cannot be tested")
        }
    }
}
