/// The keys that a reader of many small objects looks for, laid out so that a short one is compared in one step.
///
/// ```
/// "route"     72 6f 75 74 65 00 00 00     word: up to eight bytes, zeros behind a shorter key
/// ```
public struct JSONKeySet: Sendable {
    /// Places are below this.
    public static let placesMax = 32

    private struct Entry: Sendable {
        /// The first eight bytes, the first one lowest.
        var word: UInt64
        var byteCount: Int
        /// Where the key begins in `bytes`.
        var start: Int
        var place: UInt8
    }

    private let entries: ContiguousArray<Entry>
    private let bytes: [UInt8]

    /// A set of keys, given as the bytes they stand for, each with its place, which is what a ``JSONPicker`` says of it.
    /// Of two equal keys the first counts.
    public init(_ keys: [(key: [UInt8], place: UInt8)] = []) {
        var entries: ContiguousArray<Entry> = []
        var bytes: [UInt8] = []
        for (key, place) in keys {
            precondition(place < Self.placesMax, "a key's place is below placesMax")
            var word: UInt64 = 0
            for (index, byte) in key.prefix(8).enumerated() { word |= UInt64(byte) << UInt64(8 * index) }
            entries.append(Entry(word: word, byteCount: key.count, start: bytes.count, place: place))
            bytes += key
        }
        self.entries = entries
        self.bytes = bytes
    }

    /// The place of the key that has these bytes, of at most eight; ``placesMax`` for none.
    @inline(__always)
    func place(word: UInt64, byteCount: Int) -> UInt8 {
        for index in entries.indices where entries[index].word == word && entries[index].byteCount == byteCount {
            return entries[index].place
        }
        return UInt8(Self.placesMax)
    }

    /// The place of any key; ``placesMax`` for none.
    func place(of key: Span<UInt8>) -> UInt8 {
        search: for entry in entries where entry.byteCount == key.count {
            for index in key.indices where bytes[entry.start + index] != key[index] { continue search }
            return entry.place
        }
        return UInt8(Self.placesMax)
    }
}
