import GateBytes
public import GateProtocol

/// Holds any ``FrameCodec`` against what every codec promises.
///
/// Frames are fed whole, one byte at a time, in random pieces, many in one input, and cut off everywhere; the result must
/// always be the same, and what is decoded must encode to what it was decoded from.
public struct CodecVerifier<Codec: FrameCodec> where Codec.Frame: Equatable {
    /// What came out of a run of bytes.
    public struct Outcome: Equatable {
        /// The frames before the end or the fault.
        public var frames: [Codec.Frame] = []
        /// The fault.
        public var fault: FramingError?
        /// Bytes left over behind the last frame.
        public var leftOver = 0
    }

    private let codec: Codec
    private let seed: UInt64
    private let rounds: Int
    /// At most so many places at which a run of bytes is cut off.
    private let cutsMax = 600

    /// A verifier of `codec`; `rounds` random splits of each run of bytes, drawn from `seed`.
    public init(_ codec: Codec, seed: UInt64 = 1, rounds: Int = 32) {
        self.codec = codec
        self.seed = seed
        self.rounds = rounds
    }

    /// Verifies everything about `frames`, which must be encodable.
    /// - Throws: ``VerifierFailure`` with the first promise broken.
    public func verify(_ frames: [Codec.Frame]) throws(VerifierFailure) {
        var stream: [UInt8] = []
        for frame in frames {
            let bytes = try encoded(frame)
            try verifyAlone(frame, bytes)
            try verifyCutOff(bytes)
            stream += bytes
        }
        let expected = Outcome(frames: frames)
        let whole = outcome(of: stream, pieces: [stream.count])
        if whole != expected { throw VerifierFailure("many frames in one input came out as \(whole)") }
        try verifySplits(stream)
    }

    /// Verifies that `bytes`, whatever they are, have one outcome however they are split, and returns it.
    @discardableResult
    public func verifySplits(_ bytes: [UInt8]) throws(VerifierFailure) -> Outcome {
        let whole = outcome(of: bytes, pieces: [bytes.count])
        let dripped = outcome(of: bytes, pieces: Array(repeating: 1, count: bytes.count))
        if dripped != whole { throw VerifierFailure("one byte at a time: \(dripped), whole: \(whole)") }
        var generator = SeededGenerator(seed: seed)
        for round in 0..<rounds {
            let pieces = generator.pieces(of: bytes.count, pieceMax: 1 << (round % 12))
            let split = outcome(of: bytes, pieces: pieces)
            if split != whole { throw VerifierFailure("in pieces \(pieces): \(split), whole: \(whole)") }
        }
        return whole
    }

    /// Verifies that `bytes`, which announce a frame above the limit, are refused once their first `headerBytes` are
    /// there, and not before.
    public func verifyOversize(_ bytes: [UInt8], headerBytes: Int) throws(VerifierFailure) {
        for count in 0..<headerBytes {
            if let fault = outcome(of: Array(bytes.prefix(count)), pieces: [count]).fault {
                throw VerifierFailure("\(fault) after \(count) bytes, which do not tell the length yet")
            }
        }
        let fault = outcome(of: Array(bytes.prefix(headerBytes)), pieces: [headerBytes]).fault
        guard case .frameTooLarge? = fault else {
            throw VerifierFailure("\(headerBytes) bytes of an oversize frame gave \(String(describing: fault))")
        }
    }

    private func encoded(_ frame: Codec.Frame) throws(VerifierFailure) -> [UInt8] {
        var output = ByteBuffer([0xA5])
        do {
            try codec.encode(frame, into: &output)
        } catch {
            throw VerifierFailure("\(frame) is not encodable: \(error)")
        }
        if output.isEmpty || output[0] != 0xA5 { throw VerifierFailure("encoding \(frame) changed what was there") }
        return Array(output.array().dropFirst())
    }

    private func verifyAlone(_ frame: Codec.Frame, _ bytes: [UInt8]) throws(VerifierFailure) {
        let alone = outcome(of: bytes, pieces: [bytes.count])
        guard alone == Outcome(frames: [frame]) else { throw VerifierFailure("\(frame) came out as \(alone)") }
        let again = try encoded(alone.frames[0])
        if again != bytes { throw VerifierFailure("\(frame) encodes to \(bytes), then to \(again)") }
    }

    private func verifyCutOff(_ bytes: [UInt8]) throws(VerifierFailure) {
        for count in stride(from: 0, to: bytes.count, by: max(1, bytes.count / cutsMax)) {
            let step: DecodeStep<Codec.Frame>
            do {
                step = try codec.decode(bytes.span.extracting(0..<count), scanned: 0)
            } catch {
                throw VerifierFailure("the first \(count) of \(bytes.count) bytes gave \(error)")
            }
            guard case .incomplete(let needed, let scanned) = step else {
                throw VerifierFailure("the first \(count) of \(bytes.count) bytes gave a frame")
            }
            if needed != 0 && (needed <= count || needed > bytes.count) || scanned > count {
                throw VerifierFailure("of \(count) bytes \(scanned) are scanned and \(needed) needed")
            }
        }
    }

    /// Feeds `bytes` in pieces as a connection does: no call before the needed bytes are there, none behind a fault.
    private func outcome(of bytes: [UInt8], pieces: [Int]) -> Outcome {
        var outcome = Outcome()
        var (start, end, needed, scanned) = (0, 0, 0, 0)
        for piece in pieces {
            end += piece
            while start < end && end - start >= needed {
                do {
                    switch try codec.decode(bytes.span.extracting(start..<end), scanned: scanned) {
                    case .incomplete(let moreNeeded, let moreScanned):
                        (needed, scanned) = (max(moreNeeded, end - start + 1), moreScanned)
                    case .frame(let frame, let byteCount):
                        outcome.frames.append(frame)
                        (start, needed, scanned) = (start + byteCount, 0, 0)
                    }
                } catch {
                    outcome.fault = error
                    return outcome
                }
            }
        }
        outcome.leftOver = end - start
        return outcome
    }
}
