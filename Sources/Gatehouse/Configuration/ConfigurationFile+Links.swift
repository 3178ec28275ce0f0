import GateJSON

/// mqant's older line named a way to other processes at each module; it becomes `rpc.url`.
extension ConfigurationFile {
    /// The blocks in the order in which mqant chose among them, each with the scheme of its URL.
    static let linkKeys: [(key: String, scheme: String)] = [("rabbitmq", "amqp"), ("redis", "redis"), ("udp", "udp")]

    private struct Block {
        var node: JSONNode
        var path: String
        var isOurs: Bool
        var url: String
    }

    /// Takes the first block with a `Uri` as the link, unless `rpc.url` is set: that of a module of this process group before
    /// others, RabbitMQ before Redis before UDP. With UDP the blocks of other process groups are the peers.
    func readLinks(into draft: inout ConfigurationDraft) {
        guard draft.origins["rpc.url"] == nil, let link = Setting.at("rpc.url"), let peers = Setting.at("rpc.peers")
        else {
            return
        }
        for (key, scheme) in Self.linkKeys {
            let found = blocks(key, scheme, into: &draft)
            guard let first = found.first(where: \.isOurs) ?? (scheme == "udp" ? nil : found.first) else { continue }
            draft.set(link, to: .text(first.url), at: place(first.node.position))
            let others = found.filter { !$0.isOurs && $0.url != first.url }
            if scheme == "udp", let other = others.first, draft.origins["rpc.peers"] == nil {
                var seen: Set<String> = []
                let urls = others.map(\.url).filter { seen.insert($0).inserted }
                draft.set(peers, to: .list(urls), at: place(other.node.position))
            }
            return
        }
    }

    private func blocks(_ key: String, _ scheme: String, into draft: inout ConfigurationDraft) -> [Block] {
        var found: [Block] = []
        let group = draft.configuration.processGroup
        for type in (try? member(Self.mqantModules)?.value.members()) ?? [] {
            for entry in (try? type.value.elements()) ?? [] {
                let members = (try? entry.members()) ?? []
                let path = Self.mqantModules + "." + Quoted.plain(type.key) + "." + key
                let isOurs = members.contains {
                    $0.key.lowercased() == "processid" && $0.value.value == .string(group)
                }
                for one in members where one.key.lowercased() == key {
                    guard let url = url(of: one.value, scheme, path: path, into: &draft) else { continue }
                    found.append(Block(node: one.value, path: path, isOurs: isOurs, url: url))
                }
            }
        }
        if let top = member(key), let url = url(of: top.value, scheme, path: key, into: &draft) {
            found.append(Block(node: top.value, path: key, isOurs: true, url: url))
        }
        return found
    }

    /// The `Uri` of a block with its scheme, or with UDP the `Port` on loopback; `nil` where it has neither.
    private func url(
        of node: JSONNode, _ scheme: String, path: String, into draft: inout ConfigurationDraft
    ) -> String? {
        let block = try? node.members()
        let members = block ?? []
        let uri = members.first { $0.key.lowercased() == "uri" }?.value
        if let uri, let text = text(uri, path: path + ".Uri", into: &draft) {
            return text.contains("://") ? text : "\(scheme)://\(text)"
        }
        let port = scheme == "udp" ? members.first { $0.key.lowercased() == "port" }?.value : nil
        if let port, case .integer(let number)? = SettingKind.integer(1...65_535).value(of: port) {
            return "udp://127.0.0.1:\(number)"
        }
        // An object that names no link is how a file says that there is none.
        if block == nil && node.value != .null || port != nil {
            let expected = scheme == "udp" ? "{Uri: \"HOST:PORT\"} or {Port: 1 to 65535}" : "{Uri: \"HOST:PORT\"}"
            draft.notice(.noLink(path, expected: expected), at: place(node.position))
        }
        return nil
    }
}
