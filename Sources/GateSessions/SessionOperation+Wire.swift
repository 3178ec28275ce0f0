import GateBytes
import GateProtocol
import GateRPC

/// The verb of `Operation` of rpc.proto.
extension SessionOperation {
    func write(to writer: inout WireWriter) {
        switch self {
        case .bind(let user): writer.presentText(2, user.rawValue)
        case .unbind: writer.presentInteger(3, 1)
        case .write(let set, let remove):
            writer.message(4) { writer in
                SettingWire.write(set, field: 1, to: &writer)
                for key in remove { writer.presentText(2, key) }
            }
        case .send(let message): writer.message(5) { message.write(to: &$0) }
        case .close: writer.presentInteger(6, 1)
        case .kick(let reason): writer.presentText(7, reason)
        case .read: writer.presentInteger(8, 1)
        }
    }

    /// The verb of one field; `nil` when the field is none.
    static func read(_ bytes: Span<UInt8>, _ field: WireField) throws(EnvelopeError) -> SessionOperation? {
        switch (field.number, field.content) {
        case (2, .range(let text)): return .bind(UserID(try bytes.text(text)))
        case (3, .integer): return .unbind
        case (4, .range(let range)): return try readWrite(bytes, range)
        case (5, .range(let range)): return .send(try OutgoingMessage.read(bytes, range))
        case (6, .integer): return .close
        case (7, .range(let text)): return .kick(reason: try bytes.text(text, limit: EnvelopeLimits.textBytesMax))
        case (8, .integer): return .read
        default: return nil
        }
    }

    private static func readWrite(
        _ bytes: Span<UInt8>, _ range: Range<Int>
    ) throws(EnvelopeError) -> SessionOperation {
        var cursor = WireCursor(range)
        var set: [String: String] = [:]
        var remove: [String] = []
        while let field = try cursor.next(bytes) {
            switch (field.number, field.content) {
            case (1, .range(let setting)): try SettingWire.read(bytes, setting, into: &set)
            case (2, .range(let text)):
                guard remove.count < EnvelopeLimits.settingsMax else {
                    throw .tooMany(limit: EnvelopeLimits.settingsMax)
                }
                remove.append(try bytes.text(text))
            default: continue
            }
        }
        return .write(set: set, remove: remove)
    }
}

/// `Message` of rpc.proto.
extension OutgoingMessage {
    func write(to writer: inout WireWriter) {
        writer.blob(1, topic)
        writer.blob(2, payload)
        writer.integer(3, UInt64(form.rawValue))
        writer.integer(4, UInt64(quality.rawValue))
    }

    static func read(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(EnvelopeError) -> OutgoingMessage {
        var cursor = WireCursor(range)
        var message = OutgoingMessage("", [])
        while let field = try cursor.next(bytes) {
            switch (field.number, field.content) {
            case (1, .range(let part)):
                // The topic reaches clients as text.
                message.topic = [UInt8](try bytes.text(part, limit: EnvelopeLimits.textBytesMax).utf8)
            case (2, .range(let part)): message.payload = [UInt8](copying: bytes, range: part)
            case (3, .integer(let number)):
                guard let form = UInt8(exactly: number).flatMap(PayloadForm.init(rawValue:)) else {
                    throw .invalidNumber(field: 3)
                }
                message.form = form
            case (4, .integer(let number)):
                guard let quality = UInt8(exactly: number).flatMap(DeliveryQuality.init(rawValue:)) else {
                    throw .invalidNumber(field: 4)
                }
                message.quality = quality
            default: continue
            }
        }
        return message
    }
}

/// `SessionReply.fault` of rpc.proto.
extension SessionFault {
    var number: UInt64 {
        switch self {
        case .noSuchSession: 1
        case .alreadyLoggedIn: 2
        case .overloaded: 3
        case .unreachable: 4
        case .storageFailed: 5
        case .notSendable: 6
        case .linkFull: 7
        }
    }

    init(number: UInt64) throws(EnvelopeError) {
        switch number {
        case 1: self = .noSuchSession
        case 2: self = .alreadyLoggedIn
        case 3: self = .overloaded
        case 4: self = .unreachable
        case 5: self = .storageFailed
        case 6: self = .notSendable
        case 7: self = .linkFull
        default: throw .invalidNumber(field: 5)
        }
    }

    /// The fault of a verb whose way to the gateway has one.
    init(_ fault: RPCFault) {
        switch fault {
        case .overloaded, .tooLarge: self = .overloaded
        case .linkFull: self = .linkFull
        case .noSuchModule, .noSuchHandler: self = .noSuchSession
        default: self = .unreachable
        }
    }
}
