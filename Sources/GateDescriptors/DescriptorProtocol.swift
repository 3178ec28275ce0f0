public import GateBytes
import GateJSON
public import GateProtocol

/// One connection of a protocol that a descriptor describes.
///
/// The session opens with the connection. Owned by the connection's event loop. An idle one holds its few words of state
/// and no memory besides; a request allocates nothing unless its id has to be kept as text or its answer has to wait.
public final class DescriptorProtocol: WireProtocol {
    private let program: DescriptorProgram
    private var connectedAt = MonotonicTime(nanoseconds: 0)
    private var lastReceived = MonotonicTime(nanoseconds: 0)
    private var nextSend = MonotonicTime.never
    /// Bytes from the next frame's start before it is worth looking at; spares a look at each byte that drips in.
    private var needed = 0
    private var progress = ReadProgress()
    private var state = 0
    // Requests without an id are numbered from 1; plain numbers, because the compiler sees that nobody else reads them
    // meanwhile, and a check at run time would cost more than the rest of this.
    private var lastRequest: UInt64 = 0
    private var nextReply: UInt64 = 1
    private var heldCount = 0
    private var held = HeldReplies()
    private var tickets = IdentifierTickets()

    init(_ program: DescriptorProgram) {
        self.program = program
    }

    /// Opens the session, says what is to be said first, and starts the clocks.
    public func connected(at now: MonotonicTime, effects: inout ProtocolEffects) throws(WireError) {
        connectedAt = now
        lastReceived = now
        if program.timers.every > .zero { nextSend = now + program.timers.every }
        setWakeUp(&effects)
        effects.open(Credentials())
        for index in program.states.opening {
            if case .reply(let reply) = program.states.actions[index] {
                try write(program.replyRanges[reply], FrameContent(now: now), &effects.output)
            }
        }
    }

    /// Decodes frames; what the descriptor answers itself is answered at once.
    public func receive(
        _ input: Span<UInt8>, at now: MonotonicTime, effects: inout ProtocolEffects
    ) throws(WireError) -> Int {
        lastReceived = now
        if input.count < needed {
            effects.bytesNeeded = needed
            return 0
        }
        needed = 0
        var values = FrameValues()
        var consumed = 0
        while consumed < input.count && !effects.isFull {
            switch try read(input, at: consumed, &values, &effects.scratch) {
            case .incomplete(let needed):
                self.needed = needed
                effects.bytesNeeded = needed
                return consumed
            case .empty(let end):
                if case .heartbeat = program.emptyFrame { effects.output.append(input, range: consumed..<end) }
                consumed = end
            case .frame(let end):
                try take(values, input, consumed..<end, now, &effects)
                consumed = end
            }
            if progress.operation >= 0 { progress = ReadProgress() }
        }
        return consumed
    }

    /// Writes a reply, a push or a notice; what the descriptor has no word for is not written.
    public func send(
        _ action: ServerAction, topic: Span<UInt8>, payload: Span<UInt8>, at now: MonotonicTime,
        effects: inout ProtocolEffects
    ) throws(WireError) {
        switch action {
        case .reply(let correlation, let outcome, let form):
            let kind: DescriptorKind = outcome == .result ? .response : .error
            try reply(kind, correlation, FrameContent(form: form, now: now), topic, payload, &effects.output)
        case .push(_, let form):
            let entry = program.routes.entry(route: topic)
            try write(.push, FrameContent(form: form, now: now), Address(entry), topic, payload, &effects.output)
        case .kick:
            try write(
                .kick, FrameContent(form: .json, now: now), Address(nil), topic, payload, &effects.output)
        case .accept, .refuse, .acknowledge, .goodbye: break
        }
    }

    /// Closes a client that said nothing for the idle time or did not finish its handshake; sends what is sent regularly.
    public func timerFired(at now: MonotonicTime, effects: inout ProtocolEffects) throws(WireError) {
        let timers = program.timers
        if timers.idle > .zero && now >= lastReceived + timers.idle { throw .keepAliveExpired }
        if awaitsHandshake && now >= connectedAt + timers.handshake {
            effects.close = .handshakeTimeout
            return
        }
        if now >= nextSend {
            if isOpen { try write(program.replyRanges[timers.reply], FrameContent(now: now), &effects.output) }
            nextSend = now + timers.every
        }
        setWakeUp(&effects)
    }

    /// Whether messages are delivered.
    private var isOpen: Bool { program.states.isEmpty || program.states.delivers[state] }

    private var awaitsHandshake: Bool { program.timers.handshake > .zero && !isOpen }

