import GateDescriptors
import GateJSON
import GateMQTT
import GateProtocol
import GateServer
import Logging
import Synchronization

/// The protocols that listeners speak, and their reload.
extension GatehouseServer {
    func registerProtocols() throws(StartFault) {
        do throws(ProtocolSetupError) {
            try protocols.register(.mqtt())
            for definition in application.protocols { try protocols.register(definition) }
        } catch {
            throw .protocolName(error)
        }
        protocolFiles.withLock { $0 = DescriptorFolders.stamps(configuration.protocolDirectories) }
        var library = DescriptorLibrary()
        for problem in library.add(DescriptorFolders.read(configuration.protocolDirectories, logger: logger)) {
            logger.error("protocol file is not used", metadata: ["fault": "\(problem)"])
        }
        for (name, error) in library.register(into: protocols) {
            logger.error("protocol is not used", metadata: ["protocol": "\(name)", "fault": "\(error)"])
        }
    }

    func listenerSettings() throws(StartFault) -> [(ListenerConfiguration, ListenerSettings)] {
        var all: [(ListenerConfiguration, ListenerSettings)] = []
        for listener in configuration.listeners {
            do throws(ProtocolSetupError) {
                all.append((listener, try settings(of: listener)))
            } catch {
                throw .listener(listener.description, error)
            }
        }
        return all
    }

    /// Listeners with the protocols that they speak, and what the connections of each version do: one object a version.
    var protocolUsages: [JSONValue] {
        guard let running = running.withLock({ $0 }) else { return [] }
        return zip(running.bound, running.settings).flatMap { bound, entry in
            entry.1.usages.map { usage in
                var object: JSONObject = ["listener": .string("\(bound)"), "version": .string(usage.version)]
                usage.counts.write(into: &object)
                return .object(object)
            }
        }
    }

    /// Reads the protocol folders again. New connections get the new versions, present ones keep theirs; a file with a
    /// fault leaves the last good version in place, and the log says why. What has not changed is left alone.
    public func reloadProtocols() {
        protocolFiles.withLock { $0 = DescriptorFolders.stamps(configuration.protocolDirectories) }
        for file in DescriptorFolders.read(configuration.protocolDirectories, logger: logger) {
            switch ProtocolDescriptor.load(file) {
            case .failed(let problems):
                for problem in problems {
                    logger.error("protocol file is not used", metadata: ["fault": "\(problem)"])
                }
            case .loaded(let descriptor): replace(descriptor.definition())
            }
        }
    }

    /// Reads the protocol folders again when a file in them is another than it was.
    func reloadChangedProtocols() {
        guard !configuration.protocolDirectories.isEmpty else { return }
        let now = DescriptorFolders.stamps(configuration.protocolDirectories)
        if protocolFiles.withLock({ $0 != now }) { reloadProtocols() }
    }

    private func replace(_ definition: ProtocolDefinition) {
        let own = ["mqtt"] + application.protocols.map(\.name)
        guard !own.contains(definition.name) else { return }
        let known = protocols.all.first { $0.name == definition.name }
        guard known?.version != definition.version else { return }
        let settings = running.withLock { $0?.settings } ?? []
        do throws(ProtocolSetupError) {
            for (listener, setting) in settings where listener.protocolName == definition.name {
                let make = try definition.configure(options(of: listener))
                setting.replaceMaker(make, version: definition.version)
            }
        } catch {
            logger.error(
                "protocol file is not used", metadata: ["protocol": "\(definition.name)", "fault": "\(error)"])
            return
        }
        protocols.replace(definition)
        logger.info(
            "protocol loaded", metadata: ["protocol": "\(definition.name)", "version": "\(definition.version)"])
    }

    /// The listener with the port that the system chose for it, which its protocol may have to tell clients.
    func told(_ port: UInt16, _ listener: ListenerConfiguration, _ setting: ListenerSettings) -> ListenerConfiguration {
        guard listener.port != port else { return listener }
        var listener = listener
        listener.port = port
        do throws(ProtocolSetupError) {
            let definition = try protocols.definition(named: listener.protocolName)
            setting.replaceMaker(try definition.configure(options(of: listener)), version: definition.version)
        } catch {
            logger.error("protocol is not told its port", metadata: ["listener": "\(listener)", "fault": "\(error)"])
        }
        return listener
    }

    private func options(of listener: ListenerConfiguration) -> ProtocolOptions {
        var options = ProtocolOptions(
            frameBytesMax: listener.frameBytesMax ?? configuration.limits.frameBytesMax,
            listenerFrameBytesMax: listener.frameBytesMax, parameters: listener.parameters, routes: listener.routes)
        let isWildcard = ["", "0.0.0.0", "::"].contains(listener.host)
        options.listenerHost = isWildcard ? "" : listener.host
        options.listenerPort = listener.port
        return options
    }

    private func settings(of listener: ListenerConfiguration) throws(ProtocolSetupError) -> ListenerSettings {
        let definition = try protocols.definition(named: listener.protocolName)
        let usesEnvelope = listener.envelope.map { $0 == .mqant } ?? definition.usesEnvelope
        return ListenerSettings(
            protocolName: listener.protocolName, version: definition.version,
            makeProtocol: try definition.configure(options(of: listener)),
            route: listener.route ?? "", takeover: listener.takeover,
            envelope: usesEnvelope ? application.envelope ?? MqantEnvelope() : BareEnvelope())
    }
}
