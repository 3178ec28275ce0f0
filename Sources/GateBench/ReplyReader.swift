import GateBytes
package import GateDescriptors
import GateJSON
import GateProtocol

/// One frame that came from the server, as offsets into the input.
package struct Reply: Sendable, Hashable {
    /// What a frame means to the load tool.
    package enum Kind: Sendable, Hashable {
        /// The server took the connection (MQTT: CONNACK 0).
        case accepted
        /// The server refused the connection, with its code.
        case refused(UInt8)
        /// A subscription was answered.
        case subscribed
        /// The answer to a request.
        case answer
        /// The answer to a request says that it failed; the body tells why.
        case failure
        /// Something the server sent by itself.
        case push
        /// A sign of life.
        case heartbeat
        /// Anything else; it means nothing here.
        case other
    }

    /// What it means.
    package var kind: Kind
    /// The token that the answer names, -1 when answers come in order.
    package var token = -1
    /// The payload.
    package var body: Range<Int>
    /// The first byte behind the frame.
    package var end: Int
}

/// Why bytes from the server are no frames.
package enum ReplyFault: Error, Hashable, Sendable {
    /// A length field that cannot be.
    case malformedLength
    /// A frame larger than ``ReplyReader/frameBytesMax``.
    case tooLarge(bytes: Int, limit: Int)
    /// A frame whose fields do not fit into it, or that is no JSON.
    case malformedFrame
}

/// Cuts what a server sends into frames. Keeps nothing; allocates nothing.
package struct ReplyReader: Sendable {
    /// Bytes of the longest frame that is taken; 16 MiB.
    package static let frameBytesMax = 16_777_216

    private let loadProtocol: LoadProtocol
    /// With ``LoadProtocol/raw``: every so many bytes are one answer.
    private let rawFrameBytes: Int
    private let client: DescriptorClient?
    /// With a descriptor: the id of token 0, and how many there are.
    private let identifiers: (base: UInt64, limit: Int)

    /// A reader; `rawFrameBytes` counts for the raw protocol only, `client` and the `request` it sends for a descriptor.
    package init(
        _ loadProtocol: LoadProtocol, rawFrameBytes: Int = 1, client: DescriptorClient? = nil,
        request: RequestTemplate? = nil
    ) {
        self.loadProtocol = loadProtocol
        self.client = client
        identifiers = (request?.identifier?.base ?? 0, request?.identifier?.limit ?? 0)
        self.rawFrameBytes = max(1, rawFrameBytes)
    }

    /// The frame at `start`, or `nil` when its end has not come yet.
    @inline(__always)
    package func next(in input: Span<UInt8>, at start: Int) throws(ReplyFault) -> Reply? {
        switch loadProtocol {
        case .mqtt: return try mqtt(input, start)
        case .raw:
            let end = start + rawFrameBytes
            return input.count < end ? nil : Reply(kind: .answer, body: start..<end, end: end)
        case .length16:
            if input.count - start < 2 { return nil }
            return try bare(input, start + 2, bytes: Int(input.bigEndianUInt16(at: start)))
        case .length32:
            if input.count - start < 4 { return nil }
            return try bare(input, start + 4, bytes: Int(input.bigEndianUInt32(at: start)))
        case .length32JSON:
            if input.count - start < 4 { return nil }
            let bytes = Int(input.bigEndianUInt32(at: start))
            if bytes > Self.frameBytesMax { throw .tooLarge(bytes: bytes, limit: Self.frameBytesMax) }
            let end = start + 4 + bytes
            return input.count < end ? nil : try json(input, (start + 4)..<end)
        case .descriptor: return try described(input, start)
        }
    }

    // MARK: Descriptors

    private func described(_ input: Span<UInt8>, _ start: Int) throws(ReplyFault) -> Reply? {
        let frame: DescriptorClient.Frame?
        do { frame = try client?.read(input, at: start) } catch { throw .malformedFrame }
        guard let frame else { return nil }
        var reply = Reply(kind: .other, body: frame.body, end: frame.end)
        if let identifier = frame.identifier, identifier >= identifiers.base,
            identifier - identifiers.base < UInt64(identifiers.limit)
        {
            reply.token = Int(identifier - identifiers.base)
        }
        switch frame.kind {
        case .answer: reply.kind = input.isErrorEnvelope(frame.body) ? .failure : .answer
        case .failure: reply.kind = .failure
        case .push: reply.kind = .push
        case .heartbeat: reply.kind = .heartbeat
        case .other: break
        }
        return reply
    }

    /// A bare result; an empty frame is a heartbeat.
    private func bare(_ input: Span<UInt8>, _ start: Int, bytes: Int) throws(ReplyFault) -> Reply? {
        if bytes > Self.frameBytesMax { throw .tooLarge(bytes: bytes, limit: Self.frameBytesMax) }
        let body = start..<(start + bytes)
        if input.count < body.upperBound { return nil }
        let kind: Reply.Kind = body.isEmpty ? .other : input.isErrorEnvelope(body) ? .failure : .answer
        return Reply(kind: kind, body: body, end: body.upperBound)
    }

    // MARK: MQTT

    private func mqtt(_ input: Span<UInt8>, _ start: Int) throws(ReplyFault) -> Reply? {
        if input.count - start < 2 { return nil }
        var offset = start + 1
        var bytes = 0
        var shift = 0
        while true {
            if offset >= input.count { return nil }
            let byte = input[offset]
            offset += 1
            bytes |= Int(byte & 0x7F) << shift
            if byte < 0x80 { break }
            shift += 7
            if shift == 28 { throw .malformedLength }
        }
        if bytes > Self.frameBytesMax { throw .tooLarge(bytes: bytes, limit: Self.frameBytesMax) }
        let end = offset + bytes
        if input.count < end { return nil }
        switch input[start] >> 4 {
        case 3: return try publish(input, offset..<end, first: input[start])
        case 2:
            if bytes != 2 { throw .malformedFrame }
            let code = input[offset + 1]
            return Reply(kind: code == 0 ? .accepted : .refused(code), body: offset..<end, end: end)
        case 9: return Reply(kind: .subscribed, body: offset..<end, end: end)
        default: return Reply(kind: .other, body: offset..<end, end: end)
        }
    }

    @inline(__always)
    private func publish(_ input: Span<UInt8>, _ frame: Range<Int>, first: UInt8) throws(ReplyFault) -> Reply {
        if frame.count < 2 { throw .malformedFrame }
        let topicEnd = frame.lowerBound + 2 + Int(input.bigEndianUInt16(at: frame.lowerBound))
        let bodyStart = topicEnd + (first & 0x06 == 0 ? 0 : 2)
        if bodyStart > frame.upperBound { throw .malformedFrame }
        let body = bodyStart..<frame.upperBound
        let tokenStart = topicEnd - RequestTemplate.tokenDigits
        guard tokenStart > frame.lowerBound + 2, input[tokenStart - 1] == UInt8(ascii: "/"),
            let token = input.tokenNumber(tokenStart..<topicEnd)
        else { return Reply(kind: .push, body: body, end: frame.upperBound) }
        let kind: Reply.Kind = input.isErrorEnvelope(body) ? .failure : .answer
        return Reply(kind: kind, token: token, body: body, end: frame.upperBound)
    }

    // MARK: length32-json

    private func json(_ input: Span<UInt8>, _ frame: Range<Int>) throws(ReplyFault) -> Reply {
        if frame.isEmpty { return Reply(kind: .other, body: frame, end: frame.upperBound) }
        let text = input.extracting(frame)
        var scanner = JSONScanner()
        var reply = Reply(kind: .push, body: frame, end: frame.upperBound)
        do throws(JSONFault) {
            while let member = try scanner.next(in: text) {
                let start = frame.lowerBound + member.valueRange.lowerBound
                let value = start..<(start + member.valueRange.count)
                if member.hasKey("id", in: text) {
                    // Behind the 1 that keeps the number free of leading zeros.
                    reply.token = input.tokenNumber(value.dropFirst()) ?? -1
                } else if member.hasKey("result", in: text) {
                    reply.kind = .answer
                    reply.body = value
                } else if member.hasKey("error", in: text) {
                    reply.kind = .failure
                    reply.body = value
                }
            }
        } catch {
            throw .malformedFrame
        }
        return reply
    }
}

