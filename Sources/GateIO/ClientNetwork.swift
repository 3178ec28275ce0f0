/// Whom an address is counted as: an IPv4 address, or the /64 network of an IPv6 address, which is what one subscriber or
/// one machine is given whole.
package struct ClientNetwork: Hashable, Sendable {
    private let family: SocketAddress.Family
    private let high: UInt64
    private let low: UInt64

    /// The network of `address`; its port does not count.
    package init(_ address: SocketAddress) {
        family = address.family
        high = address.high
        low = address.family == .v4 ? address.low : 0
    }
}