    private func setWakeUp(_ effects: inout ProtocolEffects) {
        if program.timers.isEmpty { return }
        var time = nextSend
        if program.timers.idle > .zero { time = min(time, lastReceived + program.timers.idle) }
        if awaitsHandshake { time = min(time, connectedAt + program.timers.handshake) }
        effects.wakeUp = time
    }

    private func read(
        _ input: Span<UInt8>, at start: Int, _ values: inout FrameValues, _ scratch: inout ByteBuffer
    ) throws(WireError) -> FrameReading {
        do {
            return try program.read(input, at: start, values: &values, progress: &progress, scratch: &scratch)
        } catch {
            throw .framing(error)
        }
    }

    private func take(
        _ values: borrowing FrameValues, _ input: Span<UInt8>, _ frame: Range<Int>, _ now: MonotonicTime,
        _ effects: inout ProtocolEffects
    ) throws(WireError) {
        let found = program.kind(of: values)
        if !program.states.isEmpty {
            try act(found?.kind, found?.column ?? 255, values, input, now, &effects)
            return
        }
        guard let kind = found?.kind else { throw .framing(.unknownKind(0)) }
        switch kind {
        case .heartbeat: effects.output.append(input, range: frame)
        case .request, .notify: try deliver(kind, values, input, &effects)
        case .response, .error, .push, .kick, .other: throw .unexpectedFrame(kind: kind.rawValue)
        }
    }

    /// Does what the state says of a kind.
    private func act(
        _ kind: DescriptorKind?, _ column: UInt8, _ values: borrowing FrameValues, _ input: Span<UInt8>,
        _ now: MonotonicTime, _ effects: inout ProtocolEffects
    ) throws(WireError) {
        for index in program.states.range(state: state, column: column) {
            switch program.states.actions[index] {
            case .deliver: if let kind { try deliver(kind, values, input, &effects) }
            case .ignore: break
            case .close: throw .unexpectedFrame(kind: kind?.rawValue ?? DescriptorKind.other.rawValue)
            case .state(let next):
                state = next
                setWakeUp(&effects)
            case .reply(let reply):
                let range = program.replyRanges[reply]
                let copies = copies(for: range, values, input, effects.scratch)
                var content = FrameContent(now: now, copies: copies)
                if case .number = program.identifiers, values.has(FrameValues.identifier) {
                    content.identifier = .number(values.number(FrameValues.identifier))
                }
                content.code = values.has(FrameValues.code) ? values.number(FrameValues.code) : 0
                try write(range, content, &effects.output)
            }
        }
    }

    /// The values of a frame that a reply repeats.
    private func copies(
        for range: Range<Int>, _ values: borrowing FrameValues, _ input: Span<UInt8>, _ scratch: borrowing ByteBuffer
    ) -> [CopiedValue] {
        var copies: [CopiedValue] = []
        for index in range {
            let operation = program.writing[index]
            switch operation.code {
            case .copiedNumber:
                let number = values.has(operation.scope) ? values.number(operation.scope) : 0
                copies.append(CopiedValue(number: number, bytes: []))
            case .copied:
                let found = values.range(operation.scope)
                var bytes: [UInt8] = []
                if found.region == .input {
                    bytes = [UInt8](copying: input, range: found.offsets)
                } else {
                    bytes = scratch.withBytes { [UInt8](copying: $0, range: found.offsets) }
                }
                if operation.width != 255 { bytes = Self.element(Int(operation.width), of: bytes) }
                copies.append(CopiedValue(number: 0, bytes: bytes))
            default: continue
            }
        }
        return copies
    }

    /// The text of an element of a JSON array, `null` where there is none.
    private static func element(_ wanted: Int, of text: [UInt8]) -> [UInt8] {
        guard let value = try? JSONValue(parsing: text), let elements = value.array, wanted < elements.count else {
            return Array("null".utf8)
        }
        return elements[wanted].encoded()
    }

    private func deliver(
        _ kind: DescriptorKind, _ values: borrowing FrameValues, _ input: Span<UInt8>,
        _ effects: inout ProtocolEffects
    ) throws(WireError) {
        var address = Address(nil)
        let topic = try topic(values, input, &address, &effects.scratch)
        if kind == .request {
            let correlation = try begin(values, input, address)
            effects.append(
                .message(
                    ClientMessage(
                        kind: .request, topic: topic, payload: values.range(FrameValues.payload),
                        correlation: correlation)))
        } else {
            effects.append(
                .message(
                    ClientMessage(
                        kind: .notify, topic: topic, payload: values.range(FrameValues.payload), correlation: .none)))
        }
    }
}

