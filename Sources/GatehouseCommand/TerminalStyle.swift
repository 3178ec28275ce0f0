import Glibc

/// Colours, where somebody sees them.
struct TerminalStyle {
    /// Whether escape sequences are written.
    let isColored: Bool

    /// Text without colours.
    static let plain = TerminalStyle(isColored: false)

    /// Colours when standard output is a terminal and neither NO_COLOR (no-color.org) is set nor TERM says that it is
    /// a dumb one.
    static var ofStandardOutput: TerminalStyle {
        // Sound: getenv reads the copy of the name that Swift makes for the call; the first byte is read at once, and
        // nothing in this program changes the environment.
        let forbids = unsafe getenv("NO_COLOR").map { unsafe $0.pointee != 0 } ?? false
        // Sound: as above; the text is copied at once.
        let isDumb = unsafe getenv("TERM").map { unsafe String(cString: $0) == "dumb" } ?? false
        return TerminalStyle(isColored: isatty(STDOUT_FILENO) == 1 && !forbids && !isDumb)
    }

    /// Colours that tell neighbours apart; red is kept for faults.
    static let fieldColors = [36, 33, 32, 35, 34]

    func field(_ text: String, _ index: Int) -> String {
        paint(text, "\(Self.fieldColors[index % Self.fieldColors.count])")
    }

    func strong(_ text: String) -> String { paint(text, "1") }
    func faint(_ text: String) -> String { paint(text, "2") }
    func good(_ text: String) -> String { paint(text, "32") }
    func bad(_ text: String) -> String { paint(text, "1;31") }

    private func paint(_ text: String, _ code: String) -> String {
        isColored && !text.isEmpty ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }
}

/// Columns of text.
enum TextColumns {
    /// What a terminal has at least.
    static let width = 80

    /// `text` with blanks behind it.
    static func left(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }

    /// `text` with blanks in front of it.
    static func right(_ text: String, _ width: Int) -> String {
        String(repeating: " ", count: max(0, width - text.count)) + text
    }

    /// `text` with blanks on both sides.
    static func center(_ text: String, _ width: Int) -> String {
        left(String(repeating: " ", count: max(0, width - text.count) / 2) + text, width)
    }

    /// `text`, or its start and an ellipsis.
    static func clipped(_ text: String, _ width: Int) -> String {
        text.count <= width ? text : text.prefix(max(0, width - 3)) + "..."
    }

    /// Lines of at most `width` columns, broken at blanks; a longer word stands alone.
    static func wrapped(_ text: String, _ width: Int) -> [String] {
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ") {
            if !line.isEmpty && line.count + 1 + word.count > width {
                lines.append(line)
                line = ""
            }
            line += (line.isEmpty ? "" : " ") + word
        }
        if !line.isEmpty { lines.append(line) }
        return lines
    }

    /// A label in a column of its own and text beside it, in as many lines as it needs.
    static func labelled(_ label: String, _ labelWidth: Int, _ text: String) -> [String] {
        let lines = wrapped(text, width - labelWidth)
        if lines.isEmpty { return [label] }
        return lines.enumerated().map { index, line in left(index == 0 ? label : "", labelWidth) + line }
    }
}
