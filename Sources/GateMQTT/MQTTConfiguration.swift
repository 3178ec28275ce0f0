/// What all connections of one listener share, so that a connection holds one reference to it.
package final class MQTTConfiguration: Sendable {
    /// Largest Remaining Length that is read.
    package let frameBytesMax: Int
    /// What one client may make the server keep.
    package let limits: MQTTLimits
    /// Makes a unique client id for a client that left its own empty [MQTT-3.1.3-6].
    package let makeClientID: @Sendable () -> [UInt8]

    /// A configuration; everything may be left out.
    package init(
        frameBytesMax: Int = 65_535, limits: MQTTLimits = MQTTLimits(),
        makeClientID: @escaping @Sendable () -> [UInt8] = randomClientID
    ) {
        self.frameBytesMax = frameBytesMax
        self.limits = limits
        self.makeClientID = makeClientID
    }
}

/// `auto-` and 32 hexadecimal digits of the system's random numbers.
package let randomClientID: @Sendable () -> [UInt8] = {
    var identifier = Array("auto-".utf8)
    for _ in 0..<16 {
        let byte = UInt8.random(in: .min ... .max)
        for digit in [byte >> 4, byte & 0x0F] {
            identifier.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
        }
    }
    return identifier
}
