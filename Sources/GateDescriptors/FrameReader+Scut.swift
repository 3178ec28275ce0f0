import GateBytes
import GateProtocol

extension DescriptorProgram {
    /// Reads Scut's request: `?d=` and a percent-encoded form that ends with a signature.
    ///
    /// ```
    /// ?d=MsgId%3d2%26actionId%3d1001%26name%3da%2520b%26sign%3d73f8...
    ///    decoded once:  MsgId=2&actionId=1001&name=a%20b&sign=73f8...
    /// ```
    ///
    /// A `+` is a space, in both layers. The signature is the MD5 of all before `&sign=`, decoded once, and the key. `code` is the action, `id` the message,
    /// the payload a JSON object of all other parameters. Keys count without case. A key or a value that is no UTF-8 makes the
    /// form one that cannot be read.
    func readScutForm(
        _ input: Span<UInt8>, _ range: Range<Int>, values: inout FrameValues, scratch: inout ByteBuffer
    ) throws(FramingError) {
        let mark = Array("?d=".utf8)
        let range = Self.withoutRoute(input, range)
        guard range.count >= mark.count, input.extracting(range).starts(with: mark.span) else {
            throw .malformedBody(offset: 0)
        }
        let form = try Self.percentDecoded(input.extracting(range.lowerBound + mark.count..<range.upperBound))
        let parts = form.split(separator: UInt8(ascii: "&"), omittingEmptySubsequences: true)
        guard let last = parts.last, last.starts(with: "sign=".utf8) else { throw .badSignature }
        let signed = form[..<max(form.startIndex, last.startIndex - 1)] + nativeKey
        guard MD5.hexDigits(Array(signed).span).elementsEqual(last.dropFirst(5)) else { throw .badSignature }
        var seen: Set<[UInt8]> = []
        let start = scratch.count
        scratch.append(UInt8(ascii: "{"))
        for part in parts.dropLast() {
            guard let middle = part.firstIndex(of: UInt8(ascii: "=")) else {
                throw .malformedBody(offset: part.startIndex)
            }
            let key = Array(part[..<middle])
            let lower = key.map { $0 >= 0x41 && $0 <= 0x5A ? $0 | 0x20 : $0 }
            guard seen.insert(lower).inserted else { throw .duplicateKey }
            let value = try Self.percentDecoded(Array(part[(middle + 1)...]).span)
            // Bytes that are no text would be mended in the object, and names that differ would become one.
            guard isWellFormedUTF8(key.span), isWellFormedUTF8(value.span) else {
                values.isUnreadable = true
                continue
            }
            if lower.elementsEqual("actionid".utf8) || lower.elementsEqual("msgid".utf8) {
                guard let number = IdentifierTickets.plainNumber(value.span), number <= UInt64(Int32.max) else {
                    throw .malformedBody(offset: part.startIndex)
                }
                values.set(lower[0] == UInt8(ascii: "a") ? FrameValues.code : FrameValues.identifier, number: number)
                continue
            }
            if ["sid", "uid", "st"].contains(where: { lower.elementsEqual($0.utf8) }) { continue }
            if scratch.count > start + 1 { scratch.append(UInt8(ascii: ",")) }
            scratch.appendJSONString(key.span)
            scratch.append(UInt8(ascii: ":"))
            scratch.appendJSONString(value.span)
        }
        scratch.append(UInt8(ascii: "}"))
        values.set(FrameValues.payload, range: ByteRange(start: start, count: scratch.count - start, region: .scratch))
    }

    /// The form behind `route:NAME`, which names a server to the router in front of some gateways.
    private static func withoutRoute(_ input: Span<UInt8>, _ range: Range<Int>) -> Range<Int> {
        let prefix = Array("route:".utf8)
        guard range.count >= prefix.count,
            input.extracting(range.lowerBound..<range.lowerBound + prefix.count).equals(prefix.span),
            let end = input.extracting(range).firstOffset(of: UInt8(ascii: "?"))
        else { return range }
        return range.lowerBound + end..<range.upperBound
    }

    /// Bytes with each `%xx` resolved, and a space for each `+`, as .NET's `UrlDecode` does, which Scut's own server uses for
    /// the form as a whole and for each value.
    private static func percentDecoded(_ text: Span<UInt8>) throws(FramingError) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count)
        var place = 0
        while place < text.count {
            guard text[place] == UInt8(ascii: "%") else {
                bytes.append(text[place] == UInt8(ascii: "+") ? UInt8(ascii: " ") : text[place])
                place += 1
                continue
            }
            guard place + 2 < text.count, let high = digit(text[place + 1]), let low = digit(text[place + 2]) else {
                throw .malformedBody(offset: place)
            }
            bytes.append(high << 4 | low)
            place += 3
        }
        return bytes
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
