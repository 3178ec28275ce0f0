import GateIO
import GateUV

extension ServerConfiguration {
    /// Checks that this machine has the addresses of all listeners, that their names resolve, and that no two of them ask
    /// for the same one. Opening them asks the same functions; what only opening can tell is that another process has a
    /// port, or that the user may not have it.
    public func checkAddresses() throws(StartFault) {
        var taken: [SocketAddress] = []
        for listener in listeners {
            do throws(ListenError) {
                for address in try ListeningAddresses.check(host: listener.host, port: listener.port) {
                    guard address.port != 0 else { continue }
                    if taken.contains(where: { $0.excludes(address) }) { throw .addressInUse("\(address)") }
                    taken.append(address)
                }
            } catch {
                throw .address(listener.shown, error)
            }
        }
    }
}

extension SocketAddress {
    /// Whether two sockets cannot listen on both: the addresses are the same, or one is all of its family.
    fileprivate func excludes(_ other: SocketAddress) -> Bool {
        guard family == other.family, port == other.port else { return false }
        return (high, low) == (0, 0) || (other.high, other.low) == (0, 0) || self == other
    }
}
