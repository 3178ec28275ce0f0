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
        let (found, failed) = readProtocolFiles()
        protocolFiles.withLock { $0.names = failed.union(found.keys) }
        for name in DescriptorLibrary().names where found[name] == nil {
            register("\(name).json5") { () throws(ProtocolSetupError) in
                try DescriptorLibrary.registerShipped(name, into: protocols)
            }
        }
        for descriptor in found.values.sorted(by: { $0.name < $1.name }) {
            register(descriptor.file) { () throws(ProtocolSetupError) in
                try protocols.register(descriptor.definition())
            }
        }
    }

    private func register(_ file: String, _ register: () throws(ProtocolSetupError) -> Void) {
        do throws(ProtocolSetupError) {
            try register()
        } catch {
            logger.error("protocol file is not used", metadata: ["file": "\(file)", "fault": "\(error.text)"])
        }
    }

    /// Reads the files of the protocol folders; of two with one name the later counts, always. Says what is wrong.
    /// - Returns: The descriptors by name, and the names whose last file has a fault.
    private func readProtocolFiles() -> (found: [String: ProtocolDescriptor], failed: Set<String>) {
        let stamps = DescriptorFolders.stamps(configuration.protocolDirectories)
        var found: [String: ProtocolDescriptor] = [:]
        var failed: Set<String> = []
        var doubles: [String: String] = [:]
        let (files, unreadable) = DescriptorFolders.read(configuration.protocolDirectories)
        sayUnreadable(unreadable)
        for file in files {
            switch ProtocolDescriptor.load(file) {
            case .failed(let problems):
                failed.insert(file.protocolName)
                let stamp = stamps.first { $0.path == file.name }
                let isSaid = protocolFiles.withLock { $0.told.updateValue(stamp, forKey: file.name) == .some(stamp) }
                if isSaid && stamp != nil { continue }
                for problem in problems {
                    logger.error("protocol file is not used", metadata: ["fault": "\(problem)"])
                }
            case .loaded(let descriptor):
                failed.remove(descriptor.name)
                if let other = found.updateValue(descriptor, forKey: descriptor.name) {
                    doubles[file.name] = other.file
                }
            }
        }
        let isNew = protocolFiles.withLock { state in
            defer { (state.stamps, state.doubles) = (stamps, doubles) }
            return state.doubles != doubles
        }
        if isNew {
            for (file, other) in doubles.sorted(by: { $0.key < $1.key }) {
                logger.warning(
                    "protocol file takes the place of another one", metadata: ["file": "\(file)", "other": "\(other)"])
            }
        }
        return (found, failed)
    }

    /// Says what could be read before, or was not there.
    private func sayUnreadable(_ unreadable: [DescriptorFolders.Unreadable]) {
        let told = protocolFiles.withLock { state in
            defer { state.unreadable = Set(unreadable) }
            return state.unreadable
        }
        for one in unreadable where !told.contains(one) {
            if let fault = one.fault {
                logger.error("protocol file cannot be read", metadata: ["file": "\(one.path)", "fault": "\(fault)"])
            } else {
                logger.error("protocol folder cannot be read", metadata: ["folder": "\(one.path)"])
            }
        }
    }

    func listenerSettings() throws(StartFault) -> [(ListenerConfiguration, ListenerSettings)] {
        var all: [(ListenerConfiguration, ListenerSettings)] = []
        for listener in configuration.listeners {
            do throws(ProtocolSetupError) {
                all.append((listener, try settings(of: listener)))
            } catch {
                throw .listener(listener.shown, error)
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
        let (found, failed) = readProtocolFiles()
        let before = protocolFiles.withLock { state in
            defer { state.names = failed.union(found.keys) }
            return state.names
        }
        for descriptor in found.values.sorted(by: { $0.name < $1.name }) where !failed.contains(descriptor.name) {
            replace(descriptor)
        }
        for name in before.subtracting(failed).subtracting(found.keys).sorted() { forget(name) }
    }

    /// Reads the protocol folders again when a file in them is another than it was.
    func reloadChangedProtocols() {
        guard !configuration.protocolDirectories.isEmpty else { return }
        let now = DescriptorFolders.stamps(configuration.protocolDirectories)
        if protocolFiles.withLock({ $0.stamps != now }) { reloadProtocols() }
    }

    /// A protocol whose file is gone is the built-in one again, where there is one, and else stays as it was.
    private func forget(_ name: String) {
        let shipped = DescriptorLibrary().descriptor(named: name)
        logger.warning(
            "protocol file is gone",
            metadata: [
                "protocol": "\(name)",
                "effect": "\(shipped == nil ? "its last version stays" : "the built-in one counts")",
            ])
        if let shipped { replace(shipped) }
    }

    /// Gives all listeners of a protocol its new version, or none when one of them cannot speak it.
    private func replace(_ descriptor: ProtocolDescriptor) {
        let definition = descriptor.definition()
        let own = ["mqtt"] + application.protocols.map(\.name)
        guard !own.contains(definition.name) else {
            let fault = ProtocolSetupError.duplicateProtocol(definition.name).text
            logger.error("protocol file is not used", metadata: ["file": "\(descriptor.file)", "fault": "\(fault)"])
            return
        }
        let known = try? protocols.definition(named: definition.name)
        guard known?.version != definition.version else { return }
        var makers: [(ListenerSettings, WireProtocolMaker)] = []
        for (listener, setting) in running.withLock({ $0?.settings }) ?? []
        where listener.protocolName == definition.name {
            do throws(ProtocolSetupError) {
                makers.append((setting, try definition.configure(options(of: listener))))
            } catch {
                logger.error(
                    "protocol file is not used",
                    metadata: [
                        "file": "\(descriptor.file)", "listener": "\(listener.shown)", "fault": "\(error.text)",
                    ])
                return
            }
        }
        for (setting, make) in makers { setting.replaceMaker(make, version: definition.version) }
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
            logger.error(
                "protocol is not told its port", metadata: ["listener": "\(listener.shown)", "fault": "\(error.text)"])
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
        let time = configuration.limits.handshakeTime
        options.handshakeTime = time == GatewayLimits().handshakeTime ? nil : time
        return options
    }

    private func settings(of listener: ListenerConfiguration) throws(ProtocolSetupError) -> ListenerSettings {
        let definition = try protocols.definition(named: listener.protocolName)
        let usesEnvelope = listener.envelope.map { $0 == .mqant } ?? definition.usesEnvelope
        return ListenerSettings(
            name: listener.description,
            protocolName: listener.protocolName, version: definition.version,
            makeProtocol: try definition.configure(options(of: listener)),
            route: listener.route ?? "", takeover: listener.takeover,
            answersUnrouted: listener.unrouted == .answer,
            envelope: usesEnvelope ? application.envelope ?? MqantEnvelope() : BareEnvelope())
    }
}

/// What was last seen of the protocol folders.
struct ProtocolFolderState {
    var stamps: Set<DescriptorFolders.Stamp> = []
    /// The protocols that have a file.
    var names: Set<String> = []
    /// Files that take the place of others, and those.
    var doubles: [String: String] = [:]
    /// The state of each file whose faults were told last.
    var told: [String: DescriptorFolders.Stamp?] = [:]
    /// What could not be read.
    var unreadable: Set<DescriptorFolders.Unreadable> = []
}
