// The codec of the article "Write a codec in Swift", word for word; CodecArticleTests compares them.

// ---
import Gatehouse

/// u16 size | u8 kind | u32 id | u8 n | n bytes of route | payload: all behind the size is masked.
struct MaskedCodec: FrameCodec {
    static let kinds: [GateFrame.Kind] = [.heartbeat, .request, .notify, .response, .error, .push, .kick]
    static let mask: UInt8 = 0x5A
    let frameBytesMax: Int

    func decode(_ input: Span<UInt8>, scanned: Int) throws(FramingError) -> DecodeStep<GateFrame> {
        guard input.count >= 2 else { return .incomplete(needed: 2, scanned: 0) }
        let end = 2 + Int(input.bigEndianUInt16(at: 0))
        guard end <= frameBytesMax else { throw .frameTooLarge(bytes: end, limit: frameBytesMax) }
        guard end >= 8 else { throw .frameTooSmall(bytes: end, minimum: 8) }
        guard input.count >= end else { return .incomplete(needed: end, scanned: 0) }
        let body = [UInt8](copying: input, range: 2..<end).map { $0 ^ Self.mask }
        guard body[0] < Self.kinds.count else { throw .unknownKind(Int(body[0])) }
        let routeEnd = 6 + Int(body[5])
        guard routeEnd <= body.count else { throw .truncatedField }
        let route = Array(body[6..<routeEnd])
        guard isWellFormedUTF8(route.span) else { throw .invalidText }
        let id = body[1...4].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        let kind = Self.kinds[Int(body[0])]
        return .frame(GateFrame(kind, route: route, id: id, payload: Array(body[routeEnd...])), byteCount: end)
    }

    func encode(_ frame: GateFrame, into output: inout ByteBuffer) throws(FramingError) {
        let (size, limit) = (6 + frame.route.count + frame.payload.count, min(frameBytesMax - 2, 65_535))
        guard size <= limit else { throw .notEncodable(bytes: size, limit: limit) }
        guard frame.route.count <= 255 else { throw .notEncodable(bytes: frame.route.count, limit: 255) }
        let id = [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: frame.id >> $0) }
        let head = [UInt8(Self.kinds.firstIndex(of: frame.kind) ?? 0)] + id + [UInt8(frame.route.count)]
        output.append(bigEndian: UInt16(size))
        output.append((head + frame.route + frame.payload).map { $0 ^ Self.mask })
    }
}
// ---
