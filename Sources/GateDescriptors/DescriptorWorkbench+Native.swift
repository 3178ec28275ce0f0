import GateBytes
import GateJSON

extension DescriptorWorkbench {
    /// The content of a part that Swift writes, as a client puts it into its frames. Gateways only read these, so the bytes
    /// are made here: they are for people.
    func nativeBody(
        _ codec: NativeCodec, _ field: FieldModel, _ content: FrameIngredients
    ) throws(FrameComposingFault) -> [UInt8] {
        switch codec {
        case .sprotoRPC: try sprotoBody(content)
        case .scutForm: try scutForm(field, content)
        }
    }

    /// Type, session where an answer is wanted, content; 0-packed.
    private func sprotoBody(_ content: FrameIngredients) throws(FrameComposingFault) -> [UInt8] {
        var session: UInt64?
        if let id = content.id { session = UInt64(id) }
        if content.kind == DescriptorKind.request.name && session == nil {
            throw .wrongValue(WellKnown.identifier, expected: "the session of a request, a number from 0")
        }
        var plain = ByteBuffer()
        Sproto.appendHeader(type: content.code, session: session, into: &plain)
        plain.append(content.payload)
        var packed = ByteBuffer()
        plain.withBytes { bytes in Sproto.pack(bytes, into: &packed) }
        return packed.array()
    }

    /// A form as the C# client writes it: values encoded, signed, the whole encoded once more.
    private func scutForm(_ field: FieldModel, _ content: FrameIngredients) throws(FrameComposingFault) -> [UInt8] {
        var form = Array("MsgId=\(content.id ?? 0)&Sid=&Uid=0&St=&actionId=\(content.code)".utf8)
        if !content.payload.isEmpty {
            guard let object = (try? JSONValue(parsing: content.payload))?.object else {
                throw .wrongValue(WellKnown.payload, expected: "an object of texts, such as {name: \"a b\"}")
            }
            for (key, value) in object {
                form.append(UInt8(ascii: "&"))
                form += Self.percentEncoded(Array(key.utf8))
                form.append(UInt8(ascii: "="))
                form += Self.percentEncoded(value.string.map { Array($0.utf8) } ?? value.encoded())
            }
        }
        let signed = form + field.nativeKey
        form += Array("&sign=".utf8) + MD5.hexDigits(signed.span)
        return Array("?d=".utf8) + Self.percentEncoded(form)
    }

    /// Everything but letters, digits and `-._~` as `%xx` (RFC 3986 section 2.3), with small digits as that client writes
    /// them.
    private static func percentEncoded(_ text: [UInt8]) -> [UInt8] {
        let digits = Array("0123456789abcdef".utf8)
        return text.flatMap { byte -> [UInt8] in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                [byte]
            default: [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
    }
}

extension FieldModel {
    /// The native part that a field is, if it is one.
    var nativeCodec: NativeCodec? { if case .native(let codec) = form { codec } else { nil } }

    /// The same field as plain bytes, for content that is made beforehand.
    var asPayload: FieldModel {
        var field = self
        field.name = WellKnown.payload
        field.form = .bytes
        return field
    }
}
