extension ClusterURL {
    /// A URL as reports and logs may show it: `***` stands for each password and token.
    ///
    /// Made for texts that are no right URL too: what may belong to a password is hidden with it.
    package static func shown(_ url: String) -> String {
        guard let mark = url.range(of: "://") else {
            return url.contains("@") ? "***" : url
        }
        let parts = url[mark.upperBound...].split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count > 1 else { return url[..<mark.upperBound] + Self.withoutOddPort(url[mark.upperBound...]) }
        var text = url[..<mark.upperBound]
        for (index, part) in parts.dropLast().enumerated() {
            // In front of the user of a later server stands the server before it.
            let start = index == 0 ? part.startIndex : part.lastIndex(of: ",")
            if let start, index > 0, part[start...].firstIndex(of: ":") == nil {
                text += part[...start] + "***@"
                continue
            }
            guard let start, let colon = part[start...].firstIndex(of: ":") else {
                // Alone it is a token of NATS, or a password of Redis.
                text += "***@"
                continue
            }
            text += part[...colon] + "***@"
        }
        return String(text + parts[parts.count - 1])
    }

    /// What no `@` follows: hosts, unless somebody forgot to write where. A port has digits only.
    private static func withoutOddPort(_ rest: Substring) -> String {
        guard let colon = rest.firstIndex(of: ":"), !rest.hasPrefix("["), !rest.contains(",") else {
            return String(rest)
        }
        let port = rest[rest.index(after: colon)...].prefix { $0 != "/" && $0 != "?" }
        return port.allSatisfy(\.isNumber) ? String(rest) : rest[...colon] + "***"
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
