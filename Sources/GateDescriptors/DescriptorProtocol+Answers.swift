import GateBytes
import GateProtocol

/// From an answer, a push or a notice to a frame.
extension DescriptorProtocol {
    /// Writes an answer, or keeps it until its turn comes where answers go out in the order of the requests.
    func reply(
        _ kind: DescriptorKind, _ correlation: Correlation, _ content: inout FrameContent, _ topic: Span<UInt8>,
        _ payload: Span<UInt8>, _ output: inout ByteBuffer
    ) throws(WireError) {
        if program.keepsCalls
            || program.answersCarryRoute && correlation.rawValue >> 32 == UInt64(Address.ticketed)
        {
            try answer(kind, UInt32(truncatingIfNeeded: correlation.rawValue), &content, topic, payload, &output)
            return
        }
        let carries = program.answersCarryRoute
        let address = Address(rawValue: carries ? UInt32(truncatingIfNeeded: correlation.rawValue >> 32) : 0)
        let low = correlation.rawValue & 0xFFFF_FFFF
        switch program.identifiers {
        case .number:
            content.identifier = .number(carries ? low : correlation.rawValue)
            try write(kind, &content, address, topic, payload, &output)
        case .text:
            content.identifier = .digits(PackedDigits(rawValue: correlation.rawValue))
            let isKept = IdentifierTickets.isTicket(correlation)
            if isKept {
                guard let text = tickets.identifier(correlation) else { return }
                content.identifier = text
            }
            try write(kind, &content, Address(nil), topic, payload, &output)
            if isKept { tickets.end(correlation) }
        case .order:
            // The full number of which the correlation has the lower half.
            let number = nextReply &+ UInt64(UInt32(truncatingIfNeeded: low &- nextReply))
            guard number == nextReply, nextReply <= lastRequest else {
                try holdReply(kind, number, &content, address, topic, payload)
                return
            }
            try write(kind, &content, address, topic, payload, &output)
            nextReply += 1
            if heldCount > 0 { writeHeldReplies(&output) }
        }
    }

    /// Writes an answer that needs no more than the number of its request and its payload.
    @inline(__always)
    func writePlain(
        _ kind: DescriptorKind, _ correlation: Correlation, _ form: PayloadForm, _ payload: Span<UInt8>,
        at now: MonotonicTime, _ output: inout ByteBuffer
    ) throws(WireError) {
        var identifier = FrameIdentifier.number(correlation.rawValue)
        if case .text = program.identifiers {
            let digits = PackedDigits(rawValue: correlation.rawValue)
            if kind == .response, program.jsonAnswer.width > 0, form != .text,
                form == .json || ByteBuffer.isOneJSONValue(payload)
            {
                do { try program.writeJSONAnswer(digits, payload, into: &output) } catch { throw .framing(error) }
                return
            }
            identifier = .digits(digits)
        }
        let content = FrameContent(identifier: identifier, form: form, now: now)
        try write(program.writingRanges[kind.rawValue], content, Span(), payload, &output)
    }

    /// What a client gets in place of an answer that its protocol cannot say. Nothing of the request is forgotten before its
    /// answer is written, so it can be answered once more.
    /// - Throws: `fault`, when there is no room for this either.
    @inline(never)
    func replyUnwritable(
        _ fault: WireError, _ correlation: Correlation, _ topic: Span<UInt8>, at now: MonotonicTime,
        _ effects: inout ProtocolEffects
    ) throws(WireError) {
        guard program.canWrite(.error), let text = Self.refusal(of: fault) else { throw fault }
        switch program.errors {
        case .written, .frame: break
        case .close: throw fault
        case .nothing:
            try endUnanswered(correlation, &effects.output)
            effects.answersReplaced += 1
            return
        }
        do throws(WireError) {
            try reply(text, correlation, topic, at: now, &effects.output)
        } catch {
            throw fault
        }
        effects.answersReplaced += 1
    }

    private func reply(
        _ fault: [UInt8], _ correlation: Correlation, _ topic: Span<UInt8>, at now: MonotonicTime,
        _ output: inout ByteBuffer
    ) throws(WireError) {
        var content = FrameContent(form: .text, now: now)
        try self.reply(.error, correlation, &content, topic, fault.span, &output)
    }

    /// What is said in place of an answer that does not fit; `nil` for any other fault.
    private static func refusal(of fault: WireError) -> [UInt8]? {
        switch fault {
        case .framing(.notEncodable(let bytes, let limit)) where bytes > limit: Array("the answer is too long".utf8)
        case .framing(.notEncodable), .framing(.notExpressible): Array("the answer cannot be written".utf8)
        default: nil
        }
    }

