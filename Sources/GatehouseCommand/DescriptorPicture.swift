import GateDescriptors

/// Draws a descriptor: a frame as boxes, then what its fields, kinds and settings mean.
struct DescriptorPicture {
    let style: TerminalStyle
    private static let indent = "  "
    private static let labelWidth = 14

    init(_ style: TerminalStyle) {
        self.style = style
    }

    /// All lines.
    func lines(_ outline: DescriptorOutline, name: String, summary: String) -> [String] {
        var lines = TextColumns.wrapped("\(name): \(summary)", TextColumns.width).map { style.strong($0) }
        for layout in outline.layouts {
            let title =
                switch layout.name {
                case "in": "A frame from a client"
                case "out": "A frame to a client"
                default: "A frame"
                }
            lines += ["", style.strong(title)] + boxes(layout.fields) + notes(layout.fields)
        }
        lines += section("Where things stand", outline.slots)
        lines += section("Kinds", outline.kinds)
        for part in outline.sections {
            lines += section(part.title.prefix(1).uppercased() + part.title.dropFirst(), part.entries)
        }
        lines += section("Settings", outline.settings)
        return lines
    }

    // MARK: Boxes

    private struct Box {
        var texts: [String]
        var width: Int
        var color: Int
        var field: DescriptorOutline.Field
    }

    private func boxes(_ fields: [DescriptorOutline.Field]) -> [String] {
        var lines: [String] = []
        var row: [Box] = []
        var used = Self.indent.count + 1
        var counting: DescriptorOutline.Field?
        for (index, field) in fields.enumerated() {
            let texts = [field.name + (field.isConditional ? "?" : ""), field.type, field.width].map {
                TextColumns.clipped($0, 40)
            }
            let box = Box(texts: texts, width: (texts.map(\.count).max() ?? 0) + 2, color: index, field: field)
            if used + box.width + 1 > TextColumns.width, !row.isEmpty {
                lines += draw(row, &counting)
                row = []
                used = Self.indent.count + 1
            }
            row.append(box)
            used += box.width + 1
        }
        return lines + draw(row, &counting)
    }

    /// One row of boxes, and below it what a length counts; `counting` is the length whose bytes are still going on.
    private func draw(_ row: [Box], _ counting: inout DescriptorOutline.Field?) -> [String] {
        func edge(_ left: String, _ middle: String, _ right: String) -> String {
            Self.indent + left + row.map { String(repeating: "─", count: $0.width) }.joined(separator: middle) + right
        }
        var lines = [edge("┌", "┬", "┐")]
        for line in 0..<3 {
            let cells = row.map { box in
                let text = TextColumns.center(box.texts[line], box.width)
                return line == 0 ? style.field(text, box.color) : text
            }
            lines.append(Self.indent + "│" + cells.joined(separator: "│") + "│")
        }
        lines.append(edge("└", "┴", "┘"))
        if let span = span(row, &counting) { lines.append(span) }
        return lines
    }

    private func span(_ row: [Box], _ counting: inout DescriptorOutline.Field?) -> String? {
        var start = 0
        var column = 0
        var name = counting?.name
        for box in row {
            if box.field.counts == .frame {
                name = box.field.name
                counting = box.field
            }
            column += box.width + 1
            if box.field.counts == .after {
                name = box.field.name
                counting = box.field
                start = column
            }
        }
        let width = column - start - 1
        guard let name, width >= 2 else { return nil }
        let label = " \(name) counts "
        let isInside = width >= label.count + 4
        let rest = width - 2 - (isInside ? label.count : 0)
        let left = String(repeating: "─", count: rest / 2)
        let right = String(repeating: "─", count: rest - rest / 2)
        let outside = isInside || Self.indent.count + column + label.count > TextColumns.width ? "" : " \(name) counts"
        return Self.indent + String(repeating: " ", count: start + 1) + "╰" + left + (isInside ? label : "") + right
            + "╯"
            + outside
    }

    // MARK: Words

    private func notes(_ fields: [DescriptorOutline.Field]) -> [String] {
        fields.enumerated().flatMap { index, field -> [String] in
            var notes = field.notes
            switch field.counts {
            case .after?: notes.insert("counts all bytes behind it", at: 0)
            case .frame?: notes.insert("counts all bytes of the frame", at: 0)
            case nil: break
            }
            if notes.isEmpty { return [] }
            return labelled(field.name, notes.joined(separator: "; "), color: index)
        }
    }

    private func section(_ title: String, _ entries: [DescriptorOutline.Entry]) -> [String] {
        if entries.isEmpty { return [] }
        return ["", style.strong(title)] + entries.flatMap { labelled($0.name, $0.text, color: nil) }
    }

    private func labelled(_ name: String, _ text: String, color: Int?) -> [String] {
        let label = TextColumns.clipped(name, Self.labelWidth - 2)
        var lines = TextColumns.labelled(Self.indent + label, Self.indent.count + Self.labelWidth, text)
        if let color, let first = lines.first {
            let rest = first.dropFirst(Self.indent.count + label.count)
            lines[0] = Self.indent + style.field(label, color) + rest
        }
        return lines
    }
}