extension Span where Element == UInt8 {
    /// The number that exactly ``RequestTemplate/tokenDigits`` digits say.
    @inline(__always)
    func tokenNumber(_ range: Range<Int>) -> Int? {
        if range.count != RequestTemplate.tokenDigits { return nil }
        var value = 0
        for index in range {
            let digit = self[index] &- UInt8(ascii: "0")
            if digit > 9 { return nil }
            value = value * 10 + Int(digit)
        }
        return value
    }

    /// Whether the body is the gateway's answer for a fault: an object with an `"Error"` that is not empty.
    @inline(__always)
    func isErrorEnvelope(_ body: Range<Int>) -> Bool {
        // Answers of the load's own payload never begin like this, so the walk is for faults and envelopes only.
        if body.isEmpty || self[body.lowerBound] != UInt8(ascii: "{") { return false }
        return errorText(body) != nil
    }

    /// The text of the envelope's `Error`, raw, as a range; `nil` when there is none or it is empty.
    func errorText(_ body: Range<Int>) -> Range<Int>? {
        let text = extracting(body)
        var scanner = JSONScanner()
        var found: Range<Int>?
        do throws(JSONFault) {
            while let member = try scanner.next(in: text) {
                if let value = member.stringRange, !value.isEmpty, member.hasKey("Error", in: text) {
                    found = (body.lowerBound + value.lowerBound)..<(body.lowerBound + value.upperBound)
                }
            }
        } catch {
            return nil
        }
        return found
    }
}
