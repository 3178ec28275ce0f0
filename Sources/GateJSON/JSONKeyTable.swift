/// The keys of one object in their order, found in constant time.
///
/// Keys are compared scalar for scalar, as RFC 8259 section 8.3 has it, and not by canonical equivalence as strings are.
/// Small tables are searched in a row; larger ones have an index, whose hash is seeded, so that hostile keys cannot make
/// reading quadratic.
struct JSONKeyTable: Sendable {
    private static let unindexedMax = 8

    private(set) var keys: [String] = []
    private var places: [JSONKey: Int] = [:]

    func place(of key: String) -> Int? {
        if keys.count > Self.unindexedMax { return places[JSONKey(text: key)] }
        return keys.firstIndex { sameScalars($0, key) }
    }

    /// Adds a key at the end.
    /// - Returns: Whether it was new; nothing is added when it was not.
    mutating func append(_ key: String) -> Bool {
        guard place(of: key) == nil else { return false }
        if keys.isEmpty { keys.reserveCapacity(4) }
        keys.append(key)
        if keys.count > Self.unindexedMax + 1 {
            places[JSONKey(text: key)] = keys.count - 1
        } else if keys.count == Self.unindexedMax + 1 {
            rebuildIndex()
        }
        return true
    }

    mutating func remove(at place: Int) {
        keys.remove(at: place)
        rebuildIndex()
    }

    private mutating func rebuildIndex() {
        places.removeAll()
        guard keys.count > Self.unindexedMax else { return }
        places.reserveCapacity(keys.count)
        for (place, key) in keys.enumerated() { places[JSONKey(text: key)] = place }
    }
}

/// Whether two strings have the same scalars.
func sameScalars(_ left: String, _ right: String) -> Bool {
    left.utf8.count == right.utf8.count && left.utf8.elementsEqual(right.utf8)
}

/// A string that is equal to another only when the scalars are.
struct JSONKey: Hashable, Sendable {
    let text: String

    static func == (left: JSONKey, right: JSONKey) -> Bool { sameScalars(left.text, right.text) }

    func hash(into hasher: inout Hasher) {
        var word: UInt64 = 0
        var count = 0
        for byte in text.utf8 {
            word = word << 8 | UInt64(byte)
            count &+= 1
            if count & 7 == 0 { hasher.combine(word) }
        }
        hasher.combine(word)
        hasher.combine(count)
    }
}
