import GateBytes
import GateProtocol

/// From a frame to a message: where it goes, and how its answer will find it.
extension DescriptorProtocol {
    /// Makes an event of a request or a notify.
    func deliver(
        _ kind: DescriptorKind, _ values: inout FrameValues, _ input: Span<UInt8>,
        _ effects: inout ProtocolEffects
    ) throws(WireError) {
        var address = Address(nil)
        let topic = try topic(&values, input, &address, &effects.scratch)
        if values.isUnreadable { return try refuseUnreadable(kind, &values, input, address, &effects) }
        if kind == .request {
            let correlation = try begin(&values, input, address, effects.scratch)
            var message = ClientMessage(
                kind: .request, topic: topic, payload: values.range(FrameValues.payload), correlation: correlation)
            // With an id in an envelope it is one of those that are told apart.
            message.isInTurn = program.answersInOrder && !(program.hasEnvelope && values.has(FrameValues.identifier))
            effects.append(.message(message))
        } else {
            // Nobody answers, so nobody will ask for the name.
            forgetName(address)
            effects.append(
                .message(
                    ClientMessage(
                        kind: .notify, topic: topic, payload: values.range(FrameValues.payload), correlation: .none)))
        }
    }

    /// Answers a request a part of which cannot be said here: it ends, and the connection stays.
    @inline(never)
    private func refuseUnreadable(
        _ kind: DescriptorKind, _ values: inout FrameValues, _ input: Span<UInt8>, _ address: Address,
        _ effects: inout ProtocolEffects
    ) throws(WireError) {
        guard kind == .request else { return forgetName(address) }
        let correlation = try begin(&values, input, address, effects.scratch)
        let text = Array("the request is not UTF-8".utf8)
        try send(
            .reply(correlation, .fault, .text), topic: Span(), payload: text.span, at: lastReceived, effects: &effects)
    }

    /// What a message is about: the route that the listener gives to the client's name or code. Empty when it gives none,
    /// so that the listener's own route counts.
    private func topic(
        _ values: inout FrameValues, _ input: Span<UInt8>, _ address: inout Address, _ scratch: inout ByteBuffer
    ) throws(WireError) -> ByteRange {
        if values.has(FrameValues.code) {
            let code = values.number(FrameValues.code)
            if program.hasRouteEntries, let entry = program.routes.entry(code: code) {
                address = Address(entry)
                return append(program.routes.entries[entry].route, &scratch)
            }
            address = Address(code: code)
            return .empty
        }
        guard values.has(FrameValues.route) else { return .empty }
        let name = values.range(FrameValues.route)
        if program.takesNamesAsTheyAre { return name }
        if name.region == .scratch {
            let copy = scratch.withBytes { [UInt8](copying: $0, range: name.offsets) }
            return try topic(copy.span, name, &address, &scratch)
        }
        return try topic(input.extracting(name.offsets), name, &address, &scratch)
    }

    private func topic(
        _ name: Span<UInt8>, _ range: ByteRange, _ address: inout Address, _ scratch: inout ByteBuffer
    ) throws(WireError) -> ByteRange {
        if program.hasRouteEntries, let entry = program.routes.entry(name: name) {
            address = Address(entry)
            return append(program.routes.entries[entry].route, &scratch)
        }
        if name.firstOffset(of: UInt8(ascii: "/")) != nil { return range }
        // A name that says module and handler with another sign between them; of more parts the last two count.
        if let split = program.splitByte, let last = Self.lastOffset(of: split, in: name, before: name.count), last > 0
        {
            let first = Self.lastOffset(of: split, in: name, before: last).map { $0 + 1 } ?? 0
            let start = scratch.count
            scratch.append(name, range: first..<last)
            scratch.append(UInt8(ascii: "/"))
            scratch.append(name, range: last + 1..<name.count)
            if program.answersCarryRoute { address = try keep(name) }
            return ByteRange(start: start, count: scratch.count - start, region: .scratch)
        }
        if program.namesAreRoutes { return range }
        if program.answersCarryRoute { address = try keep(name) }
        return .empty
    }

    /// Keeps a name until its request is answered.
    private func keep(_ name: Span<UInt8>) throws(WireError) -> Address {
        let ticket = try tickets.begin(name).rawValue & ~(1 << 63)
        return Address(rawValue: Address.named | UInt32(ticket))
    }

    private static func lastOffset(of byte: UInt8, in bytes: Span<UInt8>, before end: Int) -> Int? {
        var index = end
        while index > 0 {
            index -= 1
            if bytes[index] == byte { return index }
        }
        return nil
    }

