/// Bytes as people write them.
enum HexText {
    /// Why a text is no run of hex digits.
    enum Fault: Error, Equatable, CustomStringConvertible {
        /// Something else than a digit, at this place from 1.
        case notADigit(Character, place: Int)
        /// A digit without its second half.
        case half

        var description: String {
            switch self {
            case .notADigit(let character, let place): "character \(place), '\(character)', is no hex digit"
            case .half: "the last byte has one hex digit only"
            }
        }
    }

    /// The bytes of hex digits; blanks, line ends, commas, colons and `0x` or `\x` in front of a byte are skipped.
    static func bytes(of text: String) throws(Fault) -> [UInt8] {
        var bytes: [UInt8] = []
        var high: UInt8?
        var isZeroX = false
        for (index, character) in text.enumerated() {
            if let digit = character.hexDigitValue, character.isASCII {
                isZeroX = high == nil && digit == 0
                if let first = high {
                    bytes.append(first << 4 | UInt8(digit))
                    high = nil
                } else {
                    high = UInt8(digit)
                }
            } else if character == "x" || character == "X", isZeroX, high == 0 {
                high = nil
            } else if character.isWhitespace || ",:\\".contains(character) || (character == "x" && high == nil) {
                if high != nil { throw .half }
            } else {
                throw .notADigit(character, place: index + 1)
            }
        }
        if high != nil { throw .half }
        return bytes
    }

    /// What came from standard input: hex digits where it is nothing else, else the bytes themselves.
    /// - Throws: ``Fault/half`` for nothing but digits of which one is missing: nobody means these bytes.
    static func bytes(ofInput input: [UInt8]) throws(Fault) -> [UInt8] {
        guard let text = String(validating: input, as: UTF8.self) else { return input }
        do throws(Fault) {
            let bytes = try bytes(of: text)
            return bytes.isEmpty ? input : bytes
        } catch {
            if case .half = error, text.allSatisfy({ $0.isASCII && ($0.isHexDigit || $0.isWhitespace) }) { throw error }
            return input
        }
    }

    /// Two digits.
    static func digits(_ byte: UInt8) -> String { (byte < 16 ? "0" : "") + String(byte, radix: 16) }

    /// Pairs of digits with blanks between them.
    static func spaced(_ bytes: some Sequence<UInt8>) -> String { bytes.map { digits($0) }.joined(separator: " ") }
}
