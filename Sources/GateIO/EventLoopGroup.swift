/// Why an address cannot be listened on.
public enum ListenError: Error, Equatable, Sendable {
    /// Another socket has it.
    case addressInUse(String)
    /// No such address on this machine, or a name that does not resolve.
    case addressNotAvailable(String)
    /// The process may not use it.
    case permissionDenied(String)
    /// Anything else; `code` is the system's errno.
    case failed(String, code: Int32)
}

/// The loops of a process.
public protocol EventLoopGroup: AnyObject, Sendable {
    /// All loops, by index.
    var loops: [any EventLoop] { get }

    /// Listens on every address that `host` means (a numeric IPv4 or IPv6 address, or a name; nothing is all addresses of
    /// IPv4 and IPv6) and spreads new streams over the loops. `accept` is called on the loop that owns the stream.
    ///
    /// The address is first bound exclusively as a probe, so that a port in use is an error and not silently shared.
    /// Not called on a loop.
    func listen(
        host: String, port: UInt16, accept: @escaping @Sendable (any EventLoop, any ByteStream) -> Void
    ) throws(ListenError) -> any Listener
}

/// A bound address.
public protocol Listener: AnyObject, Sendable {
    /// What is really bound; a port of 0 has become the system's choice.
    var addresses: [SocketAddress] { get }

    /// Stops accepting and frees the address; returns at once. Streams accepted before live on.
    func close()
}
