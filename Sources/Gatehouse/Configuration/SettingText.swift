import GateBytes

/// Reads the texts that durations and sizes are written as.
enum SettingText {
    /// `10`, `0.5`, `5s`, `100ms`, `2m`, `1h`; a bare number is seconds. `nil` when the text is none of these.
    static func time(_ text: String) -> TimeSpan? {
        let (digits, unit) = parts(text)
        let factor: Double
        switch unit {
        case "", "s": factor = 1
        case "ms": factor = 0.001
        case "m", "min": factor = 60
        case "h": factor = 3_600
        default: return nil
        }
        guard let number = decimal(digits) else { return nil }
        return time(seconds: number * factor)
    }

    /// A number of seconds, from 0 to what a span can hold.
    static func time(seconds: Double) -> TimeSpan? {
        guard seconds >= 0, seconds < 9e9 else { return nil }
        return .seconds(seconds)
    }

    /// `65536`, `64KiB`, `1MiB`, `1GiB`, `10kB`, `10MB`, `512B`; whole bytes. `nil` when the text is none of these.
    static func bytes(_ text: String) -> Int? {
        let (digits, unit) = parts(text)
        let factor: Int
        switch unit.lowercased() {
        case "", "b": factor = 1
        case "kb": factor = 1_000
        case "mb": factor = 1_000_000
        case "gb": factor = 1_000_000_000
        case "kib": factor = 1_024
        case "mib": factor = 1_048_576
        case "gib": factor = 1_073_741_824
        default: return nil
        }
        guard let number = integer(digits) else { return nil }
        let (product, overflow) = number.multipliedReportingOverflow(by: factor)
        return overflow ? nil : product
    }

    /// Decimal digits with a sign or none.
    static func integer(_ text: some StringProtocol) -> Int? {
        text.utf8.first == UInt8(ascii: "+") ? nil : Int(text)
    }

    private static func decimal(_ text: Substring) -> Double? {
        guard let first = text.utf8.first, isDigit(first) else { return nil }
        return Double(text)
    }

    /// The digits with their dot, and what follows behind blanks.
    private static func parts(_ text: String) -> (Substring, Substring) {
        let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == "." || $0 == "-") }
        return (digits, text[digits.endIndex...].drop { $0 == " " })
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
}
