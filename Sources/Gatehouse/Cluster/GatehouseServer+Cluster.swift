import GateBytes
import GateModules
import GateRPC
import GateServer
import GateSessions
import GateUV
import Logging

extension GatehouseServer {
    /// The way to other nodes, not open yet; `nil` where the configuration names none.
    func makeTransport(
        _ group: UVEventLoopGroup, startNumber: UInt32
    ) throws(StartFault) -> RemoteTransport? {
        guard let url = configuration.clusterURL else { return nil }
        let logger = logger
        let link = try ClusterLink.open(
            url, peers: configuration.clusterPeers, start: startNumber, on: group
        ) { server, fault in
            if let fault {
                logger.warning("broker away", metadata: ["server": "\(server)", "reason": "\(fault)"])
            } else {
                logger.notice("broker reached", metadata: ["server": "\(server)"])
            }
        }
        var settings = RemoteSettings(
            key: NodeKey(name: configuration.node, start: startNumber), loops: group.loops,
            clock: SystemClock.monotonic)
        settings.isGateway = !configuration.listeners.isEmpty
        settings.sessionNode = SessionManager.nodeNumber(of: configuration.node)
        settings.labels = configuration.labelTable
        settings.limits.announceTime = configuration.announceTime
        settings.limits.timeToLive = configuration.nodeLifeTime
        let name = configuration.node
        settings.changed = { change in
            switch change {
            case .joined(let node):
                if node.key.name == name {
                    logger.warning(
                        "another node has this one's name", metadata: ["node": "\(name)", "set": "--node"])
                }
                logger.notice(
                    "node joined",
                    metadata: [
                        "node": "\(node.key.name)", "inbox": "\(node.announcement.inbox)",
                        "modules": "\(node.announcement.modules.map(\.type).sorted().joined(separator: " "))",
                    ])
            case .left(let key, let reason):
                logger.notice("node left", metadata: ["node": "\(key.name)", "reason": "\(reason.rawValue)"])
            }
        }
        if logger.logLevel <= .debug {
            settings.observe = { call in
                switch call {
                case .sent(let trace, let module, let function, let node):
                    logger.debug(
                        "call sent",
                        metadata: [
                            "trace": "\(trace.trace)", "function": "\(module)/\(function)", "to": "\(node.name)",
                        ])
                case .served(let trace, let module, let function, let fault):
                    logger.debug(
                        "call served",
                        metadata: [
                            "trace": "\(trace.trace)", "function": "\(module)/\(function)",
                            "fault": "\(fault?.kind ?? "none")",
                        ])
                }
            }
        }
        return RemoteTransport(settings: settings, link: link)
    }

    /// Makes the sessions of all gateways one, before a handler can ask for them.
    func joinSessions(_ gateway: Gateway, _ transport: RemoteTransport) -> RemoteSessionGateway {
        let cluster = RemoteSessionGateway(
            local: gateway.sessionManager, transport: transport, answerTime: configuration.limits.callTime
        ) { [weak gateway] session, reason in
            gateway?.tellModules(session, reason: reason)
        }
        gateway.sessionManager.join(cluster)
        return cluster
    }

    /// From now on other nodes see this one.
    func announce(
        _ transport: RemoteTransport, _ router: RPCRouter, _ runtimes: [ModuleRuntime], _ sessions: RemoteSessionGateway
    ) {
        let modules = runtimes.map { runtime in
            ModuleDescription(
                type: runtime.type,
                ids: (configuration.modules ?? []).filter { $0.type == runtime.type }.compactMap(\.id),
                version: version(of: runtime.module), functions: runtime.handlerKinds)
        }
        transport.start(serving: router, modules, sessions: sessions)
        logger.notice(
            "cluster",
            metadata: [
                "rpc": "\(ClusterURL.shown(configuration.clusterURL ?? ""))", "inbox": "\(transport.inbox)",
                "peers": "\(configuration.clusterPeers.joined(separator: " "))",
                "modules": "\(modules.map(\.type).sorted().joined(separator: " "))",
            ])
    }
}
