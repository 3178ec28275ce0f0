import CUV
package import GateIO
import Glibc

/// The addresses that the host of a listener means. ``UVEventLoopGroup/listen(host:port:accept:)`` and a check of a
/// configuration ask here, so that one cannot take what the other refuses.
package enum ListeningAddresses {
    /// Opens one address, or says why not.
    typealias Open<Opened> = (SocketAddress) throws(SystemError) -> Opened

    /// All addresses of IPv4 and IPv6 for an empty host, else those that the host means; not empty. Blocks.
    package static func of(host: String, port: UInt16) throws(ListenError) -> [SocketAddress] {
        if host.isEmpty { return [SocketAddress(v4: 0, port: port), SocketAddress(v6: 0, 0, port: port)] }
        do throws(ResolveError) {
            return try resolve(host: host, port: port)
        } catch {
            switch error {
            case .unknownHost(let host, let reason): throw .addressNotAvailable("\(host): \(reason)")
            }
        }
    }

    /// The addresses of a host that this machine has. Nothing is left open, and no port is taken. Blocks.
    /// - Throws: What ``UVEventLoopGroup/listen(host:port:accept:)`` would throw for this host.
    package static func check(host: String, port: UInt16) throws(ListenError) -> [SocketAddress] {
        let addresses = try of(host: host, port: port)
        return try open(addresses) { address throws(SystemError) in
            try ListeningSockets.probe(address)
            return address
        }
    }

    /// Opens every address. One that this machine does not have (`localhost` is also ::1 where IPv6 is off) is left out as
    /// long as another one works; everything else fails as a whole.
    static func open<Opened>(
        _ addresses: [SocketAddress], close: (Opened) -> Void = { _ in }, using open: Open<Opened>
    ) throws(ListenError) -> [Opened] {
        var opened: [Opened] = []
        var missing: ListenError?
        for address in addresses {
            do throws(SystemError) {
                opened.append(try open(address))
            } catch {
                let failure = ListenError(address, error)
                if case .addressNotAvailable = failure {
                    missing = missing ?? failure
                    continue
                }
                for one in opened { close(one) }
                throw failure
            }
        }
        if opened.isEmpty, let missing { throw missing }
        return opened
    }
}

extension ListenError {
    init(_ address: SocketAddress, _ error: SystemError) {
        switch error.code {
        case EADDRINUSE: self = .addressInUse("\(address)")
        case EADDRNOTAVAIL, EAFNOSUPPORT: self = .addressNotAvailable("\(address)")
        case EACCES, EPERM: self = .permissionDenied("\(address)")
        default: self = .failed("\(address)", code: error.code)
        }
    }
}
