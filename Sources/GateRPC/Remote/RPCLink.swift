package import GateBytes

/// A node's connection to the others: what every broker has, and nothing more.
///
/// Each node has one inbox; what is published reaches every node, the sender perhaps too. Delivery is at most once. No
/// call blocks.
package protocol RPCLink: AnyObject, Sendable {
    /// The address of this node's inbox, once the link is open.
    var inbox: String { get }

    /// Bytes of the longest message.
    var messageBytesMax: Int { get }

    /// Whether messages go out now.
    var isUp: Bool { get }

    /// Whether nothing was heard for longer than a link that is well is silent: perhaps the broker hangs, so that the silence
    /// of a node says nothing about the node.
    var isQuiet: Bool { get }

    /// Whether what is published arrives as surely as what is sent.
    var publishesReliably: Bool { get }

    /// Begins to receive. Called once.
    func open(_ receiver: any RPCLinkReceiver)

    /// Hands a message to one inbox.
    /// - Throws: ``RPCFault/unreachable`` when the link is down, ``RPCFault/linkFull`` when its queue is full,
    ///   ``RPCFault/tooLarge(bytes:limit:)``; nothing is sent then.
    func send(_ message: [UInt8], to inbox: String) throws(RPCFault)

    /// Hands a message to every node. As ``send(_:to:)``.
    func publish(_ message: [UInt8]) throws(RPCFault)

    /// Waits until what was sent has left, until `deadline` at most; then ends the link.
    func close(by deadline: MonotonicTime) async
}

extension RPCLink {
    /// Never.
    package var isQuiet: Bool { false }

    /// It does.
    package var publishesReliably: Bool { true }
}

/// Where a link's events go. Any thread, one event at a time for each link.
package protocol RPCLinkReceiver: AnyObject, Sendable {
    /// A message, lent for the length of the call.
    func received(_ message: Span<UInt8>)

    /// The link went up or down.
    func linkChanged(isUp: Bool)

    /// Nobody reads this inbox.
    func undeliverable(_ inbox: String)
}
