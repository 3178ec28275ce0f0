/// Where the value of a known key stands.
public struct JSONPick: Hashable, Sendable {
    private let start: UInt32
    private let end: UInt32
    private let firstByte: UInt8
    /// The key's place in its ``JSONKeySet``.
    public let place: UInt8
    /// Whether a string holds escapes, so that its raw bytes are not the string itself; `false` for other kinds.
    public let hasEscapes: Bool

    init(place: UInt8, start: Int, end: Int, firstByte: UInt8, hasEscapes: Bool) {
        self.start = UInt32(truncatingIfNeeded: start)
        self.end = UInt32(truncatingIfNeeded: end)
        self.firstByte = firstByte
        self.place = place
        self.hasEscapes = hasEscapes
    }

    /// The value, with its quotes or brackets and without blanks around it.
    public var valueRange: Range<Int> { Int(start)..<Int(end) }

    /// Whether the value is a string.
    public var isString: Bool { firstByte == ASCII.quote }

    /// The raw text of a string, without its quotes; `nil` for other kinds.
    public var stringRange: Range<Int>? { isString ? Int(start) + 1..<Int(end) - 1 : nil }

    /// Whether the value is a number.
    public var isNumber: Bool { ASCII.isDigit(firstByte) || firstByte == ASCII.minus }

    /// The kind of the value.
    public var kind: JSONKind { JSONKind(firstByte: firstByte) ?? .null }
}

/// What a ``JSONPicker`` found in one step. Lives on the stack of who reads.
public struct JSONPicks: ~Copyable {
    /// Picks of one step, at most.
    public static let countMax = 8

    @usableFromInline var items: InlineArray<8, JSONPick>
    /// Picks that there are.
    public internal(set) var count = 0

    /// No picks.
    public init() {
        items = InlineArray(repeating: JSONPick(place: 0, start: 0, end: 0, firstByte: 0, hasEscapes: false))
    }

    /// One of them, `0..<count`. Lent to be changed, because any other way copies all of them.
    @inlinable
    public mutating func pick(_ index: Int) -> JSONPick { items.span[index] }

    @inline(__always)
    mutating func set(_ index: Int, _ pick: JSONPick) {
        var span = items.mutableSpan
        span[index] = pick
    }
}

/// Walks over one object and picks the values of known keys out of it, in one pass and without allocating; other members
/// are checked and passed over.
///
/// The input must be one object with blanks around it or none. It is checked as ``JSON/validate(_:limits:)`` does, and a
/// known key that comes twice is refused. What was picked is only to be trusted when the walk went on to ``isDone``.
///
/// ```swift
/// var picker = JSONPicker()
/// var picks = JSONPicks()
/// repeat {
///     try picker.next(keys, in: frame, into: &picks)
///     for index in 0..<picks.count where picks.pick(index).place == 2 { body = picks.pick(index).valueRange }
/// } while !picker.isDone
/// ```
public struct JSONPicker: Sendable {
    private var offset = 0
    private var budget: JSONBudget
    /// Places of the keys that came.
    private var seen: UInt32 = 0
    private var isInside = false
    /// Whether all of the input has been picked from and checked.
    public private(set) var isDone = false

    /// A picker at the start of its input.
    public init(limits: JSONLimits = JSONLimits()) {
        budget = JSONBudget(limits)
    }

    /// The next members whose keys are known, ``JSONPicks/countMax`` at most; fewer when these are the last.
    ///
    /// - Parameters:
    ///   - keys: The same keys in each call.
    ///   - input: The same bytes in each call, fewer than 2^32.
    ///   - picks: Gets the members in place of what it held.
    /// - Throws: The first fault; the picker is then of no more use.
    public mutating func next(
        _ keys: borrowing JSONKeySet, in input: Span<UInt8>, into picks: inout JSONPicks
    ) throws(JSONFault) {
        picks.count = 0
        if isDone { return }
        // In variables of its own, which need not be written back at each step; after a throw nobody asks for them.
        var offset = self.offset
        var seen = self.seen
        var count = 0
        var expected = JSONExpectation.key
        if !isInside {
            guard try begin(input, &offset) else { return }
            expected = .keyOrObjectEnd
        }
        while count < JSONPicks.countMax {
            let (place, start) = try Self.key(keys, input, expected, &offset, &seen)
            guard start < input.count else { throw .unexpected(.value, at: start, in: input) }
            let firstByte = input[start]
            var hasEscapes = false
            if firstByte == ASCII.quote {
                try budget.countNode(at: start, in: input)
                let extent = try JSONStringReader.strictExtent(input, from: start &+ 1)
                offset = extent.end &+ 1
                hasEscapes = extent.hasEscapes
            } else if let end = StrictReader.skipShortInteger(input, at: start) {
                try budget.countNode(at: start, in: input)
                offset = end
            } else {
                offset = try StrictReader.skipValue(input, at: start, depth: 1, budget: &budget)
            }
            if place < JSONKeySet.placesMax {
                picks.set(
                    count,
                    JSONPick(place: place, start: start, end: offset, firstByte: firstByte, hasEscapes: hasEscapes))
                count &+= 1
            }
            if try Self.endMember(input, &offset) {
                isDone = true
                break
            }
            expected = .key
        }
        self.offset = offset
        self.seen = seen
        picks.count = count
    }

