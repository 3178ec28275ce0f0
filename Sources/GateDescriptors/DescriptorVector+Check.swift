import GateBytes
public import GateJSON
import GateProtocol

/// A vector whose bytes do not do what it says.
public struct DescriptorVectorFailure: Hashable, Sendable, CustomStringConvertible {
    /// What differs.
    public enum Part: String, Hashable, Sendable {
        case setup, events, out, close, rest
    }

    /// The vector, as in `$.vectors[2]`.
    public let path: String
    /// Where it stands in the file.
    public let position: JSONPosition
    /// How its bytes were handed over: `whole`, `byte by byte` or `in threes`.
    public let feeding: String
    /// What differs.
    public let part: Part
    /// What the vector says.
    public let expected: String
    /// What came of it.
    public let found: String

    /// `12:5: $.vectors[2], whole: out is 0000, expected 0001ff`. Of texts above 4096 bytes only the beginning.
    public var description: String {
        "\(position.line):\(position.column): \(path), \(feeding): \(part) is \(Self.shown(found)), "
            + "expected \(Self.shown(expected))"
    }

    private static func shown(_ text: String) -> String {
        let bytesMax = 4_096
        return text.utf8.count <= bytesMax ? text : "\(text.prefix(bytesMax))... (\(text.utf8.count) bytes)"
    }
}

extension ProtocolDescriptor {
    /// Runs each vector, with its own parameters and routes: its bytes whole, one by one and in threes.
    /// - Returns: What differs; nothing when all is as the file says.
    public func checkVectors() -> [DescriptorVectorFailure] {
        var failures: [DescriptorVectorFailure] = []
        var programs: [VectorListener: DescriptorProgram] = [:]
        for vector in vectors where vector.isForThisBuild {
            let program: DescriptorProgram
            let listener = VectorListener(parameters: vector.parameters, routes: vector.routes)
            do {
                program =
                    try programs[listener]
                    ?? self.program(
                        ProtocolOptions(
                            frameBytesMax: frameBytesMax, parameters: vector.parameters, routes: vector.routes))
                programs[listener] = program
            } catch {
                failures.append(
                    DescriptorVectorFailure(
                        path: vector.place.path, position: vector.place.position, feeding: "whole", part: .setup,
                        expected: "parameters and routes that the protocol takes", found: "\(error)"))
                continue
            }
            var known: [DescriptorVectorFailure] = []
            for (feeding, size) in [("whole", vector.input.count), ("byte by byte", 1), ("in threes", 3)] {
                var run = VectorRun(program, now: vector.now, refuses: vector.refuses)
                run.feed(vector.input, chunk: max(1, size))
                for send in vector.sends { run.send(send) }
                // What differs in the same way however the bytes come is said once.
                known += run.differences(from: vector, feeding: feeding).filter { failure in
                    !known.contains { $0.part == failure.part && $0.found == failure.found }
                }
            }
            failures += known
        }
        return failures
    }

    /// The vectors that ``checkVectors()`` leaves out because they are for another build, with the reason; as in
    /// `$.vectors[2]` and `needs zlib`.
    public var skippedVectors: [(path: String, reason: String)] {
        vectors.filter { !$0.isForThisBuild }.map { vector in
            let reason = vector.needs.map { "needs \($0.rawValue)" } ?? "for a build without zlib"
            return (vector.place.path, reason)
        }
    }

    /// How many vectors there are.
    public var vectorCount: Int { vectors.count }
}

extension DescriptorVector {
    /// Whether it says something of this build.
    var isForThisBuild: Bool { needs?.isPresent != false && lacks?.isPresent != true }
}

/// What a vector's listener says; vectors with the same one share a program.
private struct VectorListener: Hashable {
    var parameters: [String: String]
    var routes: [String: String]
}

/// One connection that a vector is run on.
private struct VectorRun: ~Copyable {
    private let program: DescriptorProgram
    private let connection: DescriptorProtocol
    private var effects = ProtocolEffects()
    private var pending: [UInt8] = []
    private var events: [DescriptorVector.Event] = []
    private var requests: [(correlation: Correlation, route: [UInt8])] = []
    private var close: CloseReason?
    /// What more is known of why the connection ended.
    private var closeNote = ""
    private let now: MonotonicTime
    private let refuses: Bool

