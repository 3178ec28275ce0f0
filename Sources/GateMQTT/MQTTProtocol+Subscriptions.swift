import GateBytes
import GateProtocol

/// Subscriptions are remembered and granted; who gets whose messages is decided elsewhere.
extension MQTTProtocol {
    /// SUBSCRIBE: one code for each filter, in order [MQTT-3.8.4-5], [MQTT-3.9.3-1].
    func subscribe(
        _ input: Span<UInt8>, body: Range<Int>, output: inout ByteBuffer
    ) throws(WireError) {
        do {
            let (identifier, filters) = try checkedFilters(input, body: body, withQoS: true)
            // [MQTT-3.8.4-1], [MQTT-3.8.4-2], [MQTT-3.8.4-4]
            try output.appendHeader(MQTTPacketType.suback.firstByte, remainingLength: 2 + filters)
            output.append(bigEndian: identifier)
            var offset = body.lowerBound + 2
            while offset < body.upperBound {
                let filter = try input.binaryField(at: &offset, end: body.upperBound)
                let qos = try input.requestedQoSField(at: &offset, end: body.upperBound)
                let isGranted = subscribe([UInt8](copying: input, range: filter), qos: qos)
                // [MQTT-3.9.3-2]
                output.append(isGranted ? qos.rawValue : 0x80)
            }
        } catch {
            throw .framing(error)
        }
    }

    /// UNSUBSCRIBE: acknowledged also when nothing was subscribed [MQTT-3.10.4-4], [MQTT-3.10.4-5].
    func unsubscribe(
        _ input: Span<UInt8>, body: Range<Int>, output: inout ByteBuffer
    ) throws(WireError) {
        do {
            let (identifier, _) = try checkedFilters(input, body: body, withQoS: false)
            var offset = body.lowerBound + 2
            while offset < body.upperBound {
                let filter = try input.binaryField(at: &offset, end: body.upperBound)
                // [MQTT-3.10.4-1]
                if subscriptions.removeValue(forKey: [UInt8](copying: input, range: filter)) != nil {
                    filterBytes -= filter.count
                }
            }
            // [MQTT-3.10.4-6]
            output.appendIdentifierPacket(.unsuback, identifier)
        } catch {
            throw .framing(error)
        }
    }

    /// Replaces or adds a subscription [MQTT-3.8.4-3]; `false` when a limit forbids it.
    private func subscribe(_ filter: [UInt8], qos: MQTTQoS) -> Bool {
        if subscriptions[filter] == nil {
            let limits = configuration.limits
            if subscriptions.count >= limits.subscriptionsMax { return false }
            if filterBytes + filter.count > limits.filterBytesMax { return false }
            filterBytes += filter.count
        }
        subscriptions[filter] = qos
        return true
    }

    /// Checks a whole SUBSCRIBE or UNSUBSCRIBE before anything of it takes effect.
    /// - Returns: Its packet identifier and its number of filters, at least one [MQTT-3.8.3-3], [MQTT-3.10.3-2].
    private func checkedFilters(
        _ input: Span<UInt8>, body: Range<Int>, withQoS: Bool
    ) throws(FramingError) -> (identifier: UInt16, filters: Int) {
        var offset = body.lowerBound
        let identifier = try input.packetIdentifierField(at: &offset, end: body.upperBound)
        var filters = 0
        repeat {
            // [MQTT-3.8.3-1], [MQTT-3.10.3-1]
            _ = try input.filterField(at: &offset, end: body.upperBound)
            if withQoS { _ = try input.requestedQoSField(at: &offset, end: body.upperBound) }
            filters += 1
        } while offset < body.upperBound
        return (identifier, filters)
    }
}
