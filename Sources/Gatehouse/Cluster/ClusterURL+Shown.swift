extension ClusterURL {
    /// A URL as reports and logs may show it: `***` stands for each password.
    ///
    /// Made for texts that are no right URL too: what may belong to a password is hidden with it.
    package static func shown(_ url: String) -> String {
        guard let mark = url.range(of: "://") else {
            return url.contains("@") ? "***" : url
        }
        let parts = url[mark.upperBound...].split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count > 1 else { return url }
        var text = url[..<mark.upperBound]
        for (index, part) in parts.dropLast().enumerated() {
            // In front of the user of a later server stands the server before it.
            let start = index == 0 ? part.startIndex : part.lastIndex(of: ",")
            guard let start, let colon = part[start...].firstIndex(of: ":") else {
                text += (index == 0 ? String(part) : "***") + "@"
                continue
            }
            text += part[...colon] + "***@"
        }
        return String(text + parts[parts.count - 1])
    }
}

extension String {
    /// Where `text` stands for the first time.
    fileprivate func range(of text: String) -> Range<Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(text) { return start..<index(start, offsetBy: text.count) }
            start = index(after: start)
        }
        return nil
    }
}
