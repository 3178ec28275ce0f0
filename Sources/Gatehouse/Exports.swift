// What a user of Gatehouse names in handlers, hooks and protocols comes with `import Gatehouse`.
@_exported public import GateBytes
@_exported public import GateIO
@_exported public import GateJSON
@_exported public import GateModules
@_exported public import GateProtocol
@_exported public import GateRPC
@_exported public import GateServer
@_exported public import GateSessions
// What `call.logger` is.
@_exported public import Logging
