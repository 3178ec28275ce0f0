import GateBytes
import GateProtocol

/// Incoming QoS 1 and 2 messages between their PUBLISH and the last acknowledgement.
///
/// ```
///  QoS 1   PUBLISH -> pending -> accepted by the gateway: PUBACK, forgotten
///  QoS 2   PUBLISH -> pending -> accepted by the gateway: PUBREC, held -> PUBREL: PUBCOMP, forgotten
/// ```
/// A repeated QoS 2 PUBLISH brings no second event: it is answered at once when its identifier is held, and together
/// with the first one while that is pending. A PUBREL that does not wait for its PUBREC is answered in its turn.
/// An id may be pending at both qualities at once; the gateway accepts in the order of the messages.
/// Empty arrays, which hold no memory, until a client uses QoS 1 or 2.
struct MQTTIncoming {
    private enum Stage: UInt8 {
        case atLeastOnce
        case exactlyOnce
        case repetition
        case release
    }

    private struct Pending {
        var identifier: UInt16
        var stage: Stage
    }

    private var pending: [Pending] = []
    /// Identifiers of QoS 2 messages that were accepted and are not released; ascending.
    private(set) var held: [UInt16] = []

    /// Nothing pending; `held` is what an earlier connection left.
    init(held: [UInt16] = []) {
        self.held = held
    }

    /// Identifiers that count against ``MQTTLimits/incomingIdentifiersMax``.
    var count: Int { pending.count + held.count }

    /// A QoS 1 PUBLISH has come; it is always a message of its own [MQTT-4.3.2-2].
    mutating func publishedAtLeastOnce(_ identifier: UInt16, limit: Int) throws(WireError) {
        try append(identifier, .atLeastOnce, limit: limit)
    }

    /// A QoS 2 PUBLISH has come [MQTT-4.3.3-2].
    /// - Returns: Whether it is a new message.
    mutating func publishedExactlyOnce(
        _ identifier: UInt16, limit: Int, into output: inout ByteBuffer
    ) throws(WireError) -> Bool {
        if isHeld(identifier) {
            output.appendIdentifierPacket(.pubrec, identifier)
            return false
        }
        let isNew = lastStage(of: identifier).map { $0 == .release } ?? true
        try append(identifier, isNew ? .exactlyOnce : .repetition, limit: limit)
        return isNew
    }

    /// A PUBREL has come: PUBCOMP, also for an identifier that is not known, and it is free again.
    mutating func released(_ identifier: UInt16, limit: Int, into output: inout ByteBuffer) throws(WireError) {
        if lastStage(of: identifier) != nil { return try append(identifier, .release, limit: limit) }
        let index = held.partitioningIndex(for: identifier)
        if index < held.count && held[index] == identifier { held.remove(at: index) }
        output.appendIdentifierPacket(.pubcomp, identifier)
    }

    /// The gateway has accepted the oldest pending message of that identifier.
    mutating func accepted(_ identifier: UInt16, into output: inout ByteBuffer) {
        let isMessage: (Pending) -> Bool = {
            $0.identifier == identifier && ($0.stage == .atLeastOnce || $0.stage == .exactlyOnce)
        }
        guard let first = pending.firstIndex(where: isMessage) else { return }
        if pending.remove(at: first).stage == .atLeastOnce {
            return output.appendIdentifierPacket(.puback, identifier)
        }
        output.appendIdentifierPacket(.pubrec, identifier)
        var isReleased = false
        var index = first
        while index < pending.count {
            guard pending[index].identifier == identifier, pending[index].stage != .atLeastOnce else {
                index += 1
                continue
            }
            if pending[index].stage == .exactlyOnce { break }
            let isRelease = pending.remove(at: index).stage == .release
            isReleased = isReleased || isRelease
            output.appendIdentifierPacket(isRelease ? .pubcomp : .pubrec, identifier)
        }
        if !isReleased { held.insert(identifier, at: held.partitioningIndex(for: identifier)) }
    }

    private func isHeld(_ identifier: UInt16) -> Bool {
        let index = held.partitioningIndex(for: identifier)
        return index < held.count && held[index] == identifier
    }

    /// Where the QoS 2 exchange of that identifier stands, `nil` when none is pending.
    private func lastStage(of identifier: UInt16) -> Stage? {
        pending.last { $0.identifier == identifier && $0.stage != .atLeastOnce }?.stage
    }

    private mutating func append(_ identifier: UInt16, _ stage: Stage, limit: Int) throws(WireError) {
        if count >= limit { throw .limitReached(limit) }
        pending.append(Pending(identifier: identifier, stage: stage))
    }
}

extension Array where Element == UInt16 {
    /// The first index whose element is not below `value`, in an ascending array.
    fileprivate func partitioningIndex(for value: UInt16) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if self[middle] < value { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
