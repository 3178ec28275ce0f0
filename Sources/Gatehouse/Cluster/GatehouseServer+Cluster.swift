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
        let log = ClusterLog(logger: logger, node: configuration.node, clock: SystemClock.monotonic)
        let link = try ClusterLink.open(
            url, peers: configuration.clusterPeers, start: startNumber, on: group,
            silenceMax: configuration.nodeLifeTime
        ) { server, fault in
            log.log(server: server, fault: fault)
        }
        var settings = RemoteSettings(
            key: NodeKey(name: configuration.node, start: startNumber), loops: group.loops,
            clock: SystemClock.monotonic)
        settings.isGateway = !configuration.listeners.isEmpty
        settings.sessionNode = SessionManager.nodeNumber(of: configuration.node)
        settings.labels = configuration.labelTable
        settings.limits.announceTime = configuration.announceTime
        settings.limits.timeToLive = configuration.nodeLifeTime
        settings.changed = { log.log($0) }
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
