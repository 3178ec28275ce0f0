import GateBytes
import GateDescriptors
import GateProtocol
import GateTestKit

/// What sproto's packing and its header promise about any bytes: what the same rules say in plainer words.
func checkSproto(_ input: [UInt8]) throws(FuzzFinding) {
    // Bytes that stand in the output already stay, and count for nothing.
    var output = ByteBuffer()
    output.append([0xEE, 0x01])
    let unpacked = Result { () throws(FramingError) in try Sproto.unpack(input.span, into: &output) }
    let written = output.array()
    guard written.starts(with: [0xEE, 0x01]) else { throw FuzzFinding("bytes in front of the output changed") }
    let body = Array(written.dropFirst(2))
    switch (unpacked, plainUnpack(input)) {
    case (.success, .success(let expected)):
        if body != expected { throw FuzzFinding("unpacked to \(body), expected \(expected)") }
        try checkPacking(body)
        try checkHeader(body)
    case (.failure(let fault), .failure(let expected)):
        if fault != expected { throw FuzzFinding("refused with \(fault), expected \(expected)") }
    case (let found, let expected): throw FuzzFinding("\(found), expected \(expected)")
    }
    try checkPacking(input)
    try checkHeader(input)
}

/// Unpacks group by group, each of them a slice.
private func plainUnpack(_ input: [UInt8]) -> Result<[UInt8], FramingError> {
    var rest = input[...]
    var output: [UInt8] = []
    while let mask = rest.popFirst() {
        if mask == 0xFF {
            guard let groups = rest.popFirst() else { return .failure(.truncatedField) }
            let count = (Int(groups) + 1) * 8
            if rest.count < count { return .failure(.truncatedField) }
            output += rest.prefix(count)
            rest = rest.dropFirst(count)
        } else {
            if rest.count < mask.nonzeroBitCount { return .failure(.truncatedField) }
            for bit: UInt8 in 0..<8 { output.append(mask >> bit & 1 == 1 ? rest.removeFirst() : 0) }
        }
        if output.count > Sproto.unpackedBytesMax {
            return .failure(.inflatedTooLarge(limit: Sproto.unpackedBytesMax))
        }
    }
    return .success(output)
}

/// What was packed is unpacked to the same, and at worst two bytes for 2 048 longer.
private func checkPacking(_ bytes: [UInt8]) throws(FuzzFinding) {
    var packed = ByteBuffer()
    Sproto.pack(bytes.span, into: &packed)
    let padded = bytes + [UInt8](repeating: 0, count: (8 - bytes.count % 8) % 8)
    let worst = padded.count + 2 * (padded.count / 2_048 + 1)
    // A group of seven bytes and a mask is as long as it was.
    if packed.count > worst { throw FuzzFinding("\(bytes.count) bytes were packed into \(packed.count)") }
    guard case .success(padded) = plainUnpack(packed.array()) else {
        throw FuzzFinding("\(bytes) was packed into \(packed.array())")
    }
}

/// Powers of two at which a field may become wider, and their neighbours.
private let edges: [UInt64] =
    [0, .max]
    + [8, 15, 16, 31, 32, 63].flatMap { bit -> [UInt64] in
        let power = UInt64(1) << bit
        return [power - 2, power - 1, power, power + 1]
    }

/// The header lies inside the body, and is the same when it was written again.
private func checkHeader(_ body: [UInt8]) throws(FuzzFinding) {
    let found = Result { () throws(FramingError) in try HeaderFields(Sproto.header(body.span)) }
    let expected = plainHeader(body)
    if found != expected { throw FuzzFinding("the header is \(found), expected \(expected)") }
    // Numbers at the edges of what a word, four bytes and eight hold, whatever was read.
    var random = SeededGenerator(seed: body.span.fnv1a)
    let (one, other) = (edges[random.below(edges.count)], edges[random.below(edges.count)])
    try checkHeaderIsRead(type: one, session: other)
    try checkHeaderIsRead(type: nil, session: one)
    try checkHeaderIsRead(type: other, session: nil)
    guard case .success(let fields) = found else { return }
    if fields.end < 2 || fields.end > body.count { throw FuzzFinding("the header ends at \(fields.end)") }
    try checkHeaderIsRead(type: fields.type, session: fields.session)
}

/// A header that was written is read as the same.
private func checkHeaderIsRead(type: UInt64?, session: UInt64?) throws(FuzzFinding) {
    var output = ByteBuffer()
    Sproto.appendHeader(type: type, session: session, into: &output)
    let again = plainHeader(output.array())
    let same = HeaderFields((type: type, session: session, end: output.count))
    if again != .success(same) { throw FuzzFinding("\(same) was written and came back as \(again)") }
}

private struct HeaderFields: Equatable {
    var type: UInt64?
    var session: UInt64?
    var end: Int

    init(_ fields: (type: UInt64?, session: UInt64?, end: Int)) {
        (type, session, end) = fields
    }
}

/// A structure of sproto: a count, a word for each field, then the values that fit no word.
///
/// Source: skynet, `lualib-src/sproto/sproto.c`: an odd word skips tags, 0 is a value with a length, others a number.
private func plainHeader(_ body: [UInt8]) -> Result<HeaderFields, FramingError> {
    func word(_ place: Int) -> Int? {
        place + 2 <= body.count ? Int(body[place]) + 256 * Int(body[place + 1]) : nil
    }
    guard let count = word(0), 2 + 2 * count <= body.count else { return .failure(.truncatedField) }
    var values: [Int: UInt64?] = [:]
    var tag = 0
    var rest = body.dropFirst(2 + 2 * count)
    for place in 0..<count {
        guard let field = word(2 + 2 * place) else { return .failure(.truncatedField) }
        if field % 2 == 1 {
            tag += (field + 1) / 2
            continue
        }
        if field > 0 {
            values[tag] = UInt64(field / 2 - 1)
        } else {
            if rest.count < 4 { return .failure(.truncatedField) }
            let size = rest.prefix(4).reversed().reduce(0) { $0 * 256 + Int($1) }
            rest = rest.dropFirst(4)
            if rest.count < size { return .failure(.truncatedField) }
            let isNumber = size == 4 || size == 8
            if !isNumber && tag < 2 { return .failure(.invalidValue(size)) }
            values[tag] = isNumber ? rest.prefix(size).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) } : nil
            rest = rest.dropFirst(size)
        }
        tag += 1
    }
    return .success(HeaderFields((values[0] ?? nil, values[1] ?? nil, body.count - rest.count)))
}
