import GateBytes
import GateMQTT
import GateProtocol

/// What the MQTT state machine promises about any client. A trap, a hang or a throw is a finding.
///
/// The client is served four times, with its bytes whole, one at a time and in two kinds of pieces: events and output are
/// always the same, ranges lie inside the input, nothing comes behind a fault, and what is written is MQTT. Then it comes
/// again, on a connection that resumes what the first one left, and the same holds.
/// - Parameter input: Bytes of the client, most useful behind a CONNECT.
/// - Throws: ``FuzzFinding``.
public func fuzzMQTTProtocol(_ input: Span<UInt8>) throws(FuzzFinding) {
    let bytes = [UInt8](copying: input)
    let whole = try checkLife(bytes, after: nil)
    if let state = whole.state { _ = try checkLife(bytes, after: state) }
    try checkRefusal(bytes)
}

/// A client that is refused hears so, and nothing else.
private func checkRefusal(_ bytes: [UInt8]) throws(FuzzFinding) {
    let refusals: [Refusal] = [.unavailable, .badCredentials, .notAuthorized]
    let choice = bytes.count % 3
    let wire = MQTTProtocol(MQTTConfiguration(frameBytesMax: 4_096, limits: Life.limits))
    var effects = ProtocolEffects()
    effects.beginCall()
    do {
        let consumed = try wire.receive(bytes.span, at: Life.start, effects: &effects)
        guard case .opening? = effects.events.first, effects.output.isEmpty else { return }
        try wire.send(
            .refuse(refusals[choice]), topic: Span(), payload: Span(), at: Life.start, effects: &effects)
        let rest = bytes.span.extracting(consumed..<bytes.count)
        let swallowed = rest.isEmpty ? 0 : try wire.receive(rest, at: Life.start, effects: &effects)
        if swallowed != rest.count { throw FuzzFinding("\(rest.count - swallowed) bytes of a refused client are left") }
    } catch let finding as FuzzFinding {
        throw finding
    } catch {
        // A first packet that is none.
        return
    }
    // [MQTT-3.2.2-4]
    if effects.close != .refused || effects.output.array() != [0x20, 2, 0, UInt8(3 + choice)] {
        throw FuzzFinding("refused with \(effects.output.array())")
    }
}

/// One connection, served in all ways.
private func checkLife(_ bytes: [UInt8], after state: MQTTSessionState?) throws(FuzzFinding) -> Life {
    let whole = try Life.live(bytes, pieceBytes: max(1, bytes.count), eventsMax: 20, after: state)
    for (pieceBytes, eventsMax) in [(1, 20), (7, 1), (64, 3)] {
        let other = try Life.live(bytes, pieceBytes: pieceBytes, eventsMax: eventsMax, after: state)
        if other != whole { throw FuzzFinding("in pieces of \(pieceBytes): \(other), whole: \(whole)") }
    }
    try checkIsMQTT(whole.output)
    try checkIsMQTT(whole.acknowledgements)
    return whole
}

/// What became of one client.
private struct Life: Equatable {
    /// Topics, payloads and packet identifiers of its messages.
    var messages: [Message] = []
    var output: [UInt8] = []
    var acknowledgements: [UInt8] = []
    var fault: WireError?
    var close: CloseReason?
    var subscriptions = 0
    var held: [UInt16] = []
    /// What an earlier connection left.
    var resumed: MQTTSessionState?
    /// What the connection left for the next one.
    var state: MQTTSessionState?

    static func == (left: Life, right: Life) -> Bool {
        left.messages == right.messages && left.output == right.output
            && left.acknowledgements == right.acknowledgements && left.fault == right.fault
            && left.close == right.close && left.subscriptions == right.subscriptions && left.held == right.held
            && (left.state == nil) == (right.state == nil)
    }

    struct Message: Equatable {
        var topic: [UInt8]
        var payload: [UInt8]
        var acknowledgement: UInt16
    }

    static let start = MonotonicTime(nanoseconds: 1_000_000_000)

    /// Small, so that short inputs reach them.
    static let limits: MQTTLimits = {
        var limits = MQTTLimits()
        limits.subscriptionsMax = 3
        limits.filterBytesMax = 24
        limits.incomingIdentifiersMax = 4
        limits.outgoingWindowMax = 2
        limits.outgoingWaitingMax = 4
        return limits
    }()

