import GateBytes
import GateProtocol

/// What the body of a CONNECT turned out to be.
enum MQTTConnectReading {
    case packet(MQTTConnect)
    /// Another protocol; what follows the name is not ours to read.
    case unknownName
    /// Another version of MQTT; what follows the level is not ours to read.
    case unknownLevel(Int)

    /// Whether it is one of MQTT 3.1.
    var isVersion31: Bool {
        if case .packet(let connect) = self { connect.version == .v31 } else { false }
    }
}

/// The connect flags byte.
///
/// ```
///  bit    7          6         5            4 3        2          1              0
///         user name  password  will retain  will QoS   will flag  clean session  reserved
/// ```
struct MQTTConnectFlags {
    var rawValue: UInt8

    var cleanSession: Bool { rawValue & 0x02 != 0 }
    var will: Bool { rawValue & 0x04 != 0 }
    var willQoS: UInt8 { rawValue >> 3 & 0x03 }
    var willRetain: Bool { rawValue & 0x20 != 0 }
    var password: Bool { rawValue & 0x40 != 0 }
    var userName: Bool { rawValue & 0x80 != 0 }

    /// Throws when bits contradict each other. Those that MQTT 3.1 calls "not used" (bit 0, and the will's quality and
    /// retain without a will) mean nothing there, as to other servers.
    func check(_ version: MQTTVersion) throws(FramingError) {
        if version == .v311 {
            // [MQTT-3.1.2-3]
            if rawValue & 0x01 != 0 { throw .reservedBits(rawValue) }
            // [MQTT-3.1.2-11], [MQTT-3.1.2-13], [MQTT-3.1.2-15]
            if !will && (willQoS != 0 || willRetain) { throw .reservedBits(rawValue) }
        }
        // [MQTT-3.1.2-14]
        if willQoS == 3 { throw .invalidValue(3) }
        // [MQTT-3.1.2-22]
        if password && !userName { throw .reservedBits(rawValue) }
    }
}

extension MQTTConnect {
    /// Reads the body of a CONNECT, the bytes `body` of `input`.
    ///
    /// ```
    ///  u16 text name | u8 level | u8 flags | u16 keep alive | u16 text client id
    ///  [ u16 text will topic | u16 bytes will message ] [ u16 text user name ] [ u16 bytes password ]
    /// ```
    /// Source: MQTT 3.1.1, section 3.1 [MQTT-3.1.3-1].
    static func read(_ input: Span<UInt8>, body: Range<Int>) throws(FramingError) -> MQTTConnectReading {
        let end = body.upperBound
        var offset = body.lowerBound
        let name = try input.textField(at: &offset, end: end)
        guard let expected = MQTTVersion.allCases.first(where: { input.extracting(name).equals($0.name) }) else {
            return .unknownName
        }
        let level = try input.byteField(at: &offset, end: end)
        guard level == expected.rawValue else { return .unknownLevel(Int(level)) }
        let flags = MQTTConnectFlags(rawValue: try input.byteField(at: &offset, end: end))
        try flags.check(expected)
        let keepAliveSeconds = try input.integerField(at: &offset, end: end)
        // [MQTT-3.1.3-3], [MQTT-3.1.3-4]
        let clientID = try input.textField(at: &offset, end: end)
        var connect = MQTTConnect(
            clientID: [UInt8](copying: input, range: clientID), version: expected, cleanSession: flags.cleanSession,
            keepAliveSeconds: keepAliveSeconds)
        if flags.will, let qos = MQTTQoS(rawValue: flags.willQoS) {
            // [MQTT-3.1.2-9], [MQTT-3.1.3-10]
            let topic = try input.topicField(at: &offset, end: end)
            let payload = try input.binaryField(at: &offset, end: end)
            connect.will = MQTTWill(
                topic: [UInt8](copying: input, range: topic), payload: [UInt8](copying: input, range: payload),
                qos: qos, isRetained: flags.willRetain)
        }
        // MQTT 3.1, section 3.1: the remaining length takes precedence over the flags of user name and password.
        let mayBeMissing = expected == .v31
        if flags.userName && !(mayBeMissing && offset == end) {
            // [MQTT-3.1.2-19], [MQTT-3.1.3-11]
            connect.userName = [UInt8](copying: input, range: try input.textField(at: &offset, end: end))
        }
        if flags.password && !(mayBeMissing && offset == end) {
            // [MQTT-3.1.2-21]
            connect.password = [UInt8](copying: input, range: try input.binaryField(at: &offset, end: end))
        }
        // [MQTT-3.1.2-18], [MQTT-3.1.2-20]
        try input.endOfFields(at: offset, end: end)
        return .packet(connect)
    }

    /// The connect flags byte.
    var flags: UInt8 {
        var flags: UInt8 = cleanSession ? 0x02 : 0
        if let will {
            flags |= 0x04 | will.qos.rawValue << 3
            if will.isRetained { flags |= 0x20 }
        }
        if userName != nil { flags |= 0x80 }
        if password != nil { flags |= 0x40 }
        return flags
    }

    /// Bytes of the body.
    var bodyByteCount: Int {
        var count = 2 + version.name.utf8CodeUnitCount + 4 + 2 + clientID.count
        if let will { count += 4 + will.topic.count + will.payload.count }
        if let userName { count += 2 + userName.count }
        if let password { count += 2 + password.count }
        return count
    }
}

extension Span where Element == UInt8 {
    /// Whether the bytes are those of a literal.
    func equals(_ literal: StaticString) -> Bool {
        // Sound: a StaticString's bytes are immortal, and its count is exact.
        unsafe equals(Span(_unsafeStart: literal.utf8Start, count: literal.utf8CodeUnitCount))
    }
}
