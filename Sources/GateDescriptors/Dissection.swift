public import GateProtocol

/// Bytes taken apart into frames and fields, for people.
public struct Dissection: Equatable, Sendable {
    /// Who sent the bytes.
    public enum Sender: String, CaseIterable, Sendable {
        case client, server
    }

    /// What a field holds.
    public enum Value: Equatable, Sendable {
        /// A number, and the name that the descriptor's `enum` gives it.
        case number(Int128, name: String?)
        /// Bytes that are UTF-8 without control characters.
        case text(String)
        /// Any other bytes.
        case bytes([UInt8])
    }

    /// A field and the bytes it takes.
    public struct Field: Equatable, Sendable {
        /// The name in the descriptor, or `field N` for one without.
        public var name: String
        /// The type as the descriptor writes it, with the byte order where that matters: `u16 le`.
        public var type: String
        /// From the start of the bytes that were taken apart.
        public var offset: Int
        /// The bytes it takes, a length in front of it included.
        public var byteCount: Int
        /// Bytes of the length in front of its value.
        public var prefixByteCount: Int
        /// What it holds.
        public var value: Value
    }

    /// A whole frame.
    public struct Frame: Equatable, Sendable {
        /// From the start of the bytes that were taken apart.
        public var offset: Int
        /// All its bytes.
        public var byteCount: Int
        /// The kind by the descriptor; `empty` for a frame whose length says that there is nothing in it, `other` for one
        /// of no kind where states say what becomes of it.
        public var kind: String
        /// In the order of the bytes.
        public var fields: [Field]
        /// What the frame says, as far as it says it: `route`, `id`, `payload`, `error`, `result`.
        public var meanings: [Meaning]
    }

    /// One of the things that a frame says.
    public struct Meaning: Equatable, Sendable {
        /// `route`, `code`, `id`, `payload`, `error` or `result`; `target` for where the listener's routes send it.
        public var name: String
        /// What it says.
        public var value: Value
    }

    /// How the bytes end.
    public enum Ending: Equatable, Sendable {
        /// With the end of a frame.
        case complete
        /// Within the frame at `offset`, of which `byteCount` bytes are there; at least `needed` have to be there before
        /// more can be said. `fields` are those that could be read.
        case incomplete(offset: Int, byteCount: Int, needed: Int, fields: [Field])
        /// With a fault in the frame that starts at `frame`; it was seen at `offset`, in the field of that name.
        case fault(FramingError, frame: Int, offset: Int, field: String, fields: [Field])
    }

    /// Calls each frame by the name that one of its numbers has, where it has that number.
    public mutating func nameKinds(byField field: String) {
        for index in frames.indices {
            guard let found = frames[index].fields.first(where: { $0.name == field }),
                case .number(_, let name?) = found.value
            else { continue }
            frames[index].kind = name
        }
    }

    /// The frames before the end or the fault.
    public var frames: [Frame] = []
    /// How it ends.
    public var ending = Ending.complete
    /// Where it ends with a check that is wrong: what these bytes have.
    public var expectedCheck: [UInt8]?
}
