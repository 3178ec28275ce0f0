import GateBytes

/// A bound UDP socket of one loop. All but ``localAddress`` is used on that loop only.
public protocol DatagramSocket: AnyObject, Sendable {
    /// What is really bound; a port of 0 has become the system's choice.
    var localAddress: SocketAddress { get }

    /// Begins to receive. Called once.
    func start(_ handler: any DatagramHandler)

    /// Hands one datagram, 0...65 507 bytes, to the system.
    /// - Returns: `false` when the system does not take it now.
    @discardableResult
    func send(_ datagram: Span<UInt8>, to address: SocketAddress) -> Bool

    /// Whether the system knows that nobody listens at an address of this machine. May say `false` where it does not know yet.
    func isRefused(by address: SocketAddress) -> Bool

    /// Frees the address; nothing is received any more.
    func close()
}

extension DatagramSocket {
    /// Nobody knows.
    public func isRefused(by address: SocketAddress) -> Bool { false }
}

/// Where datagrams go. On the socket's loop.
public protocol DatagramHandler: AnyObject {
    /// One whole datagram, lent for the length of the call.
    func received(_ datagram: Span<UInt8>, from address: SocketAddress)
}
