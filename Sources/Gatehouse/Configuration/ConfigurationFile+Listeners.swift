import GateJSON

extension ConfigurationFile {
    private static let listenerKeys = [
        "url", "protocol", "host", "port", "route", "takeover", "unrouted", "envelope", "frameBytesMax", "parameters",
        "routes",
        "tls",
    ]

    /// Reads an element of `listeners`: a URL, or an object with `url` or `protocol`, `host` and `port`.
    func readListener(_ node: JSONNode, into draft: inout ConfigurationDraft) -> ListenerConfiguration? {
        if case .string(let url) = node.value { return listener(url: url, of: node, into: &draft) }
        guard let members = section(node, path: "listeners[]", known: Self.listenerKeys, into: &draft) else {
            return nil
        }
        let base =
            members["url"] != nil
            ? listenerBase(url: members, into: &draft) : listenerBase(parts: members, at: node, into: &draft)
        var listener = base ?? ListenerConfiguration(protocolName: "", host: "", port: 0)
        for key in ["route", "envelope", "unrouted"] {
            guard let value = members[key] else { continue }
            guard let text = text(value, path: "listeners[].\(key)", into: &draft) else { continue }
            set(key, to: text, of: &listener, at: value, into: &draft)
        }
        for key in ["takeover", "tls"] {
            guard let value = members[key] else { continue }
            let truth = truth(value, path: "listeners[].\(key)", into: &draft)
            set(key, to: String(truth), of: &listener, at: value, into: &draft)
        }
        if let value = members["frameBytesMax"] {
            let kind = SettingKind.bytes(ListenerConfiguration.frameBytesRange)
            if case .integer(let bytes) = kind.value(of: value) {
                listener.frameBytesMax = bytes
            } else {
                invalid(value, "listeners[].frameBytesMax", expected: kind.expectation, into: &draft)
            }
        }
        readParameters(members["parameters"], into: &listener, draft: &draft)
        readRoutes(members["routes"], into: &listener, draft: &draft)
        listener.place = place(node.position)
        return base == nil ? nil : listener
    }

    private func listenerBase(
        url members: [String: JSONNode], into draft: inout ConfigurationDraft
    ) -> ListenerConfiguration? {
        for key in ["protocol", "host", "port"] {
            guard let extra = members[key] else { continue }
            invalid(extra, "listeners[].\(key)", expected: "nothing beside url", into: &draft)
        }
        guard let node = members["url"] else { return nil }
        guard case .string(let url) = node.value else {
            invalid(node, "listeners[].url", expected: "a text", into: &draft)
            return nil
        }
        return listener(url: url, of: node, into: &draft)
    }

    private func listener(
        url: String, of node: JSONNode, into draft: inout ConfigurationDraft
    ) -> ListenerConfiguration? {
        guard let value = resolved(url, of: node, path: "listeners[]", into: &draft) else { return nil }
        var listener = draft.listener(url: value, at: place(node.position))
        if value != url { listener?.written = url }
        return listener
    }

    private func listenerBase(
        parts members: [String: JSONNode], at node: JSONNode, into draft: inout ConfigurationDraft
    ) -> ListenerConfiguration? {
        let name = text(members["protocol"], path: "listeners[].protocol", into: &draft)
        let host = text(members["host"], path: "listeners[].host", into: &draft) ?? ""
        for key in ["protocol", "port"] where members[key] == nil {
            draft.fault(.missingKey(key), at: place(node.position))
        }
        guard let name, let portNode = members["port"] else { return nil }
        guard case .integer(let port) = SettingKind.integer(0...65_535).value(of: portNode) else {
            invalid(portNode, "listeners[].port", expected: "a whole number in 0...65535", into: &draft)
            return nil
        }
        do {
            var listener = try ListenerConfiguration(scheme: name)
            (listener.host, listener.port) = try ListenerConfiguration.address(host: host, port: port)
            return listener
        } catch {
            draft.fault(.listener(error), at: place(node.position))
            return nil
        }
    }