    /// Does what the descriptor says of errors.
    /// - Returns: Whether that was all, so that nothing is to be written any more.
    @inline(never)
    func settleError(
        _ correlation: Correlation, _ outcome: ReplyOutcome, _ form: PayloadForm, _ topic: Span<UInt8>,
        _ payload: Span<UInt8>, at now: MonotonicTime, _ effects: inout ProtocolEffects
    ) throws(WireError) -> Bool {
        switch program.errors {
        case .nothing: try endUnanswered(correlation, &effects.output)
        case .close: effects.close = .requestFailed
        case .written, .frame:
            guard case .unrouted = outcome else { return false }
            try replyUnrouted(correlation, form, topic, payload, at: now, &effects.output)
        }
        return true
    }

    /// Answers a request that nobody serves, where an id tells the client which one it was; without an id an answer could
    /// be taken for that of another request, and none is written. The order of the others goes on.
    @inline(never)
    private func replyUnrouted(
        _ correlation: Correlation, _ form: PayloadForm, _ topic: Span<UInt8>, _ payload: Span<UInt8>,
        at now: MonotonicTime, _ output: inout ByteBuffer
    ) throws(WireError) {
        // A text is the fault's own; anything else has been put into an envelope, which is a result to us.
        let kind: DescriptorKind = form == .text ? .error : .response
        var content = FrameContent(form: form, now: now)
        // What goes out under a name of its own is taken for nobody's answer.
        var hasOwnName = false
        if case .frame = program.errors { hasOwnName = true }
        if !hasOwnName && dropsUnrouted(correlation) { return try endUnanswered(correlation, &output) }
        try reply(kind, correlation, &content, topic, payload, &output)
    }

    /// Whether nothing but its place would tell a client which request an answer is for.
    private func dropsUnrouted(_ correlation: Correlation) -> Bool {
        if program.keepsCalls {
            guard let call = calls.call(UInt32(truncatingIfNeeded: correlation.rawValue)) else { return true }
            return !call.isEnveloped && (call.key != nil || program.dropsUnrouted)
        }
        if case .order = program.identifiers { return true }
        return program.dropsUnrouted
    }

    /// Ends a request that gets no answer. The order of the others goes on.
    func endUnanswered(_ correlation: Correlation, _ output: inout ByteBuffer) throws(WireError) {
        let low = UInt32(truncatingIfNeeded: correlation.rawValue)
        let high = UInt32(truncatingIfNeeded: correlation.rawValue >> 32)
        if program.keepsCalls { return try endCall(low, &output) }
        switch program.identifiers {
        case .number:
            guard program.answersCarryRoute else { return }
            if high == Address.ticketed { calls.end(low) } else { forgetName(Address(rawValue: high)) }
        case .text: if IdentifierTickets.isTicket(correlation) { tickets.end(correlation) }
        case .order:
            if program.answersCarryRoute { forgetName(Address(rawValue: high)) }
            let number = nextReply &+ UInt64(UInt32(truncatingIfNeeded: correlation.rawValue &- nextReply))
            guard number <= lastRequest else { return }
            guard number == nextReply else {
                guard number > nextReply, !held.holds(number) else { return }
                try held.hold([], for: number)
                heldCount += 1
                return
            }
            nextReply += 1
            if heldCount > 0 { writeHeldReplies(&output) }
        }
    }

    /// Ends a call that gets no answer.
    private func endCall(_ ticket: UInt32, _ output: inout ByteBuffer) throws(WireError) {
        guard let call = calls.call(ticket) else { return }
        forgetName(Address(rawValue: call.address))
        guard !call.isEnveloped, let key = call.key else { return calls.end(ticket) }
        if calls.waits(ticket) { return try calls.hold([], for: ticket) }
        calls.end(ticket)
        while let frame = calls.next(key) { output.append(frame) }
    }

    /// Forgets a name that was kept for an answer.
    func forgetName(_ address: Address) {
        if let ticket = address.ticket { tickets.end(Correlation(rawValue: 1 << 63 | UInt64(ticket))) }
    }

    /// Keeps an answer that comes before its turn.
    private func holdReply(
        _ kind: DescriptorKind, _ number: UInt64, _ content: inout FrameContent, _ address: Address,
        _ topic: Span<UInt8>, _ payload: Span<UInt8>
    ) throws(WireError) {
        guard number > nextReply, number <= lastRequest, !held.holds(number) else { return }
        var frame = ByteBuffer()
        try write(kind, &content, address, topic, payload, &frame)
        try held.hold(frame.array(), for: number)
        heldCount += 1
    }

    /// Writes the answers whose turn has come.
    private func writeHeldReplies(_ output: inout ByteBuffer) {
        while let frame = held.take(nextReply) {
            output.append(frame)
            nextReply += 1
            heldCount -= 1
        }
    }