    init(_ program: DescriptorProgram, now: MonotonicTime, refuses: Bool) {
        self.now = now
        self.refuses = refuses
        self.program = program
        connection = DescriptorProtocol(program)
        do {
            try connection.connected(at: now, effects: &effects)
        } catch {
            close = error.closeReason
        }
    }

    mutating func feed(_ input: [UInt8], chunk: Int) {
        var offset = 0
        while offset < input.count && close == nil {
            let next = min(offset + chunk, input.count)
            pending.append(contentsOf: input[offset..<next])
            offset = next
            take()
        }
    }

    mutating func send(_ send: DescriptorVector.Send) {
        guard close == nil else { return }
        var route = send.route
        var correlation = Correlation.none
        if send.request < requests.count {
            correlation = requests[send.request].correlation
            if route.isEmpty { route = requests[send.request].route }
        }
        let action: ServerAction =
            switch send.kind {
            case .response: .reply(correlation, .result, send.form)
            case .error: .reply(correlation, send.code == 0 ? .fault : .coded(send.code), send.form)
            case .push: .push(.atMostOnce, send.form)
            case .kick, .request, .notify, .heartbeat, .other: .kick
            }
        effects.beginCall()
        do {
            try connection.send(
                action, topic: route.span, payload: send.payload.span, at: now, effects: &effects)
        } catch {
            close = error.closeReason
        }
        if let wish = effects.close { close = close ?? wish }
    }

    /// Hands over what is pending until nothing more is taken.
    private mutating func take() {
        var isFull = true
        while isFull && close == nil && !pending.isEmpty {
            effects.beginCall()
            var consumed = 0
            let input = pending
            do {
                consumed = try connection.receive(input.span, at: now, effects: &effects)
            } catch {
                close = error.closeReason
                if case .framing(.badChecksum) = error, let fault = program.checkFault(input.span) {
                    closeNote = ": \(hexText(fault.found)), these bytes have \(hexText(fault.expected))"
                }
            }
            let asks = effects.events.contains(.login)
            for event in effects.events { note(event) }
            if let wish = effects.close { close = close ?? wish }
            isFull = effects.isFull || asks
            pending.removeFirst(consumed)
            if asks { answerLogin() }
        }
    }

    /// Lets the client in, or does not.
    private mutating func answerLogin() {
        effects.beginCall()
        let action: ServerAction = refuses ? .refuse(.notAuthorized) : .accept(sessionPresent: false)
        do {
            try connection.send(action, topic: Span(), payload: Span(), at: now, effects: &effects)
        } catch {
            close = error.closeReason
        }
        if let wish = effects.close { close = close ?? wish }
    }

    private mutating func note(_ event: ClientEvent) {
        guard case .message(let message) = event else { return }
        let route = bytes(message.topic)
        events.append(DescriptorVector.Event(kind: message.kind, route: route, payload: bytes(message.payload)))
        if message.kind == .request { requests.append((message.correlation, route)) }
    }

    private func bytes(_ range: ByteRange) -> [UInt8] {
        switch range.region {
        case .input: Array(pending[range.offsets])
        case .scratch: Array(effects.scratch.array()[range.offsets])
        }
    }

    func differences(from vector: DescriptorVector, feeding: String) -> [DescriptorVectorFailure] {
        var failures: [DescriptorVectorFailure] = []
        func compare(_ part: DescriptorVectorFailure.Part, _ expected: String, _ found: String) {
            guard expected != found else { return }
            failures.append(
                DescriptorVectorFailure(
                    path: vector.place.path, position: vector.place.position, feeding: feeding, part: part,
                    expected: expected, found: found))
        }
        compare(.events, text(vector.events), text(events))
        compare(.out, hexText(vector.output), hexText(effects.output.array()))
        if vector.close != close { compare(.close, reason(vector.close), reason(close) + closeNote) }
        if close == nil { compare(.rest, "\(vector.rest)", "\(pending.count)") }
        return failures
    }

    private func text(_ events: [DescriptorVector.Event]) -> String {
        let words = events.map { event in
            let kind = event.kind == .notify ? "notify" : "request"
            return "\(kind)(route: \(hexText(event.route)), payload: \(hexText(event.payload)))"
        }
        return words.isEmpty ? "none" : words.joined(separator: " ")
    }

    private func reason(_ close: CloseReason?) -> String { close?.rawValue ?? "none" }

    private func hexText(_ bytes: [UInt8]) -> String {
        if bytes.isEmpty { return "none" }
        return bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
