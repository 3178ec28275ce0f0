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

    /// A key as most senders write it, with its quotes and the colon right behind it, in at most eight bytes.
    private struct Compact: Sendable {
        /// `"id":`, the first byte lowest, zeros behind it.
        var word: UInt64
        /// The bits of `word` that count.
        var mask: UInt64
        var byteCount: UInt8
        var place: UInt8
    }

    private let entries: ContiguousArray<Entry>
    private let compacts: ContiguousArray<Compact>
    private let bytes: [UInt8]

    /// A set of keys, given as the bytes they stand for, each with its place, which is how ``JSON/pick(_:in:from:into:limits:)`` calls it.
    /// Of two equal keys the first counts.
    public init(_ keys: [(key: [UInt8], place: UInt8)] = []) {
        var entries: ContiguousArray<Entry> = []
        var compacts: ContiguousArray<Compact> = []
        var bytes: [UInt8] = []
        for (key, place) in keys {
            precondition(place < Self.placesMax, "a key's place is below placesMax")
            entries.append(
                Entry(word: Self.word(key.prefix(8)), byteCount: key.count, start: bytes.count, place: place))
            bytes += key
            let written = [ASCII.quote] + key + [ASCII.quote, ASCII.colon]
            if written.count <= 8, key.allSatisfy(Self.isPlain) {
                compacts.append(
                    Compact(
                        word: Self.word(written[...]), mask: UInt64.max >> UInt64(64 - 8 * written.count),
                        byteCount: UInt8(written.count), place: place))
            }
        }
        self.entries = entries
        self.compacts = compacts
        self.bytes = bytes
    }

    /// Up to eight bytes, the first one lowest.
    private static func word(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        var word: UInt64 = 0
        for (index, byte) in bytes.enumerated() { word |= UInt64(byte) << UInt64(8 * index) }
        return word
    }

    /// Whether a byte of a key is written as it is.
    private static func isPlain(_ byte: UInt8) -> Bool {
        byte >= ASCII.space && byte < 0x80 && byte != ASCII.quote && byte != ASCII.backslash
    }

    /// The key that these eight bytes begin with, its quotes and the colon right behind it; `nil` for none, and for what is
    /// written in another way.
    @inline(__always)
    func compact(_ word: UInt64) -> (place: UInt8, byteCount: Int)? {
        for index in compacts.indices where word & compacts[index].mask == compacts[index].word {
            return (compacts[index].place, Int(compacts[index].byteCount))
        }
        return nil
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
