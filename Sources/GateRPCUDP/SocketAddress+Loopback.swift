package import GateIO

extension SocketAddress {
    /// The loopback address that the text names: `127.0.0.1:4001` (any of 127/8) or `[::1]:4001`; `nil` for every other.
    package init?(loopback text: some StringProtocol) {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
            return nil
        }
        let host = text[..<colon]
        if host == "[::1]" {
            self.init(v6: 0, 1, port: port)
            return
        }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
        guard parts.count == 4, parts[0] == 127 else { return nil }
        var address: UInt32 = 0
        for part in parts {
            guard let part else { return nil }
            address = address << 8 | UInt32(part)
        }
        self.init(v4: address, port: port)
    }
}
