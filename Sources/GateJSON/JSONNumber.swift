/// A number as it was written.
///
/// What came in goes out again, so `1.0`, `1e3` and integers of any length survive a round trip. Two numbers are equal when
/// they are written the same: `1` is not `1.0`. JSON5 forms are kept as RFC 8259 would write them (`0x10` as `16`, `.5` as
/// `0.5`, `+1` as `1`). Infinity and NaN, which only JSON5 and `init(_: Double)` make, are written as `null`.
public struct JSONNumber: Hashable, Sendable {
    /// The text: an RFC 8259 number, or `Infinity`, `-Infinity`, `NaN`.
    public let lexeme: String

    /// Takes a text that the caller has checked.
    init(verified lexeme: String) {
        self.lexeme = lexeme
    }

    /// The number with this text; `nil` when the text is not an RFC 8259 number.
    public init?(lexeme: String) {
        let bytes = Array(lexeme.utf8)
        guard let first = bytes.first, first == ASCII.minus || ASCII.isDigit(first) else { return nil }
        do {
            guard try StrictReader.skipNumber(bytes.span, at: 0) == bytes.count else { return nil }
        } catch {
            return nil
        }
        self.lexeme = lexeme
    }

    /// An integer.
    public init(_ value: some BinaryInteger) {
        lexeme = String(value)
    }

    /// The shortest text that reads back as `value`.
    public init(_ value: Double) {
        if value.isFinite {
            lexeme = value.description
        } else if value.isNaN {
            lexeme = JSONWord.notANumber.rawValue
        } else {
            lexeme = (value < 0 ? "-" : "") + JSONWord.infinity.rawValue
        }
    }

    /// Whether the number is neither Infinity nor NaN.
    public var isFinite: Bool {
        guard let last = lexeme.utf8.last else { return false }
        return ASCII.isDigit(last)
    }

    /// The value when it is a whole number that fits, however it is written: `1.0` and `1e3` have one, `1.5` has none.
    public var int: Int? {
        if let value = Int(lexeme) { return value }
        return isFinite ? exactInt() : nil
    }

    /// The nearest double; `nil` when the number is too large for one.
    public var double: Double? {
        guard let value = Double(lexeme) else { return nil }
        return value.isInfinite && isFinite ? nil : value
    }

    /// The value of a lexeme with a dot or an exponent, by decimal arithmetic, since a double would round.
    private func exactInt() -> Int? {
        var digits: [UInt8] = []
        var scale = 0
        var isNegative = false
        var sawDot = false
        var rest = lexeme.utf8[...]
        while let byte = rest.popFirst() {
            if byte == ASCII.minus {
                isNegative = true
            } else if byte == ASCII.dot {
                sawDot = true
            } else if ASCII.isDigit(byte) {
                if !(digits.isEmpty && byte == ASCII.zero) { digits.append(byte &- ASCII.zero) }
                if sawDot { scale -= 1 }
            } else {
                break
            }
        }
        while digits.last == 0 {
            digits.removeLast()
            scale += 1
        }
        if digits.isEmpty { return 0 }
        if !rest.isEmpty {
            // An exponent that overflows moves the number out of range, or makes it a fraction, whatever its digits are.
            guard let exponent = Int(String(Substring(rest))) else { return nil }
            let sum = scale.addingReportingOverflow(exponent)
            guard !sum.overflow else { return nil }
            scale = sum.partialValue
        }
        guard scale >= 0, scale <= 19, digits.count <= 19 else { return nil }
        digits.append(contentsOf: repeatElement(0, count: scale))
        var value = 0
        for digit in digits {
            let shifted = value.multipliedReportingOverflow(by: 10)
            let added = shifted.partialValue.subtractingReportingOverflow(Int(digit))
            guard !shifted.overflow, !added.overflow else { return nil }
            value = added.partialValue
        }
        if isNegative { return value }
        return value == .min ? nil : -value
    }
}