    /// Serves a client that sends `bytes` in pieces; it is accepted, pushed to, and its messages are accepted at the end.
    /// - Parameter state: What an earlier connection left.
    static func live(
        _ bytes: [UInt8], pieceBytes: Int, eventsMax: Int, after state: MQTTSessionState?
    ) throws(FuzzFinding) -> Life {
        let configuration = MQTTConfiguration(frameBytesMax: 4_096, limits: limits, makeClientID: { [0x61] })
        let wire = MQTTProtocol(configuration)
        var life = Life()
        life.resumed = state
        var effects = ProtocolEffects(eventsMax: eventsMax)
        var (tail, end) = (0, 0)
        var wakeUp: MonotonicTime?
        while end < bytes.count && life.fault == nil && life.close == nil {
            end = min(bytes.count, end + pieceBytes)
            while tail < end && life.fault == nil && life.close == nil {
                let consumed = try life.receive(wire, bytes.span.extracting(tail..<end), effects: &effects)
                wakeUp = effects.wakeUp ?? wakeUp
                if consumed == 0 { break }
                tail += consumed
            }
        }
        life.output = effects.output.array()
        effects.output.removeAll()
        try life.checkDeadEnd(wire, effects: &effects)
        for message in life.messages where message.acknowledgement != 0 {
            try life.send(wire, .acknowledge(message.acknowledgement), effects: &effects)
        }
        // The answers' topics are the messages' own; a notice goes out before the connection ends.
        for message in life.messages {
            try life.send(wire, .reply(Correlation(rawValue: 0), .result, .bytes), message.topic, effects: &effects)
        }
        try life.send(wire, .kick, effects: &effects)
        try life.send(wire, .goodbye, effects: &effects)
        life.acknowledgements = effects.output.array()
        try life.checkKeepAlive(wire, wakeUp: wakeUp, effects: &effects)
        if let state = wire.suspend(at: Life.start) as? MQTTSessionState {
            life.subscriptions = state.subscriptions.count
            life.held = state.heldIdentifiers
            life.state = state
        }
        if life.subscriptions > limits.subscriptionsMax || life.held.count > limits.incomingIdentifiersMax {
            throw FuzzFinding("\(life.subscriptions) subscriptions and \(life.held.count) identifiers are kept")
        }
        return life
    }

    private mutating func receive(
        _ wire: MQTTProtocol, _ input: Span<UInt8>, effects: inout ProtocolEffects
    ) throws(FuzzFinding) -> Int {
        effects.beginCall()
        var consumed = 0
        do {
            consumed = try wire.receive(input, at: Life.start, effects: &effects)
        } catch {
            fault = error
        }
        close = effects.close
        if consumed < 0 || consumed > input.count { throw FuzzFinding("\(consumed) of \(input.count) bytes consumed") }
        if effects.events.count > effects.eventsMax { throw FuzzFinding("\(effects.events.count) events in one call") }
        let events = effects.takeEvents()
        for event in events {
            switch event {
            case .opening:
                if let resumed { wire.resume(resumed, at: Life.start) }
                try send(wire, .accept(sessionPresent: resumed != nil), effects: &effects)
                for _ in 0..<4 { try send(wire, .push(.atLeastOnce, .bytes), effects: &effects) }
            case .login: throw FuzzFinding("a login after the opening")
            case .message(let message): try take(message, input)
            }
        }
        effects.returnEvents(events)
        return consumed
    }

    private mutating func take(_ message: ClientMessage, _ input: Span<UInt8>) throws(FuzzFinding) {
        for range in [message.topic, message.payload] where range.offsets.upperBound > input.count {
            throw FuzzFinding("the range \(range) is outside of \(input.count) bytes")
        }
        messages.append(
            Message(
                topic: [UInt8](copying: input, range: message.topic.offsets),
                payload: [UInt8](copying: input, range: message.payload.offsets),
                acknowledgement: message.acknowledgement))
    }

    /// A client that falls silent is there until one and a half times its keep-alive have gone by [MQTT-3.1.2-24].
    private func checkKeepAlive(
        _ wire: MQTTProtocol, wakeUp: MonotonicTime?, effects: inout ProtocolEffects
    ) throws(FuzzFinding) {
        guard fault == nil, close == nil, let wakeUp else { return }
        effects.beginCall()
        do {
            try wire.timerFired(at: MonotonicTime(nanoseconds: wakeUp.nanoseconds - 1), effects: &effects)
        } catch {
            throw FuzzFinding("closed before \(wakeUp): \(error)")
        }
        if effects.wakeUp != wakeUp { throw FuzzFinding("not woken at \(wakeUp)") }
        do {
            try wire.timerFired(at: wakeUp, effects: &effects)
        } catch {
            if error != .keepAliveExpired { throw FuzzFinding("a silent client: \(error)") }
            return
        }
        throw FuzzFinding("a client that is silent is kept")
    }

    private mutating func send(
        _ wire: MQTTProtocol, _ action: ServerAction, _ topic: [UInt8] = [0x74], effects: inout ProtocolEffects
    ) throws(FuzzFinding) {
        do {
            try wire.send(
                action, topic: topic.span, payload: Span(), at: Life.start, effects: &effects)
        } catch .limitReached where resumed != nil {
            // What the first connection left fills the window.
        } catch {
            throw FuzzFinding("\(action) failed: \(error)")
        }
    }

    /// After a fault or a goodbye everything is swallowed and nothing comes.
    private func checkDeadEnd(_ wire: MQTTProtocol, effects: inout ProtocolEffects) throws(FuzzFinding) {
        guard fault != nil || close != nil else { return }
        let more: [UInt8] = [0xC0, 0x00, 0x30, 0x03, 0x00, 0x01, 0x61]
        effects.beginCall()
        do {
            _ = try wire.receive(more.span, at: Life.start, effects: &effects)
        } catch {
            throw FuzzFinding("a second fault: \(error)")
        }
        if !effects.events.isEmpty || !effects.output.isEmpty { throw FuzzFinding("something came behind the end") }
    }
}

private func checkIsMQTT(_ output: [UInt8]) throws(FuzzFinding) {
    var offset = 0
    while offset < output.count {
        do {
            guard
                case .frame(_, let count) = try MQTTCodec().decode(
                    output.span.extracting(offset..<output.count), scanned: 0)
            else { throw FuzzFinding("half a packet was written") }
            offset += count
        } catch {
            throw FuzzFinding("what was written is no MQTT: \(error)")
        }
    }
}
