/// One address that clients may connect to, and what is spoken there.
public struct ListenerConfiguration: Sendable, Hashable {
    /// How replies are dressed.
    public enum Envelope: String, Sendable, CaseIterable {
        /// `{"Trace":…,"Error":…,"Result":…}`.
        case mqant
        /// The result alone.
        case bare
    }

    /// What becomes of a message whose topic is no call, as `home/kitchen/temp`.
    public enum Unrouted: String, Sendable, CaseIterable {
        /// It is dropped and counted (`messages_unrouted`). Answered are only names that look like a call: their handler
        /// begins with a guard prefix (`HD_`), or their first part is a module.
        case drop
        /// It is answered with an error on its topic when that has three parts, as mqant does. What a listener of an mqant
        /// file does.
        case answer
    }

    /// The protocol, as the registry knows it.
    public var protocolName: String
    /// An address or a name; empty for all addresses of IPv4 and IPv6. IPv6 without brackets.
    public var host: String
    /// The port; 0 lets the system choose.
    public var port: UInt16
    /// Where requests go that name no route of their own: `type[@node]/handler`.
    public var route: String?
    /// Whether a client whose id is in use takes the place of the other one [MQTT-3.1.4-2].
    public var takeover = false
    /// What becomes of a message whose topic is no call.
    public var unrouted = Unrouted.drop
    /// How replies are dressed; `nil` for what the protocol does by itself.
    public var envelope: Envelope?
    /// Bytes of one frame; `nil` for `limits.frameBytesMax`.
    public var frameBytesMax: Int?
    /// The clients' own names or codes of messages, each with the `Type/Function` it stands for, in both directions.
    public var routes: [String: String] = [:]
    /// What is meant for the protocol, by name.
    public var parameters: [String: String] = [:]
    /// The URL as it was written, where it has references.
    var written: String?
    /// Parameters with references as they were written.
    var writtenParameters: [String: String] = [:]
    /// Where it is configured.
    public var place = ConfigurationPlace.default

    /// A listener with the defaults of everything else.
    public init(protocolName: String, host: String, port: UInt16) {
        self.protocolName = protocolName
        self.host = host
        self.port = port
    }

    /// The values that ``frameBytesMax`` may have.
    static let frameBytesRange = 64...268_435_455
}

extension ListenerConfiguration: CustomStringConvertible {
    /// The URL that ``init(url:)`` reads back.
    public var description: String {
        var query: [(String, String)] = []
        if let route { query.append(("route", route)) }
        if takeover { query.append(("takeover", "true")) }
        if unrouted != .drop { query.append(("unrouted", unrouted.rawValue)) }
        if let envelope { query.append(("envelope", envelope.rawValue)) }
        if let frameBytesMax { query.append(("frameBytesMax", String(frameBytesMax))) }
        for (name, value) in parameters.sorted(by: { $0.key < $1.key }) { query.append((name, value)) }
        let text = query.map { "\(PercentCoding.encoded($0.0))=\(PercentCoding.encoded($0.1))" }
        let shownHost = host.utf8.contains(UInt8(ascii: ":")) ? "[\(PercentCoding.encoded(host))]" : host
        return "\(protocolName)://\(shownHost):\(port)" + (text.isEmpty ? "" : "?" + text.joined(separator: "&"))
    }
}

extension ListenerConfiguration {
    /// What reports and logs show: the URL, with references instead of what they stand for.
    var shown: String {
        if let written { return written }
        guard !writtenParameters.isEmpty else { return description }
        var copy = self
        for name in writtenParameters.keys { copy.parameters[name] = nil }
        let rest = writtenParameters.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: "&")
        return copy.description + (copy.description.contains("?") ? "&" : "?") + rest
    }
}

/// Percent-encoding, RFC 3986 section 2.1.
enum PercentCoding {
    /// The text with everything encoded that has a meaning in a listener's URL.
    static func encoded(_ text: String) -> String {
        var output = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"), UInt8(ascii: "/"), UInt8(ascii: ":"), UInt8(ascii: "@"):
                output.unicodeScalars.append(Unicode.Scalar(byte))
            default: output += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }
        return output
    }

    /// The text with `%XX` resolved; `nil` when a `%` lacks its digits or the bytes are not UTF-8.
    static func decoded(_ text: some StringProtocol) -> String? {
        var output: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                output.append(byte)
                continue
            }
            guard let high = rest.popFirst().flatMap(digit), let low = rest.popFirst().flatMap(digit) else {
                return nil
            }
            output.append(high << 4 | low)
        }
        return String(validating: output, as: UTF8.self)
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
