/// What the load tool speaks.
package enum LoadProtocol: String, Sendable, Hashable, CaseIterable {
    /// MQTT 3.1.1; a request is a PUBLISH on `topic/token`, its answer the PUBLISH on the same topic.
    case mqtt
    /// Two bytes of length, body; answers come in the order of the requests.
    case length16
    /// Four bytes of length, body; answers come in the order of the requests.
    case length32
    /// Four bytes of length, then `{"route","id","body"}`; answers name the id.
    case length32JSON = "length32-json"
    /// No protocol: what is sent comes back byte for byte. Sends what an MQTT request would be.
    case raw
    /// What a descriptor file says; see ``LoadOptions/client``.
    case descriptor

    /// The port that a URL without one means.
    var defaultPort: UInt16? {
        switch self {
        case .mqtt: 1883
        case .length32JSON: 3564
        case .length16, .length32, .raw, .descriptor: nil
        }
    }

    /// Whether a request says where it goes; otherwise the listener's route decides.
    package var namesTopics: Bool {
        switch self {
        case .mqtt, .length32JSON, .raw, .descriptor: true
        case .length16, .length32: false
        }
    }

    /// The protocols that URLs name.
    static let schemes = allCases.filter { $0 != .descriptor }
}

/// Whom to load: `mqtt://127.0.0.1:1883`, `length32://[::1]:4000`.
package struct LoadTarget: Sendable, Hashable {
    /// What is spoken.
    package var loadProtocol: LoadProtocol
    /// A name or a numeric address, without brackets.
    package var host: String
    /// 1...65 535.
    package var port: UInt16
    /// The descriptor's name.
    package var descriptorName: String?

    /// A target from its parts.
    package init(_ loadProtocol: LoadProtocol, host: String, port: UInt16) {
        self.loadProtocol = loadProtocol
        self.host = host
        self.port = port
    }

    /// Reads `SCHEME://HOST[:PORT]`, where the scheme names a ``LoadProtocol``. With the name of a descriptor the scheme
    /// may be any word, and a port is needed.
    package init(parsing text: String, descriptorName: String? = nil) throws(LoadError) {
        guard let mark = text.utf8Range(of: "://") else { throw .invalidURL(text, .scheme) }
        let scheme = String(text[..<mark.lowerBound])
        let named = LoadProtocol.schemes.first { $0.rawValue == scheme }
        guard !scheme.isEmpty, let loadProtocol = descriptorName == nil ? named : .descriptor else {
            throw .invalidURL(text, .scheme)
        }
        self.descriptorName = descriptorName
        var rest = text[mark.upperBound...]
        if rest.hasSuffix("/") { rest.removeLast() }
        var host = rest
        var port: Substring?
        if rest.hasPrefix("[") {
            guard let end = rest.firstIndex(of: "]") else { throw .invalidURL(text, .host) }
            host = rest[rest.index(after: rest.startIndex)..<end]
            let behind = rest[rest.index(after: end)...]
            if !behind.isEmpty {
                guard behind.hasPrefix(":") else { throw .invalidURL(text, .port) }
                port = behind.dropFirst()
            }
        } else if let colon = rest.firstIndex(of: ":") {
            host = rest[..<colon]
            port = rest[rest.index(after: colon)...]
        }
        if host.isEmpty || host.contains("/") || host.contains("?") { throw .invalidURL(text, .host) }
        self.host = String(host)
        self.loadProtocol = loadProtocol
        if let port {
            guard let number = UInt16(port), number > 0 else { throw .invalidURL(text, .port) }
            self.port = number
        } else if let number = loadProtocol.defaultPort {
            self.port = number
        } else {
            throw .invalidURL(text, .port)
        }
    }
}

extension LoadTarget: CustomStringConvertible {
    /// The URL.
    package var description: String {
        "\(descriptorName ?? loadProtocol.rawValue)://\(host.contains(":") ? "[\(host)]" : host):\(port)"
    }
}

extension String {
    /// Where `part` first stands.
    fileprivate func utf8Range(of part: String) -> Range<String.Index>? {
        var start = utf8.startIndex
        while start < utf8.endIndex {
            if utf8[start...].starts(with: part.utf8) {
                return start..<utf8.index(start, offsetBy: part.utf8.count)
            }
            start = utf8.index(after: start)
        }
        return nil
    }
}
