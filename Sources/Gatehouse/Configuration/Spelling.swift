/// Finds what somebody may have meant.
enum Spelling {
    /// Texts longer than this are not looked at: the work is quadratic.
    static let bytesMax = 64

    /// The known word nearest to `word`; `nil` when none is near. Case does not count.
    static func suggestion(for word: String, among known: some Sequence<String>) -> String? {
        guard word.utf8.count <= bytesMax else { return nil }
        let wanted = Array(word.lowercased().utf8)
        let distanceMax = max(1, wanted.count / 3)
        var best: (distance: Int, word: String)?
        for candidate in known {
            let other = Array(candidate.lowercased().utf8)
            // So many bytes must be put in or left out at least.
            guard abs(other.count - wanted.count) <= distanceMax else { continue }
            let found = distance(wanted, other)
            guard found <= distanceMax else { continue }
            if let best, (best.distance, best.word) <= (found, candidate) { continue }
            best = (found, candidate)
        }
        return best?.word
    }

    /// How many bytes must be put in, left out, changed or swapped with their neighbour.
    static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var beforeLast = [Int](repeating: 0, count: right.count + 1)
        var last = Array(0...right.count)
        for (row, byte) in left.enumerated() {
            var current = [row + 1]
            current.reserveCapacity(right.count + 1)
            for (column, other) in right.enumerated() {
                var cost = min(last[column] + (byte == other ? 0 : 1), last[column + 1] + 1, current[column] + 1)
                if row > 0, column > 0, byte == right[column - 1], left[row - 1] == other {
                    cost = min(cost, beforeLast[column - 1] + 1)
                }
                current.append(cost)
            }
            beforeLast = last
            last = current
        }
        return last[right.count]
    }
}

/// Foreign text made fit for a line of a terminal or a log.
enum Quoted {
    /// How many scalars are shown.
    static let scalarsMax = 64
    /// Scalars of a path that are shown: the longest that the system takes.
    static let pathScalarsMax = 4_096

    /// The text without anything that could spoil a line, cut when it is long.
    static func plain(_ text: String, scalarsMax: Int = scalarsMax) -> String {
        var shown = String.UnicodeScalarView()
        for scalar in text.unicodeScalars.prefix(scalarsMax) {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .unassigned, .privateUse, .surrogate:
                shown.append("\u{FFFD}")
            default: shown.append(scalar)
            }
        }
        return String(shown) + (text.unicodeScalars.count > scalarsMax ? "..." : "")
    }
}