    /// Writes a frame under the client's own name or code of its route.
    func write(
        _ kind: DescriptorKind, _ content: inout FrameContent, _ address: Address, _ topic: Span<UInt8>,
        _ payload: Span<UInt8>, _ output: inout ByteBuffer
    ) throws(WireError) {
        if kind == .error, case .frame(let frame) = program.errors {
            content.code = frame.code
            try write(kind, content, frame.hasCode, frame.name.span, payload, &output)
            forgetName(address)
            return
        }
        if payload.isEmpty && !program.emptyPayload.isEmpty && kind != .error {
            let empty = program.emptyPayload
            try write(kind, &content, address, topic, empty.span, &output)
            return
        }
        if program.wrapsValues, kind != .error, let whole = Self.wrapped(payload, content.form) {
            content.form = .json
            try write(kind, &content, address, topic, whole.span, &output)
            return
        }
        if program.payloadIsJSON, case .text = content.form, kind != .error {
            var quoted = ByteBuffer()
            quoted.appendJSONString(payload)
            let text = quoted.array()
            content.form = .json
            try write(kind, &content, address, topic, text.span, &output)
            return
        }
        // Most answers only repeat an id.
        if program.addressedKinds & 1 << UInt16(kind.rawValue) == 0, address.ticket == nil {
            content.code = 0
            try write(program.writingRanges[kind.rawValue], content, topic, payload, &output)
            return
        }
        try writeAddressed(kind, &content, address, topic, payload, &output)
    }

    /// An object around a value that is neither object nor array; `nil` for those.
    private static func wrapped(_ payload: Span<UInt8>, _ form: PayloadForm) -> [UInt8]? {
        var start = 0
        while start < payload.count, payload[start] <= UInt8(ascii: " ") { start += 1 }
        let isText = form == .text
        if !isText, start < payload.count, payload[start] == UInt8(ascii: "{") || payload[start] == UInt8(ascii: "[") {
            return nil
        }
        var whole = ByteBuffer()
        whole.append(#"{"result":"#)
        whole.appendJSON(payload, form: form)
        whole.append("}")
        return whole.array()
    }

    /// Writes a frame that says what it is about.
    private func writeAddressed(
        _ kind: DescriptorKind, _ content: inout FrameContent, _ address: Address, _ topic: Span<UInt8>,
        _ payload: Span<UInt8>, _ output: inout ByteBuffer
    ) throws(WireError) {
        var hasCode = true
        // A code that an address has no room for is set already, from the call.
        if !address.isWideCode { content.code = 0 }
        if let entry = address.entry {
            let found = program.routes.entries[entry]
            let answers = kind == .response || kind == .error
            content.code = answers ? found.answerCode : found.code
            let name = answers ? found.answerName : found.name
            let hasCode = program.routes.form != .name && (program.routes.form != .dictionary || content.code != 0)
            try write(kind, content, hasCode, name.span, payload, &output)
            return
        } else if let code = address.code {
            content.code = code
        } else if let ticket = address.ticket {
            let kept = Correlation(rawValue: 1 << 63 | UInt64(ticket))
            guard case .text(let name)? = tickets.identifier(kept) else { return }
            try write(kind, content, false, name.span, payload, &output)
            tickets.end(kept)
            return
        } else if !address.isWideCode, let number = IdentifierTickets.plainNumber(topic) {
            content.code = number
        } else if !address.isWideCode {
            hasCode = false
            if let split = program.splitByte, topic.firstOffset(of: UInt8(ascii: "/")) != nil {
                var name = [UInt8](copying: topic)
                for index in name.indices where name[index] == UInt8(ascii: "/") { name[index] = split }
                try write(kind, content, false, name.span, payload, &output)
                return
            }
        }
        try write(kind, content, hasCode, topic, payload, &output)
    }

    func write(
        _ kind: DescriptorKind, _ content: borrowing FrameContent, _ hasCode: Bool, _ name: Span<UInt8>,
        _ payload: Span<UInt8>, _ output: inout ByteBuffer
    ) throws(WireError) {
        var range = program.writingRanges[kind.rawValue]
        let coded = program.codedRanges[kind.rawValue]
        if hasCode && !coded.isEmpty { range = coded }
        // A route without a code has no name in such a protocol: a push to it is not written.
        if !hasCode && kind == .push && program.needsCode & 1 << UInt16(kind.rawValue) != 0 { return }
        try write(range, content, name, payload, &output)
    }

    /// Writes a frame by the operations `range`.
    func write(
        _ range: Range<Int>, _ content: borrowing FrameContent, _ name: Span<UInt8>, _ payload: Span<UInt8>,
        _ output: inout ByteBuffer
    ) throws(WireError) {
        do {
            try program.write(range, route: name, payload: payload, content, into: &output)
        } catch {
            throw .framing(error)
        }
    }

    /// Writes a frame of the descriptor's own.
    func write(
        _ range: Range<Int>, _ content: borrowing FrameContent, _ output: inout ByteBuffer
    ) throws(WireError) {
        try write(range, content, Span(), Span(), &output)
    }
}
