import GateBytes
public import GateIO
import Synchronization

/// What calls modules: the router itself, or a double in a test.
public protocol RPCCaller: AnyObject, Sendable {
    /// Calls and waits until the request's deadline at most.
    func call(_ request: RPCRequest) async throws(RPCFault) -> RPCValue

    /// Hands a request over and does not wait for a result.
    func notify(_ request: RPCRequest) throws(RPCFault)

    /// The nodes that serve `module` at this moment, this process first, the others by name.
    func nodes(of module: String) -> [RPCNode]
}

extension RPCCaller {
    /// None that are known.
    public func nodes(of module: String) -> [RPCNode] { [] }
}

/// A module that runs in this process.
public protocol RPCEndpoint: RPCCaller {
    /// The module's type.
    var type: String { get }

    /// As ``RPCCaller/call(_:)``, on `loop`, where this is called; `done` gets the end, once, on any thread.
    func start(_ request: RPCRequest, on loop: any EventLoop, done: @escaping RPCCompletion)
}

extension RPCEndpoint {
    /// In a task.
    public func start(_ request: RPCRequest, on loop: any EventLoop, done: @escaping RPCCompletion) {
        Task.immediate(executorPreference: loop.executor) {
            do throws(RPCFault) {
                done(.success(try await call(request)))
            } catch {
                done(.failure(error))
            }
        }
    }
}

/// Finds the module of a call: in this process first, else over the transport.
public final class RPCRouter: RPCCaller {
    private struct Local {
        var endpoint: any RPCEndpoint
        var ids: Set<String>
        var version: String
    }

    private let node: String
    private let labels: [String: String]
    private let transport: (any RPCTransport)?
    private let local = Mutex<[String: Local]>([:])
    private let observers = Mutex<[@Sendable () -> Void]>([])

    /// A router on the node named `node`; without a transport, only modules of this process are found.
    public init(node: String, labels: [String: String] = [:], transport: (any RPCTransport)? = nil) {
        self.node = node
        self.labels = labels
        self.transport = transport
        transport?.observeChanges { [weak self] in self?.tellObservers() }
    }

    /// Adds a module of this process. `ids` are further names that `type@node` may use for it.
    public func add(_ endpoint: any RPCEndpoint, ids: Set<String> = [], version: String = "") {
        local.withLock { table in table[endpoint.type] = Local(endpoint: endpoint, ids: ids, version: version) }
        tellObservers()
    }

    /// Removes a module of this process; calls go to other nodes from now on.
    public func remove(type: String) {
        local.withLock { table in table[type] = nil }
        tellObservers()
    }

    /// Calls `body`, on whichever thread, whenever a module has come or gone, here or elsewhere: for whoever keeps what
    /// ``endpoint(type:node:)`` or ``kind(module:node:function:)`` once said.
    package func observeChanges(_ body: @escaping @Sendable () -> Void) {
        observers.withLock { $0.append(body) }
    }

    private func tellObservers() {
        for observer in observers.withLock({ $0 }) { observer() }
    }

    /// The module of this process that serves `type` (on `node`, when one is named), if any.
    public func endpoint(type: String, node: String?) -> (any RPCEndpoint)? {
        guard let found = local.withLock({ table in table[type] }) else { return nil }
        guard let node, node != self.node, !found.ids.contains(node) else { return found.endpoint }
        return nil
    }

    /// The module of this process that a request goes to, if any: one that its filters leave out is called elsewhere.
    private func endpoint(of request: RPCRequest) -> (any RPCEndpoint)? {
        guard let found = local.withLock({ table in table[request.module] }) else { return nil }
        if let node = request.node, node != self.node, !found.ids.contains(node) { return nil }
        let selection = request.selection
        if let version = selection.version, version != found.version { return nil }
        for (label, value) in selection.labels where labels[label] != value { return nil }
        return found.endpoint
    }

    public func call(_ request: RPCRequest) async throws(RPCFault) -> RPCValue {
        if let endpoint = endpoint(of: request) {
            return try await endpoint.call(request)
        }
        return try await remote(request).call(request)
    }

    public func notify(_ request: RPCRequest) throws(RPCFault) {
        if let endpoint = endpoint(of: request) {
            try endpoint.notify(request)
        } else {
            try remote(request).notify(request)
        }
    }

    /// As ``call(_:)``, on `loop`, where this is called; `done` gets the end, once, on any thread.
    package func start(_ request: RPCRequest, on loop: any EventLoop, done: @escaping RPCCompletion) {
        if let endpoint = endpoint(of: request) {
            return endpoint.start(request, on: loop, done: done)
        }
        do throws(RPCFault) {
            try remote(request).start(request, on: loop, done: done)
        } catch {
            done(.failure(error))
        }
    }

    /// How a client's messages to a handler of other nodes run beside each other, when these say so.
    package func kind(module: String, node: String?, function: String) -> RPCHandlerKind? {
        transport?.kind(module: module, node: node, function: function)
    }

    /// Whether any node serves `module`.
    public func serves(module: String, node: String?) -> Bool {
        endpoint(type: module, node: node) != nil || transport?.serves(module: module, node: node) == true
    }

    /// The fault of a call to a module that is neither here nor known elsewhere: without a way to other nodes nobody can say
    /// that it is not there.
    package func absence(of module: String) -> RPCFault {
        transport?.isReachable == false ? .unreachable : .noSuchModule(module)
    }

    public func nodes(of module: String) -> [RPCNode] {
        let here = local.withLock { table in table[module] }.map {
            RPCNode(name: node, isHere: true, ids: $0.ids, version: $0.version, labels: labels)
        }
        return (here.map { [$0] } ?? []) + (transport?.nodes(of: module) ?? [])
    }

    private func remote(_ request: RPCRequest) throws(RPCFault) -> any RPCTransport {
        guard let transport, transport.serves(module: request.module, node: request.node) else {
            throw absence(of: request.module)
        }
        return transport
    }
}
