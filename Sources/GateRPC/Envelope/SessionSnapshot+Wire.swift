import GateBytes
import GateIO
package import GateProtocol

/// `SessionID` of rpc.proto.
extension SessionID {
    /// Writes the fields of the id.
    package func write(to writer: inout WireWriter) {
        writer.fixed32(1, node)
        writer.fixed32(2, start)
        writer.integer(3, UInt64(loop))
        writer.integer(4, UInt64(slot))
        writer.integer(5, UInt64(generation))
    }

    /// The id that `range` of `bytes` says.
    package static func read(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(EnvelopeError) -> SessionID {
        var cursor = WireCursor(range)
        var id = SessionID(node: 0, start: 0, loop: 0, slot: 0, generation: 0)
        while let field = try cursor.next(bytes) {
            switch (field.number, field.content) {
            case (1, .fixed32(let number)): id.node = number
            case (2, .fixed32(let number)): id.start = number
            case (3, .integer(let number)): id.loop = try number.narrowed(3)
            case (4, .integer(let number)): id.slot = try number.narrowed(4)
            case (5, .integer(let number)): id.generation = try number.narrowed(5)
            default: continue
            }
        }
        return id
    }
}

/// `Session` of rpc.proto.
extension SessionSnapshot {
    /// Writes the fields of the session.
    package func write(to writer: inout WireWriter) {
        writer.message(1) { id.write(to: &$0) }
        writer.text(2, node)
        if let userID { writer.presentText(3, userID.rawValue) }
        writer.flag(4, isGuest)
        SettingWire.write(settings, field: 5, to: &writer)
        writer.blob(6, remoteAddress.bytes)
        writer.integer(7, UInt64(remoteAddress.port))
        writer.text(8, protocolName)
        writer.integer(9, UInt64(bitPattern: connectedAtMilliseconds))
    }

    /// The session that `range` of `bytes` says.
    package static func read(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(EnvelopeError) -> SessionSnapshot {
        var cursor = WireCursor(range)
        var session = SessionSnapshot(
            id: SessionID(node: 0, start: 0, loop: 0, slot: 0, generation: 0), node: "", userID: nil, isGuest: false,
            settings: [:], remoteAddress: SocketAddress(v4: 0, port: 0), protocolName: "", connectedAtMilliseconds: 0)
        var port: UInt16 = 0
        while let field = try cursor.next(bytes) {
            switch (field.number, field.content) {
            case (1, .range(let id)): session.id = try SessionID.read(bytes, id)
            case (2, .range(let text)): session.node = try bytes.text(text)
            case (3, .range(let text)): session.userID = UserID(try bytes.text(text))
            case (4, .integer(let number)): session.isGuest = number != 0
            case (5, .range(let setting)): try SettingWire.read(bytes, setting, into: &session.settings)
            case (6, .range(let address)): session.remoteAddress = try SocketAddress.read(bytes, address)
            case (7, .integer(let number)): port = try number.narrowed(7)
            case (8, .range(let text)): session.protocolName = try bytes.text(text)
            case (9, .integer(let number)): session.connectedAtMilliseconds = Int64(bitPattern: number)
            default: continue
            }
        }
        session.remoteAddress.port = port
        return session
    }
}

/// `Setting` of rpc.proto, repeated.
package enum SettingWire {
    /// Writes one field for each setting, by key.
    package static func write(_ settings: [String: String], field: Int, to writer: inout WireWriter) {
        for (key, value) in settings.sorted(by: { $0.key < $1.key }) {
            writer.message(field) { writer in
                writer.text(1, key)
                writer.text(2, value)
            }
        }
    }

    /// Reads one setting into a table.
    package static func read(
        _ bytes: Span<UInt8>, _ range: Range<Int>, into settings: inout [String: String]
    ) throws(EnvelopeError) {
        var cursor = WireCursor(range)
        var (key, value) = ("", "")
        while let field = try cursor.next(bytes) {
            switch (field.number, field.content) {
            case (1, .range(let text)): key = try bytes.text(text)
            case (2, .range(let text)): value = try bytes.text(text, limit: EnvelopeLimits.textBytesMax)
            default: continue
            }
        }
        settings[key] = value
        guard settings.count <= EnvelopeLimits.settingsMax else { throw .tooMany(limit: EnvelopeLimits.settingsMax) }
    }
}

extension SocketAddress {
    /// The address without its port: 4 or 16 bytes.
    fileprivate var bytes: [UInt8] {
        var bytes: [UInt8] = []
        if family == .v6 {
            for shift in stride(from: UInt64(56), through: 0, by: -8) {
                bytes.append(UInt8(truncatingIfNeeded: high >> shift))
            }
        }
        for shift in stride(from: UInt64(family == .v6 ? 56 : 24), through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: low >> shift))
        }
        return bytes
    }

    fileprivate static func read(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(EnvelopeError) -> SocketAddress {
        let part = bytes.extracting(range)
        func half(_ start: Int) -> UInt64 {
            UInt64(part.bigEndianUInt32(at: start)) << 32 | UInt64(part.bigEndianUInt32(at: start + 4))
        }
        switch part.count {
        case 4: return SocketAddress(v4: part.bigEndianUInt32(at: 0), port: 0)
        case 16: return SocketAddress(v6: half(0), half(8), port: 0)
        default: throw .invalidNumber(field: 6)
        }
    }
}
