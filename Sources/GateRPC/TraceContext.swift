import GateBytes

/// Which request something belongs to, which step of it caused it, and whether it is recorded.
///
/// Source: W3C Trace Context, section 3.2.
public struct TraceContext: Hashable, Sendable {
    /// The request.
    public var trace: TraceID
    /// The step that caused this one; 0 for none.
    public var span: UInt64
    /// The trace flags; bit 0 says that the trace is recorded.
    public var flags: UInt8

    /// A context; see the properties.
    public init(_ trace: TraceID, span: UInt64 = 0, flags: UInt8 = 0) {
        self.trace = trace
        self.span = span
        self.flags = flags
    }

    /// Bytes of a `traceparent` of version 00, and of what is read of a later one.
    static let textBytes = 55

    /// Reads a `traceparent`: `00-TRACE-SPAN-FLAGS`, or a later version, which may say more behind a further dash. `nil` when
    /// it is none. Source: W3C Trace Context, section 4.3.
    public init?(traceparent text: String) {
        let bytes = Array(text.utf8)
        self.init(bytes.span, 0..<bytes.count)
    }

    /// Reads the `traceparent` that stands in `range`.
    init?(_ bytes: Span<UInt8>, _ range: Range<Int>) {
        let start = range.lowerBound
        guard range.count >= Self.textBytes, let version = Self.number(bytes, start, 2), version != 0xFF else {
            return nil
        }
        if range.count > Self.textBytes {
            guard version > 0, bytes[start + Self.textBytes] == UInt8(ascii: "-") else { return nil }
        }
        for dash in [2, 35, 52] where bytes[start + dash] != UInt8(ascii: "-") { return nil }
        guard let high = Self.number(bytes, start + 3, 16), let low = Self.number(bytes, start + 19, 16),
            let span = Self.number(bytes, start + 36, 16), let flags = Self.number(bytes, start + 53, 2),
            high != 0 || low != 0, span != 0
        else { return nil }
        // Of a later version only the lowest flag is known.
        self.init(TraceID(high: high, low: low), span: span, flags: UInt8(version == 0 ? flags : flags & 1))
    }

    /// Lower-case hex digits only.
    private static func number(_ bytes: Span<UInt8>, _ start: Int, _ count: Int) -> UInt64? {
        var number: UInt64 = 0
        for index in start..<start + count {
            switch bytes[index] {
            case 0x30...0x39: number = number << 4 | UInt64(bytes[index] - 0x30)
            case 0x61...0x66: number = number << 4 | UInt64(bytes[index] - 0x57)
            default: return nil
            }
        }
        return number
    }

    /// The context that a JSON object holds under `traceparent`, which a client sends with its request; `nil` for none.
    package static func found(in body: Span<UInt8>) -> TraceContext? {
        // The shortest body that can hold one.
        guard body.count >= textBytes + 17, body[0] == UInt8(ascii: "{") else { return nil }
        var index = 1
        while index + key.count + 2 + textBytes < body.count {
            if body[index] == UInt8(ascii: "\""), isKey(body, index) {
                var next = index + key.count
                while next < body.count, body[next] == 0x20 || body[next] == UInt8(ascii: ":") { next += 1 }
                guard next < body.count, body[next] == UInt8(ascii: "\""),
                    let end = body.firstOffset(of: UInt8(ascii: "\""), from: next + 1)
                else { return nil }
                return TraceContext(body, next + 1..<end)
            }
            index += 1
        }
        return nil
    }

    private static let key = Array("\"traceparent\"".utf8)

    private static func isKey(_ body: Span<UInt8>, _ start: Int) -> Bool {
        for index in key.indices where body[start + index] != key[index] { return false }
        return true
    }

    /// The same request, with another step.
    func hex(_ number: UInt64, _ digits: Int) -> String {
        let text = String(number, radix: 16)
        return String(repeating: "0", count: digits - text.count) + text
    }

    /// `00-TRACE-SPAN-FLAGS`; a context without a span names the trace's own last half there, since it may not be zero.
    public var traceparent: String {
        "00-\(trace)-\(hex(span == 0 ? trace.low | 1 : span, 16))-\(hex(UInt64(flags), 2))"
    }
}
