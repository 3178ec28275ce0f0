/// A value without parts.
enum JSONLeaf {
    case null
    case bool(Bool)
    case number(JSONNumber)
    case string(String)
}

/// Where something stands in a text.
struct JSONPlace: Hashable, Sendable {
    /// The bytes, quotes and brackets included.
    var range: Range<Int>
    /// The position of the first byte; line 1, column 1 when the builder does not record positions.
    var position: JSONPosition
}

/// What a parser makes of the values it reads.
protocol JSONTreeBuilder {
    associatedtype Tree
    /// Whether places carry positions, which cost a pass over the text.
    static var recordsPositions: Bool { get }
    static func leaf(_ leaf: JSONLeaf, _ place: JSONPlace) -> Tree
    static func array(_ elements: [Tree], _ place: JSONPlace) -> Tree
    /// `keyPlaces` is empty unless positions are recorded.
    static func object(
        _ table: JSONKeyTable, _ keyPlaces: [JSONPlace], _ values: [Tree], _ place: JSONPlace
    ) -> Tree
}

/// Reads a text of either dialect into a tree, in one pass from front to back.
struct JSONTreeParser<Builder: JSONTreeBuilder> {
    private let dialect: JSONDialect
    private var budget: JSONBudget
    private var locator = JSONLocator()
    private var offset = 0
    /// Whether other readers could take the text for something else: a key stands twice, or half a surrogate pair is escaped.
    private(set) var isAmbiguous = false
    /// Holds a key or string while its escapes are resolved.
    private var scratch: [UInt8] = []

    init(dialect: JSONDialect, limits: JSONLimits) {
        self.dialect = dialect
        budget = JSONBudget(limits)
    }

    /// Reads the whole input; call it once.
    mutating func parse(_ bytes: Span<UInt8>) throws(JSONFault) -> Builder.Tree {
        try skipBlanks(bytes)
        let tree = try value(bytes, depth: 0, expected: .value)
        try skipBlanks(bytes)
        guard offset == bytes.count else { throw JSONFault(.trailingBytes, at: offset, in: bytes) }
        return tree
    }

    private mutating func skipBlanks(_ bytes: Span<UInt8>) throws(JSONFault) {
        switch dialect {
        case .json: offset = StrictReader.skipBlanks(bytes, from: offset)
        case .json5: offset = try JSON5Reader.skipBlanks(bytes, from: offset)
        }
    }

    private mutating func position(_ bytes: Span<UInt8>) -> JSONPosition {
        guard Builder.recordsPositions else { return JSONPosition(line: 1, column: 1) }
        return locator.position(of: offset, in: bytes)
    }

    private func place(from start: Int, _ position: JSONPosition) -> JSONPlace {
        JSONPlace(range: start..<offset, position: position)
    }

    /// The byte at the offset, when it is `byte`, is stepped over.
    private mutating func take(_ byte: UInt8, _ bytes: Span<UInt8>) -> Bool {
        guard offset < bytes.count, bytes[offset] == byte else { return false }
        offset += 1
        return true
    }

    private mutating func value(
        _ bytes: Span<UInt8>, depth: Int, expected: JSONExpectation
    ) throws(JSONFault) -> Builder.Tree {
        guard offset < bytes.count else { throw .unexpected(expected, at: offset, in: bytes) }
        let start = offset
        let byte = bytes[start]
        let position = position(bytes)
        try budget.countNode(at: start, in: bytes)
        switch byte {
        case ASCII.openBrace:
            try budget.checkDepth(depth, at: start, in: bytes)
            return try object(bytes, depth: depth, position)
        case ASCII.openBracket:
            try budget.checkDepth(depth, at: start, in: bytes)
            return try array(bytes, depth: depth, position)
        default:
            guard let leaf = try leaf(bytes, byte) else { throw .unexpected(expected, at: start, in: bytes) }
            return Builder.leaf(leaf, place(from: start, position))
        }
    }

    /// Reads a value without parts; `nil` when none starts with `byte`.
    private mutating func leaf(_ bytes: Span<UInt8>, _ byte: UInt8) throws(JSONFault) -> JSONLeaf? {
        switch byte {
        case ASCII.quote: return .string(try string(bytes, quote: byte))
        case ASCII.apostrophe where dialect == .json5: return .string(try string(bytes, quote: byte))
        case UInt8(ascii: "t"):
            offset = try StrictReader.skipWord(.true, bytes, at: offset)
            return .bool(true)
        case UInt8(ascii: "f"):
            offset = try StrictReader.skipWord(.false, bytes, at: offset)
            return .bool(false)
        case UInt8(ascii: "n"):
            offset = try StrictReader.skipWord(.null, bytes, at: offset)
            return .null
        case ASCII.minus where dialect == .json, ASCII.zero...ASCII.nine where dialect == .json:
            let start = offset
            offset = try StrictReader.skipNumber(bytes, at: start)
            return .number(JSONNumber(verified: try text(bytes, start..<offset)))
        case ASCII.plus, ASCII.minus, ASCII.dot, ASCII.zero...ASCII.nine, UInt8(ascii: "I"), UInt8(ascii: "N"):
            guard dialect == .json5 else { return nil }
            let number = try JSON5Reader.number(bytes, at: offset)
            offset = number.end
            return .number(number.value)
        default:
            return nil
        }
    }