    private func append(_ route: [UInt8], _ scratch: inout ByteBuffer) -> ByteRange {
        let start = scratch.count
        scratch.append(route)
        return ByteRange(start: start, count: route.count, region: .scratch)
    }

    private func begin(
        _ values: inout FrameValues, _ input: Span<UInt8>, _ address: Address, _ scratch: borrowing ByteBuffer
    ) throws(WireError) -> Correlation {
        if program.keepsCalls { return try beginCall(&values, input, address, scratch) }
        let carried = program.answersCarryRoute ? UInt64(address.rawValue) << 32 : 0
        switch program.identifiers {
        case .order:
            guard lastRequest - (nextReply - 1) < UInt64(DescriptorLimits.outstandingMax) else {
                throw .limitReached(DescriptorLimits.outstandingMax)
            }
            lastRequest += 1
            return Correlation(rawValue: carried | lastRequest & 0xFFFF_FFFF)
        case .number:
            let number = values.has(FrameValues.identifier) ? values.number(FrameValues.identifier) : 0
            if !program.answersCarryRoute || number <= 0xFFFF_FFFF && !address.isWideCode {
                return Correlation(rawValue: number | carried)
            }
            // Ids beyond 32 bits leave no room for how the client named the route, and neither do such codes.
            let code = values.has(FrameValues.code) ? values.number(FrameValues.code) : 0
            let ticket = try calls.begin(
                OpenCalls.Call(address: address.rawValue, code: code, identifier: .number(number)))
            return Correlation(rawValue: UInt64(Address.ticketed) << 32 | UInt64(ticket))
        case .text:
            let text = values.range(FrameValues.identifier)
            if text.region == .scratch {
                let copy = scratch.withBytes { [UInt8](copying: $0, range: text.offsets) }
                return try begin(copy.span, copy.indices)
            }
            return try begin(input, text.offsets)
        }
    }

    /// Keeps a request whose answer goes out under its name, in its envelope, or with values of it.
    private func beginCall(
        _ values: inout FrameValues, _ input: Span<UInt8>, _ address: Address, _ scratch: borrowing ByteBuffer
    ) throws(WireError) -> Correlation {
        var call = OpenCalls.Call(address: address.rawValue)
        if values.has(FrameValues.code) { call.code = values.number(FrameValues.code) }
        switch program.identifiers {
        case .order where program.hasEnvelope && values.has(FrameValues.identifier):
            call.identifier = .number(values.number(FrameValues.identifier))
            call.isEnveloped = true
        case .order: call.key = answerKey(&values, input, address, scratch)
        case .number:
            call.identifier = .number(
                values.has(FrameValues.identifier) ? values.number(FrameValues.identifier) : 0)
        case .text:
            let range = values.range(FrameValues.identifier)
            if range.region == .input {
                call.identifier = try identifier(input.extracting(range.offsets))
            } else {
                let copy = scratch.withBytes { [UInt8](copying: $0, range: range.offsets) }
                call.identifier = try identifier(copy.span)
            }
        }
        call.copies = copies(program.answerCopies, &values, input, scratch)
        return Correlation(rawValue: UInt64(try calls.begin(call)))
    }

    /// An id as its answer repeats it.
    private func identifier(_ text: Span<UInt8>) throws(WireError) -> FrameIdentifier {
        if let digits = PackedDigits(text, 0..<text.count) { return .digits(digits) }
        guard text.count <= DescriptorLimits.identifierBytesMax else {
            throw .limitReached(DescriptorLimits.identifierBytesMax)
        }
        return .text([UInt8](copying: text))
    }

    /// What tells the answers of a client's names apart: the code or the name that they go out under. Two names with one
    /// key only wait for each other.
    private func answerKey(
        _ values: inout FrameValues, _ input: Span<UInt8>, _ address: Address, _ scratch: borrowing ByteBuffer
    ) -> UInt64 {
        guard program.answersCarryRoute else { return 0 }
        if let entry = address.entry {
            let found = program.routes.entries[entry]
            return program.routes.form == .name ? found.answerName.span.fnv1a : found.answerCode
        }
        if values.has(FrameValues.code) { return values.number(FrameValues.code) }
        let name = values.range(FrameValues.route)
        if name.region == .input { return input.extracting(name.offsets).fnv1a }
        return scratch.withBytes { $0.extracting(name.offsets).fnv1a }
    }

    /// Keeps an id that is the bytes `text` of `input`.
    @inline(__always)
    private func begin(_ input: Span<UInt8>, _ text: Range<Int>) throws(WireError) -> Correlation {
        if let digits = PackedDigits(input, text) { return Correlation(rawValue: digits.rawValue) }
        return try tickets.begin(input.extracting(text))
    }
}
