/// Numbers as a report shows them, without Foundation.
extension Double {
    /// With so many digits behind the point, 0...9, and thousands apart: `12 345.6`.
    package func text(decimals: Int) -> String {
        guard isFinite, magnitude < 1e15 else { return isNaN ? "-" : self < 0 ? "-inf" : "inf" }
        var scale = 1.0
        for _ in 0..<decimals { scale *= 10 }
        let scaled = (magnitude * scale).rounded()
        let whole = Int((scaled / scale).rounded(.down))
        var text = whole.grouped
        if decimals > 0 {
            let fraction = String(Int(scaled - Double(whole) * scale))
            text += "." + String(repeating: "0", count: max(0, decimals - fraction.count)) + fraction
        }
        return self < 0 && scaled > 0 ? "-" + text : text
    }
}

extension Int {
    /// With thousands apart: `1 234 567`.
    package var grouped: String {
        var digits: [Character] = []
        for (index, digit) in String(magnitude).reversed().enumerated() {
            if index > 0 && index % 3 == 0 { digits.append(" ") }
            digits.append(digit)
        }
        return (self < 0 ? "-" : "") + String(digits.reversed())
    }

    /// A number of bytes: `12.3 MB`.
    var bytesText: String {
        switch magnitude {
        case ..<10_000: "\(self) B"
        case ..<10_000_000: (Double(self) / 1e3).text(decimals: 1) + " kB"
        case ..<10_000_000_000: (Double(self) / 1e6).text(decimals: 1) + " MB"
        default: (Double(self) / 1e9).text(decimals: 1) + " GB"
        }
    }
}

extension String {
    /// Filled with blanks on the right to `width`.
    package func padded(to width: Int) -> String {
        self + String(repeating: " ", count: Swift.max(0, width - count))
    }

    /// Filled with blanks on the left to `width`.
    package func aligned(to width: Int) -> String {
        String(repeating: " ", count: Swift.max(0, width - count)) + self
    }
}