    /// Reads the opening brace, and the whole of an empty object.
    /// - Returns: Whether there are members.
    @inline(__always)
    private mutating func begin(_ input: Span<UInt8>, _ offset: inout Int) throws(JSONFault) -> Bool {
        precondition(input.count <= Int(UInt32.max), "a picker's input has fewer than 2^32 bytes")
        offset = StrictReader.skipBlanks(input, from: 0)
        guard offset < input.count, input[offset] == ASCII.openBrace else {
            throw .unexpected(.object, at: offset, in: input)
        }
        try budget.countNode(at: offset, in: input)
        try budget.checkDepth(0, at: offset, in: input)
        isInside = true
        offset = StrictReader.skipBlanks(input, from: offset &+ 1)
        guard offset < input.count, input[offset] == ASCII.closeBrace else { return true }
        try Self.finish(input, &offset)
        isDone = true
        return false
    }

    /// Reads a key, the colon and the blanks around it; remembers the key.
    /// - Returns: The key's place, `placesMax` when it is not known, and where the value begins.
    @inline(__always)
    private static func key(
        _ keys: borrowing JSONKeySet, _ input: Span<UInt8>, _ expected: JSONExpectation, _ offset: inout Int,
        _ seen: inout UInt32
    ) throws(JSONFault) -> (place: UInt8, valueStart: Int) {
        // Nearly all keys that are looked for.
        if let word = JSONStringReader.word(input, at: offset), let known = keys.compact(word) {
            let start = offset &+ 1
            offset &+= known.byteCount
            try remember(known.place, start, input, &seen)
            return (known.place, StrictReader.skipBlanks(input, from: offset))
        }
        guard offset < input.count, input[offset] == ASCII.quote else {
            throw .unexpected(expected, at: offset, in: input)
        }
        let start = offset &+ 1
        var place = UInt8(JSONKeySet.placesMax)
        // Up to seven plain bytes.
        if let short = JSONStringReader.shortPlain(input, from: start) {
            place = keys.place(word: short.word, byteCount: short.byteCount)
            offset = start &+ short.byteCount &+ 1
        } else {
            let extent = try JSONStringReader.extent(input, from: start)
            offset = extent.end &+ 1
            place = try Self.place(of: start..<extent.end, hasEscapes: extent.hasEscapes, keys, input)
        }
        if place < JSONKeySet.placesMax { try remember(place, start, input, &seen) }
        return (place, try StrictReader.skipColon(input, at: offset))
    }

    /// Notes a known key, whose text begins at `start`; refuses it when it came before.
    @inline(__always)
    private static func remember(
        _ place: UInt8, _ start: Int, _ input: Span<UInt8>, _ seen: inout UInt32
    ) throws(JSONFault) {
        let bit: UInt32 = 1 << UInt32(place)
        if seen & bit != 0 { try refuse(start, input) }
        seen |= bit
    }

    @inline(never)
    private static func place(
        of range: Range<Int>, hasEscapes: Bool, _ keys: borrowing JSONKeySet, _ input: Span<UInt8>
    ) throws(JSONFault) -> UInt8 {
        guard hasEscapes else { return keys.place(of: input.extracting(range)) }
        // Allocates; nobody writes such keys but to see what happens.
        var name: [UInt8] = []
        try JSONStringReader.append(range, of: input, dialect: .json, to: &name)
        return keys.place(of: name.span)
    }

    @inline(never)
    private static func refuse(_ start: Int, _ input: Span<UInt8>) throws(JSONFault) {
        let end = try JSONStringReader.extent(input, from: start).end
        throw JSONFault(.duplicateKey(try JSON.string(start..<end, of: input)), at: start - 1, in: input)
    }

    /// Reads what stands behind a value: a comma, or the end.
    /// - Returns: Whether it is the end.
    @inline(__always)
    private static func endMember(_ input: Span<UInt8>, _ offset: inout Int) throws(JSONFault) -> Bool {
        offset = StrictReader.skipBlanks(input, from: offset)
        guard offset < input.count else { throw .unexpected(.commaOrObjectEnd, at: offset, in: input) }
        let byte = input[offset]
        if byte == ASCII.comma {
            offset = StrictReader.skipBlanks(input, from: offset &+ 1)
            return false
        }
        guard byte == ASCII.closeBrace else { throw .unexpected(.commaOrObjectEnd, at: offset, in: input) }
        try finish(input, &offset)
        return true
    }

    /// Checks that only blanks follow the closing brace at `offset`.
    @inline(__always)
    private static func finish(_ input: Span<UInt8>, _ offset: inout Int) throws(JSONFault) {
        offset = StrictReader.skipBlanks(input, from: offset &+ 1)
        guard offset == input.count else { throw JSONFault(.trailingBytes, at: offset, in: input) }
    }
}
