import GateBytes
import GateIO
import GateRPC
import GateRPCNATS
import GateRPCRabbitMQ
import GateRPCRedis
import GateRPCUDP
import GateUV

/// Opens the link that a configuration names.
enum ClusterLink {
    /// A link on the first loop of `group`. Not called on a loop.
    /// - Parameters:
    ///   - silenceMax: How long a node may be silent, where the link itself looks at that.
    ///   - report: Hears of a broker that was reached, or of the reason why not; never of a password.
    static func open(
        _ url: String, peers: [String], start: UInt32, on group: UVEventLoopGroup,
        silenceMax: TimeSpan = UDPLink.silenceDefault,
        report: @escaping @Sendable (_ server: String, _ fault: String?) -> Void = { _, _ in }
    ) throws(StartFault) -> any RPCLink {
        let parsed: ClusterURL
        var addresses: [SocketAddress] = []
        do throws(ClusterURLFault) {
            parsed = try ClusterURL(url)
            for peer in peers {
                guard case .udp(let address) = try ClusterURL(peer) else { throw .otherScheme(peer) }
                addresses.append(address)
            }
        } catch {
            throw .cluster(error)
        }
        switch parsed {
        case .udp(let address):
            do throws(ListenError) {
                let socket = try group.bindDatagrams(address)
                return UDPLink(
                    socket: socket, loop: group.loops[0], peers: addresses, start: start, silenceMax: silenceMax)
            } catch {
                throw .address(url, error)
            }
        #if NATS
            case .nats(let url):
                return NATSLink(
                    url: url, loop: group.loops[0], watcher: group.watcher(loop: 0), start: start, report: report)
        #endif
        #if Redis
            case .redis(let url):
                return RedisLink(
                    url: url, loop: group.loops[0], watcher: group.watcher(loop: 0), start: start, report: report)
        #endif
        #if RabbitMQ
            case .rabbitMQ(let url): return RabbitMQLink(url: url, loop: group.loops[0], start: start, report: report)
        #endif
        }
    }
}