    /// Reads `routes`: the clients' own names or codes, each with its `Type/Function`.
    private func readRoutes(
        _ node: JSONNode?, into listener: inout ListenerConfiguration, draft: inout ConfigurationDraft
    ) {
        guard let node else { return }
        guard let members = try? node.members() else {
            return invalid(node, "listeners[].routes", expected: "an object of names and routes", into: &draft)
        }
        for member in members {
            let path = "listeners[].routes.\(Quoted.plain(member.key))"
            guard case .string(let route) = member.value.value, route.split(separator: "/").count == 2 else {
                invalid(member.value, path, expected: "a route as Type/Function", into: &draft)
                continue
            }
            listener.routes[member.key] = route
        }
    }

    private func readParameters(
        _ node: JSONNode?, into listener: inout ListenerConfiguration, draft: inout ConfigurationDraft
    ) {
        guard let node else { return }
        guard let members = try? node.members() else {
            return invalid(node, "listeners[].parameters", expected: "an object", into: &draft)
        }
        for member in members {
            switch member.value.value {
            case .string(let text):
                let path = "listeners[].parameters.\(Quoted.plain(member.key))"
                guard let value = resolved(text, of: member.value, path: path, into: &draft) else { continue }
                listener.parameters[member.key] = value
                if value != text { listener.writtenParameters[member.key] = text }
            case .number(let number): listener.parameters[member.key] = number.lexeme
            case .bool(let truth): listener.parameters[member.key] = String(truth)
            default:
                let path = "listeners[].parameters.\(Quoted.plain(member.key))"
                invalid(member.value, path, expected: "a text, a number or true or false", into: &draft)
            }
        }
    }

    private func set(
        _ name: String, to text: String, of listener: inout ListenerConfiguration, at node: JSONNode,
        into draft: inout ConfigurationDraft
    ) {
        do {
            try listener.setParameter(name, to: text)
        } catch {
            draft.fault(.listener(error), at: place(node.position))
        }
    }
}

extension ConfigurationFile {
    /// Reads the settings of mqant's `Module.Gate`: `TCPAddr` opens MQTT; `WSAddr` cannot yet; `TLS` and `Tls` refuse.
    ///
    /// When `replacesListeners`, no listener of the file is opened, so none can ask for what is not there.
    func readGate(
        _ gate: ModuleList.Gate, replacesListeners: Bool, into listeners: inout [ListenerConfiguration],
        draft: inout ConfigurationDraft
    ) {
        guard let settings = gate.settings, settings.kind == .object else { return }
        let known = ["TCPAddr", "WSAddr", "CertFile", "KeyFile"]
        // `Tls` and `TLS` differ in case only and both count, so they are looked at apart from the other keys.
        var asksForTLS: JSONNode?
        for member in (try? settings.members()) ?? [] where member.key.lowercased() == "tls" {
            if truth(member.value, path: gate.path + "." + member.key, into: &draft) { asksForTLS = member.value }
        }
        guard
            let members = section(
                settings, path: gate.path, known: known, unused: UnusedKeys.gate, except: ["tls"], into: &draft)
        else { return }
        if let asksForTLS, !replacesListeners {
            draft.fault(.listener(.tlsNotBuiltIn), at: place(asksForTLS.position))
        }
        if let node = members["WSAddr"], let address = text(node, path: gate.path + ".WSAddr", into: &draft),
            !replacesListeners
        {
            draft.notice(.noWebSocket(address), at: place(node.position))
        }
        guard let node = members["TCPAddr"], let address = text(node, path: gate.path + ".TCPAddr", into: &draft) else {
            return
        }
        do {
            let (host, port) = try ListenerConfiguration.mqantHostAndPort(address)
            var listener = ListenerConfiguration(protocolName: "mqtt", host: host, port: port)
            listener.unrouted = .answer
            listener.place = place(node.position)
            listeners.append(listener)
        } catch {
            draft.fault(.listener(error), at: place(node.position))
        }
    }
}
