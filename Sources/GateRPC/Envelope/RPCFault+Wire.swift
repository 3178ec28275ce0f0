import GateBytes

/// `Fault` of rpc.proto.
extension RPCFault {
    /// Writes the fields of the fault.
    package func write(to writer: inout WireWriter) {
        switch self {
        case .internalError: break
        case .noSuchModule(let type): write(1, text: type, to: &writer)
        case .noSuchHandler(let name): write(2, text: name, to: &writer)
        case .deadlineExceeded: writer.integer(1, 3)
        case .overloaded: writer.integer(1, 4)
        case .unreachable: writer.integer(1, 5)
        case .tooLarge(let bytes, let limit):
            writer.integer(1, 6)
            writer.integer(4, UInt64(max(0, bytes)))
            writer.integer(5, UInt64(max(0, limit)))
        case .badPayload(let jsonSyntax):
            writer.integer(1, 7)
            if jsonSyntax { writer.presentSigned(3, 1) }
        case .wouldDeadlock(let type): write(8, text: type, to: &writer)
        case .tooDeep(let limit):
            writer.integer(1, 10)
            writer.integer(5, UInt64(max(0, limit)))
        case .handler(let code, let message):
            write(9, text: message, to: &writer)
            if code != 0 { writer.presentSigned(3, Int64(code)) }
        case .linkFull: writer.integer(1, 11)
        }
    }

    /// Texts are cut where the other side would refuse the whole answer.
    private func write(_ kind: UInt64, text: String, to writer: inout WireWriter) {
        writer.integer(1, kind)
        writer.text(2, text.utf8.count <= EnvelopeLimits.textBytesMax ? text : Self.cut(text))
    }

    private static func cut(_ text: String) -> String {
        var utf8 = Substring(text).utf8.prefix(EnvelopeLimits.textBytesMax)
        // Back to the begin of a character: bytes 10xxxxxx go on with one.
        while let next = text.utf8[utf8.endIndex...].first, next & 0xC0 == 0x80, !utf8.isEmpty {
            utf8 = utf8.dropLast()
        }
        return String(Substring(utf8))
    }

    /// The fault that `range` of `bytes` says; a kind that is unknown is ``internalError``.
    package static func read(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(EnvelopeError) -> RPCFault {
        var cursor = WireCursor(range)
        var (kind, text, code, size, limit): (UInt64, String, Int64, UInt64, UInt64) = (0, "", 0, 0, 0)
        while let field = try cursor.next(bytes) {
            switch (field.number, field.content) {
            case (1, .integer(let number)): kind = number
            case (2, .range(let part)): text = try bytes.text(part, limit: EnvelopeLimits.textBytesMax)
            case (3, .integer(let number)): code = number.unzigzagged
            case (4, .integer(let number)): size = number
            case (5, .integer(let number)): limit = number
            default: continue
            }
        }
        return switch kind {
        case 1: .noSuchModule(text)
        case 2: .noSuchHandler(text)
        case 3: .deadlineExceeded
        case 4: .overloaded
        case 5: .unreachable
        case 6: .tooLarge(bytes: Int(clamping: size), limit: Int(clamping: limit))
        case 7: .badPayload(jsonSyntax: code != 0)
        case 8: .wouldDeadlock(text)
        case 9: .handler(code: Int(code), message: text)
        case 10: .tooDeep(limit: Int(clamping: limit))
        case 11: .linkFull
        default: .internalError
        }
    }
}
