public import GateProtocol

/// Holds any ``WireProtocol`` against the promise that nothing depends on how its input is split.
public struct ProtocolVerifier {
    /// What came out of a connection's whole input.
    public struct Outcome: Equatable, Sendable {
        /// What the client did.
        public var events: [WireDriver.Event]
        /// What was written while the input was read, an opening's answer among it.
        public var output: [UInt8]
        /// What was written when the messages were accepted, after the last byte.
        public var acknowledgements: [UInt8]
        /// The fault.
        public var fault: WireError?
        /// The wish to close.
        public var close: CloseReason?
    }

    private let make: () -> any WireProtocol
    private let answer: ServerAction?
    private let seed: UInt64
    private let rounds: Int

    /// A verifier of what `make` makes, which must be in the same state each time. An opening is answered with `answer`
    /// at once; messages are accepted after the last byte, because acknowledgements are written at that time.
    public init(
        answer: ServerAction? = .accept(sessionPresent: false), seed: UInt64 = 1, rounds: Int = 32,
        _ make: @escaping () -> any WireProtocol
    ) {
        self.make = make
        self.answer = answer
        self.seed = seed
        self.rounds = rounds
    }

    /// Verifies that `bytes`, whatever they are, have one outcome however they are split, and returns it.
    /// - Throws: ``VerifierFailure`` with the split that made a difference.
    @discardableResult
    public func verify(_ bytes: [UInt8]) throws(VerifierFailure) -> Outcome {
        let whole = outcome(of: bytes, pieces: [bytes.count], eventsMax: 20)
        let dripped = outcome(of: bytes, pieces: Array(repeating: 1, count: bytes.count), eventsMax: 20)
        if dripped != whole { throw VerifierFailure("one byte at a time: \(dripped), whole: \(whole)") }
        var generator = SeededGenerator(seed: seed)
        for round in 0..<rounds {
            let pieces = generator.pieces(of: bytes.count, pieceMax: 1 << (round % 12))
            let eventsMax = 1 + round % 7
            let split = outcome(of: bytes, pieces: pieces, eventsMax: eventsMax)
            if split != whole {
                throw VerifierFailure("in pieces \(pieces), \(eventsMax) events a call: \(split), whole: \(whole)")
            }
        }
        return whole
    }

    private func outcome(of bytes: [UInt8], pieces: [Int], eventsMax: Int) -> Outcome {
        let driver = WireDriver(make(), eventsMax: eventsMax)
        driver.answerOpening = answer
        if driver.events.last == .opening, let answer { driver.send(answer) }
        var offset = 0
        for piece in pieces {
            driver.receive(Array(bytes[offset..<offset + piece]))
            offset += piece
        }
        let output = driver.takeOutput()
        let (fault, close) = (driver.fault, driver.close)
        for case .message(_, _, _, _, let acknowledgement) in driver.events where acknowledgement != 0 {
            driver.send(.acknowledge(acknowledgement))
        }
        return Outcome(
            events: driver.events, output: output, acknowledgements: driver.takeOutput(), fault: fault, close: close)
    }
}