/// A protocol belongs to its connection's event loop.
@available(*, unavailable)
extension DescriptorProtocol: Sendable {}

/// How a client names a route, in 32 bits of a correlation.
///
/// ```
/// 0                    as the topic says
/// 1...0x3FFF_FFFF      an entry of the listener's routes, its place and one
/// 0x4000_0000 | n      the name that is kept under ticket n
/// 0x8000_0000 | code   a code without an entry, up to 31 bits
/// ```
struct Address {
    static let named: UInt32 = 0x4000_0000
    static let coded: UInt32 = 0x8000_0000

    var rawValue: UInt32 = 0

    init(_ entry: Int?) { rawValue = entry.map { UInt32($0 + 1) } ?? 0 }
    init(rawValue: UInt32) { self.rawValue = rawValue }

    var entry: Int? { rawValue > 0 && rawValue < Self.named ? Int(rawValue) - 1 : nil }
    var code: UInt64? { rawValue & Self.coded != 0 ? UInt64(rawValue & ~Self.coded) : nil }
    var ticket: UInt32? {
        rawValue & Self.coded == 0 && rawValue & Self.named != 0 ? rawValue & ~Self.named : nil
    }
}

extension DescriptorProtocol {
    /// What a message is about: the route that the listener gives to the client's name or code. Empty when it gives none,
    /// so that the listener's own route counts.
    private func topic(
        _ values: borrowing FrameValues, _ input: Span<UInt8>, _ address: inout Address, _ scratch: inout ByteBuffer
    ) throws(WireError) -> ByteRange {
        let routes = program.routes
        if values.has(FrameValues.code) {
            let code = values.number(FrameValues.code)
            if let entry = routes.entry(code: code) {
                address = Address(entry)
                return append(routes.entries[entry].route, &scratch)
            }
            guard code <= UInt64(Int32.max) else { throw .framing(.invalidValue(Int(clamping: code))) }
            address = Address(rawValue: Address.coded | UInt32(code))
            return .empty
        }
        guard values.has(FrameValues.route) else { return .empty }
        let name = values.range(FrameValues.route)
        if name.region == .scratch {
            let copy = scratch.withBytes { [UInt8](copying: $0, range: name.offsets) }
            return try topic(copy.span, name, &address, &scratch)
        }
        return try topic(input.extracting(name.offsets), name, &address, &scratch)
    }