    private mutating func array(
        _ bytes: Span<UInt8>, depth: Int, _ position: JSONPosition
    ) throws(JSONFault) -> Builder.Tree {
        let start = offset
        var elements: [Builder.Tree] = []
        offset += 1
        try skipBlanks(bytes)
        while !take(ASCII.closeBracket, bytes) {
            let mayEnd = elements.isEmpty || dialect == .json5
            elements.append(try value(bytes, depth: depth + 1, expected: mayEnd ? .valueOrArrayEnd : .value))
            try skipBlanks(bytes)
            if take(ASCII.closeBracket, bytes) { break }
            guard take(ASCII.comma, bytes) else { throw .unexpected(.commaOrArrayEnd, at: offset, in: bytes) }
            try skipBlanks(bytes)
            if dialect == .json, offset < bytes.count, bytes[offset] == ASCII.closeBracket {
                throw .unexpected(.value, at: offset, in: bytes)
            }
        }
        return Builder.array(elements, place(from: start, position))
    }

    private mutating func object(
        _ bytes: Span<UInt8>, depth: Int, _ position: JSONPosition
    ) throws(JSONFault) -> Builder.Tree {
        let start = offset
        var table = JSONKeyTable()
        var keyPlaces: [JSONPlace] = []
        var values: [Builder.Tree] = []
        offset += 1
        try skipBlanks(bytes)
        while !take(ASCII.closeBrace, bytes) {
            let mayEnd = values.isEmpty || dialect == .json5
            // Most objects are small; growing through 1 and 2 would cost them two more allocations each.
            if values.isEmpty { values.reserveCapacity(4) }
            let keyStart = offset
            let keyPosition = self.position(bytes)
            let key = try key(bytes, expected: mayEnd ? .keyOrObjectEnd : .key)
            let isNew = table.append(key)
            if !isNew, dialect == .json5 { throw JSONFault(.duplicateKey(key), at: keyStart, in: bytes) }
            if isNew, Builder.recordsPositions { keyPlaces.append(place(from: keyStart, keyPosition)) }
            try skipBlanks(bytes)
            guard take(ASCII.colon, bytes) else { throw .unexpected(.colon, at: offset, in: bytes) }
            try skipBlanks(bytes)
            let value = try value(bytes, depth: depth + 1, expected: .value)
            if isNew {
                values.append(value)
            } else if let place = table.place(of: key) {
                // The last one counts.
                isAmbiguous = true
                values[place] = value
            }
            try skipBlanks(bytes)
            if take(ASCII.closeBrace, bytes) { break }
            guard take(ASCII.comma, bytes) else { throw .unexpected(.commaOrObjectEnd, at: offset, in: bytes) }
            try skipBlanks(bytes)
            if dialect == .json, offset < bytes.count, bytes[offset] == ASCII.closeBrace {
                throw .unexpected(.key, at: offset, in: bytes)
            }
        }
        return Builder.object(table, keyPlaces, values, place(from: start, position))
    }

    private mutating func key(_ bytes: Span<UInt8>, expected: JSONExpectation) throws(JSONFault) -> String {
        guard offset < bytes.count else { throw .unexpected(expected, at: offset, in: bytes) }
        let byte = bytes[offset]
        if byte == ASCII.quote || (byte == ASCII.apostrophe && dialect == .json5) {
            return try string(bytes, quote: byte)
        }
        guard dialect == .json5 else { throw .unexpected(expected, at: offset, in: bytes) }
        scratch.removeAll(keepingCapacity: true)
        let end = try JSON5Reader.identifier(bytes, at: offset, into: &scratch)
        guard end > offset else { throw .unexpected(expected, at: offset, in: bytes) }
        offset = end
        return String(decoding: scratch, as: UTF8.self)
    }

    /// Reads the string whose opening quote is at the offset.
    private mutating func string(_ bytes: Span<UInt8>, quote: UInt8) throws(JSONFault) -> String {
        let start = offset + 1
        let extent = try JSONStringReader.extent(bytes, from: start, quote: quote, dialect: dialect)
        offset = extent.end + 1
        guard extent.hasEscapes else { return try text(bytes, start..<extent.end) }
        scratch.removeAll(keepingCapacity: true)
        try JSONStringReader.append(start..<extent.end, of: bytes, dialect: dialect, to: &scratch)
        if !isAmbiguous, scratch.contains(0xEF) { isAmbiguous = true }
        return String(decoding: scratch, as: UTF8.self)
    }

    /// The bytes of a range, which have been checked, as a string.
    private func text(_ bytes: Span<UInt8>, _ range: Range<Int>) throws(JSONFault) -> String {
        do {
            return String(copying: try UTF8Span(validating: bytes.extracting(range)))
        } catch {
            throw JSONFault(.invalidUTF8, at: range.lowerBound, in: bytes)
        }
    }
}
