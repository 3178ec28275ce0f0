package import GateBytes

extension TimeSpan {
    /// Reads `10s`, `500ms`, `2m` or a bare number of seconds, with a fraction or without; `nil` for anything else, for
    /// less than nothing and for more than a day.
    package init?(parsing text: String) {
        let units: [(name: String, seconds: Double)] = [("ms", 0.001), ("s", 1), ("m", 60), ("", 1)]
        for unit in units where text.hasSuffix(unit.name) {
            let digits = text.dropLast(unit.name.count)
            guard !digits.isEmpty, digits.utf8.allSatisfy({ (0x30...0x39).contains($0) || $0 == 0x2E }),
                let number = Double(digits), number * unit.seconds <= 86_400
            else { return nil }
            self = .seconds(number * unit.seconds)
            return
        }
        return nil
    }
}
