/// What a descriptor says, in words and numbers, for those who want to see it at a glance.
public struct DescriptorOutline: Equatable, Sendable {
    /// What a length counts.
    public enum Counted: Equatable, Sendable {
        /// The fields behind it.
        case after
        /// The whole frame.
        case frame
    }

    /// One field of a frame.
    public struct Field: Equatable, Sendable {
        /// The name, or the bytes of a constant without one.
        public var name: String
        /// The type as the descriptor writes it, with the byte order where that matters.
        public var type: String
        /// Bytes in a few words: `2 bytes`, `1 + n bytes`, `rest`.
        public var width: String
        /// Bytes, where it always has the same number of them.
        public var byteCount: Int?
        /// Whether it is there only `when` something holds.
        public var isConditional: Bool
        /// What it counts, when it says how far the frame goes.
        public var counts: Counted?
        /// All else that the descriptor says about it.
        public var notes: [String]
    }

    /// The fields of a frame in their order.
    public struct Layout: Equatable, Sendable {
        /// `frame` for both directions, `in` for what clients send, `out` for what they get.
        public var name: String
        /// In the order of the bytes.
        public var fields: [Field]
    }

    /// Entries with a title of their own.
    public struct Section: Equatable, Sendable {
        /// The word in the descriptor.
        public var title: String
        /// In the order of the file.
        public var entries: [Entry]
    }

    /// A name and what the descriptor says about it.
    public struct Entry: Equatable, Sendable {
        /// The name.
        public var name: String
        /// What is said.
        public var text: String
    }

    /// One for both directions, or one for each.
    public var layouts: [Layout]
    /// Where route, id, payload and error stand.
    public var slots: [Entry]
    /// In the order in which they are tried.
    public var kinds: [Entry]
    /// Limits, timers, and everything else that has no parts.
    public var settings: [Entry]
    /// Everything else that has: states, replies, parameters.
    public var sections: [Section]
}