    private func topic(
        _ name: Span<UInt8>, _ range: ByteRange, _ address: inout Address, _ scratch: inout ByteBuffer
    ) throws(WireError) -> ByteRange {
        let routes = program.routes
        if let entry = routes.entry(name: name) {
            address = Address(entry)
            return append(routes.entries[entry].route, &scratch)
        }
        if name.firstOffset(of: UInt8(ascii: "/")) != nil { return range }
        // A name that says module and handler with another sign between them; of more parts the last two count.
        if let split = routes.split, let last = Self.lastOffset(of: split, in: name, before: name.count), last > 0 {
            let first = Self.lastOffset(of: split, in: name, before: last).map { $0 + 1 } ?? 0
            let start = scratch.count
            scratch.append(name, range: first..<last)
            scratch.append(UInt8(ascii: "/"))
            scratch.append(name, range: last + 1..<name.count)
            if program.answersCarryRoute { address = try keep(name) }
            return ByteRange(start: start, count: scratch.count - start, region: .scratch)
        }
        if program.answersCarryRoute, !routes.isDefault { address = try keep(name) }
        return routes.isDefault ? range : .empty
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
        _ values: borrowing FrameValues, _ input: Span<UInt8>, _ address: Address
    ) throws(WireError) -> Correlation {
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
            // Ids beyond 32 bits leave no room for how the client named the route: then the topic says it.
            return Correlation(rawValue: number > 0xFFFF_FFFF ? number : number | carried)
        case .text:
            let text = values.range(FrameValues.identifier).offsets
            if let number = IdentifierTickets.plainNumber(input.extracting(text)) {
                return Correlation(rawValue: number)
            }
            return try tickets.begin(input.extracting(text))
        }
    }

    private func reply(
        _ kind: DescriptorKind, _ correlation: Correlation, _ content: consuming FrameContent, _ topic: Span<UInt8>,
        _ payload: Span<UInt8>, _ output: inout ByteBuffer
    ) throws(WireError) {
        let carries = program.answersCarryRoute
        let address = Address(rawValue: carries ? UInt32(truncatingIfNeeded: correlation.rawValue >> 32) : 0)
        let low = correlation.rawValue & 0xFFFF_FFFF
        switch program.identifiers {
        case .number:
            content.identifier = .number(carries ? low : correlation.rawValue)
            try write(kind, content, address, topic, payload, &output)
        case .text:
            content.identifier = .number(correlation.rawValue)
            if IdentifierTickets.isTicket(correlation) {
                guard let text = tickets.end(correlation) else { return }
                content.identifier = text
            }
            try write(kind, content, Address(nil), topic, payload, &output)
        case .order:
            // The full number of which the correlation has the lower half.
            let number = nextReply &+ UInt64(UInt32(truncatingIfNeeded: low &- nextReply))
            guard number == nextReply, nextReply <= lastRequest else {
                try holdReply(kind, number, content, address, topic, payload)
                return
            }
            try write(kind, content, address, topic, payload, &output)
            nextReply += 1
            if heldCount > 0 { writeHeldReplies(&output) }
        }
    }

    /// Keeps an answer that comes before its turn.
    private func holdReply(
        _ kind: DescriptorKind, _ number: UInt64, _ content: borrowing FrameContent, _ address: Address,
        _ topic: Span<UInt8>, _ payload: Span<UInt8>
    ) throws(WireError) {
        guard number > nextReply, number <= lastRequest, !held.holds(number) else { return }
        var frame = ByteBuffer()
        try write(kind, content, address, topic, payload, &frame)
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
    private func write(
        _ kind: DescriptorKind, _ content: borrowing FrameContent, _ address: Address, _ topic: Span<UInt8>,
        _ payload: Span<UInt8>, _ output: inout ByteBuffer
    ) throws(WireError) {
        if payload.isEmpty && !program.emptyPayload.isEmpty && kind != .error {
            let empty = program.emptyPayload
            try write(kind, content, address, topic, empty.span, &output)
            return
        }
        if program.payloadIsJSON, case .text = content.form, kind != .error {
            var quoted = ByteBuffer()
            quoted.appendJSONString(payload)
            let text = quoted.array()
            let plain = FrameContent(identifier: content.identifier, code: content.code, form: .json, now: content.now)
            try write(kind, plain, address, topic, text.span, &output)
            return
        }
        var copy = FrameContent(identifier: content.identifier, form: content.form, now: content.now)
        var hasCode = true
        if let entry = address.entry {
            let found = program.routes.entries[entry]
            let answers = kind == .response || kind == .error
            copy.code = answers ? found.answerCode : found.code
            let name = answers ? found.answerName : found.name
            try write(kind, copy, program.routes.form != .name, name.span, payload, &output)
            return
        } else if let code = address.code {
            copy.code = code
        } else if let ticket = address.ticket {
            guard case .text(let name)? = tickets.end(Correlation(rawValue: 1 << 63 | UInt64(ticket))) else { return }
            try write(kind, copy, false, name.span, payload, &output)
            return
        } else if let number = IdentifierTickets.plainNumber(topic) {
            copy.code = number
        } else {
            hasCode = false
            if let split = program.routes.split, topic.firstOffset(of: UInt8(ascii: "/")) != nil {
                var name = [UInt8](copying: topic)
                for index in name.indices where name[index] == UInt8(ascii: "/") { name[index] = split }
                try write(kind, copy, false, name.span, payload, &output)
                return
            }
        }
        try write(kind, copy, hasCode, topic, payload, &output)
    }

    private func write(
        _ kind: DescriptorKind, _ content: borrowing FrameContent, _ hasCode: Bool, _ name: Span<UInt8>,
        _ payload: Span<UInt8>, _ output: inout ByteBuffer
    ) throws(WireError) {
        var range = program.writingRanges[kind.rawValue]
        let coded = program.codedRanges[kind.rawValue]
        if hasCode && !coded.isEmpty { range = coded }
        // A route without a code has no name in such a protocol: a push to it is not written.
        if !hasCode && kind == .push && program.needsCode & 1 << UInt16(kind.rawValue) != 0 { return }
        do {
            try program.write(range, route: name, payload: payload, content, into: &output)
        } catch {
            throw .framing(error)
        }
    }

    /// Writes a frame of the descriptor's own.
    private func write(
        _ range: Range<Int>, _ content: borrowing FrameContent, _ output: inout ByteBuffer
    ) throws(WireError) {
        do {
            try program.write(range, route: Span(), payload: Span(), content, into: &output)
        } catch {
            throw .framing(error)
        }
    }
}
