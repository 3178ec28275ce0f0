import GateProtocol

/// What a client with clean session 0 finds again on its next connection [MQTT-3.1.2-4].
package struct MQTTSessionState: MeasuredState {
    /// Topic filters and their granted quality.
    package internal(set) var subscriptions: [[UInt8]: MQTTQoS]
    /// Identifiers of accepted incoming QoS 2 messages that the client has not released; ascending.
    package internal(set) var heldIdentifiers: [UInt16]
    /// Outgoing QoS 1 messages without PUBACK.
    var outgoing: MQTTOutgoing

    /// Outgoing messages without PUBACK, and those that wait behind them.
    package var undeliveredCount: Int { outgoing.sentCount + outgoing.waitingCount }

    /// Filters and messages, each with about what an array and its entry cost.
    package var byteCount: Int {
        subscriptions.keys.reduce(0) { $0 + $1.count + 64 } + heldIdentifiers.count * 2 + outgoing.byteCount
    }
}
