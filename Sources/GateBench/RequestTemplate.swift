package import GateBytes
package import GateDescriptors
import GateJSON
import GateMQTT

/// A request as it goes on the wire, encoded once; only its token changes from one to the next.
///
/// ```
///  mqtt            30 | remaining length | topic length | Echo/HD_Raw/ 00000000 | payload
///  length32-json   00 00 00 2a | {"id": 1 0000000 ,"route":"Echo/HD_Raw","body": payload }
///  length16/32     length | payload                          (no token: answers come in order)
///                                                  ^ tokenOffset, eight decimal digits
/// ```
///
/// With a descriptor the token is the id that its requests carry, written as they write it.
package struct RequestTemplate: Sendable, Hashable {
    /// Digits of a token.
    package static let tokenDigits = 8
    /// Tokens are 0..<tokenLimit, and start again.
    package static let tokenLimit = 100_000_000
    /// The digit before the eight of a JSON id, so that the number has no leading zero.
    static let idPrefix: StaticString = "1"

    /// The whole frame, the token all zeros.
    package let bytes: [UInt8]
    /// Where the token stands, `nil` when the protocol has no place for it.
    package let tokenOffset: Int?
    /// With a descriptor: how the token is written; `nil` for eight decimal digits.
    package let identifier: DescriptorClient.Identifier?
    /// Tokens are 0..<tokenLimit, and start again.
    package var tokenLimit: Int { identifier?.limit ?? Self.tokenLimit }

    /// A request of `loadProtocol` to `topic` (`Type/Function`) with the bytes `payload`.
    package init(_ loadProtocol: LoadProtocol, topic: String, payload: [UInt8]) throws(LoadError) {
        let zeros = [UInt8](repeating: UInt8(ascii: "0"), count: Self.tokenDigits)
        identifier = nil
        switch loadProtocol {
        case .mqtt, .raw:
            let name = Array(topic.utf8) + [UInt8(ascii: "/")] + zeros
            bytes = try Self.publish(topic: name, payload: payload)
            tokenOffset = loadProtocol == .raw ? nil : bytes.count - payload.count - Self.tokenDigits
        case .length16:
            if payload.count > 0xFFFF { throw .invalidOption("payload", allowed: "at most 65535 bytes with length16") }
            bytes = [UInt8(payload.count >> 8), UInt8(payload.count & 0xFF)] + payload
            tokenOffset = nil
        case .length32:
            bytes = Self.lengthPrefixed(payload)
            tokenOffset = nil
        case .length32JSON:
            var body = Array("{\"id\":1".utf8)
            let offset = 4 + body.count
            body += zeros
            body += Array(",\"route\":".utf8)
            JSONValue.string(topic).write(into: &body)
            if !payload.isEmpty {
                body += Array(",\"body\":".utf8)
                body += payload
            }
            body.append(UInt8(ascii: "}"))
            bytes = Self.lengthPrefixed(body)
            tokenOffset = offset
        case .descriptor: throw .invalidOption("--protocol", allowed: "a name or a file")
        }
    }

    /// A request of the protocol that `client` speaks.
    package init(_ client: DescriptorClient, topic: String, payload: [UInt8]) throws(LoadError) {
        do throws(FrameComposingFault) {
            let request = try client.request(route: topic, payload: payload)
            bytes = request.bytes
            // Where an answer does not name its request, answers are taken in their order.
            identifier = client.answersNameRequests ? request.identifier : nil
            tokenOffset = identifier?.offset
        } catch {
            throw .notEncodable("a request to '\(topic)' in protocol '\(client.name)': \(error)")
        }
    }

    /// A message of MQTT that asks for no answer: a PUBLISH on `topic` itself, whose token stands behind the payload's
    /// first byte; the payload has at least ``FanoutTally/payloadBytesMin`` bytes.
    package init(casting topic: String, payload: [UInt8]) throws(LoadError) {
        precondition(payload.count >= FanoutTally.payloadBytesMin, "a cast has room for its number")
        bytes = try Self.publish(topic: Array(topic.utf8), payload: payload)
        tokenOffset = bytes.count - payload.count + 1
        identifier = nil
    }

    private static func publish(topic: [UInt8], payload: [UInt8]) throws(LoadError) -> [UInt8] {
        var buffer = ByteBuffer()
        do {
            try MQTTCodec().encode(.publish(MQTTPublish(topic: topic, payload: payload)), into: &buffer)
        } catch {
            throw .invalidOption("topic, payload", allowed: "what an MQTT PUBLISH can carry")
        }
        return buffer.array()
    }

    private static func lengthPrefixed(_ body: [UInt8]) -> [UInt8] {
        let count = UInt32(truncatingIfNeeded: body.count)
        return [UInt8(count >> 24), UInt8(count >> 16 & 0xFF), UInt8(count >> 8 & 0xFF), UInt8(count & 0xFF)] + body
    }

    /// Appends the frame with `token`, 0..<``tokenLimit``; one copy, nothing allocated.
    @inline(__always)
    package func append(token: Int, to output: inout ByteBuffer) {
        let start = output.count
        output.append(bytes.span)
        guard let tokenOffset else { return }
        if let identifier {
            write(UInt64(token) + identifier.base, identifier, at: start + tokenOffset, to: &output)
            return
        }
        var rest = UInt32(truncatingIfNeeded: token)
        var offset = start + tokenOffset + Self.tokenDigits
        while rest != 0 {
            offset -= 1
            let quotient = rest / 10
            output.set(offset, to: UInt8(truncatingIfNeeded: rest - quotient * 10) + UInt8(ascii: "0"))
            rest = quotient
        }
    }

    private func write(
        _ number: UInt64, _ identifier: DescriptorClient.Identifier, at start: Int, to output: inout ByteBuffer
    ) {
        let count = identifier.byteCount
        var rest = number
        for index in 0..<count {
            switch identifier.form {
            case .digits:
                output.set(start + count - 1 - index, to: UInt8(truncatingIfNeeded: rest % 10) + UInt8(ascii: "0"))
                rest /= 10
            case .bigEndian, .littleEndian:
                let place = identifier.form == .bigEndian ? count - 1 - index : index
                output.set(start + place, to: UInt8(truncatingIfNeeded: rest))
                rest >>= 8
            case .varint:
                let more: UInt8 = index + 1 < count ? 0x80 : 0
                output.set(start + index, to: UInt8(truncatingIfNeeded: rest & 0x7F) | more)
                rest >>= 7
            }
        }
    }
}

extension RequestTemplate {
    /// A payload of `count` bytes that is JSON text, where JSON can be that short: a string of the letter x.
    package static func payload(bytes count: Int) -> [UInt8] {
        if count < 2 { return [UInt8](repeating: UInt8(ascii: "1"), count: count) }
        let quote = UInt8(ascii: "\"")
        return [quote] + [UInt8](repeating: UInt8(ascii: "x"), count: count - 2) + [quote]
    }
}
