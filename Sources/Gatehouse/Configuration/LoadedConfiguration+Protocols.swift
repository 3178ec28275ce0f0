import GateDescriptors
import GateMQTT
public import GateProtocol

extension LoadedConfiguration {
    /// Holds the listeners against the protocols that a server of this configuration has: MQTT, the shipped descriptors
    /// and those of the configured folders. A descriptor with a fault becomes a notice, since a server leaves it out.
    /// - Parameter definitions: Protocols that the program adds.
    /// - Throws: All faults at once.
    public mutating func checkProtocols(adding definitions: [ProtocolDefinition] = []) throws(ConfigurationFaults) {
        let registry = ProtocolRegistry()
        for definition in [.mqtt()] + definitions { registry.replace(definition) }
        var faults = unreadableFolders()
        var library = DescriptorLibrary()
        // What cannot be read within a folder is logged when the server starts.
        for problem in library.add(DescriptorFolders.read(configuration.protocolDirectories).files) {
            notices.append(
                ConfigurationNotice(
                    place: .file(problem.file, problem.position),
                    reason: .descriptor("\(problem.path): \(problem.fault)")))
        }
        _ = library.register(into: registry)
        for listener in configuration.listeners {
            let options = ProtocolOptions(
                frameBytesMax: listener.frameBytesMax ?? configuration.limits.frameBytesMax,
                listenerFrameBytesMax: listener.frameBytesMax, parameters: listener.parameters, routes: listener.routes)
            do throws(ProtocolSetupError) {
                let definition = try registry.definition(named: listener.protocolName)
                _ = try definition.configure(options)
                warn(of: listener, definition.naming)
                if definition.readsCompressed, !Compression.isAvailable {
                    notices.append(
                        ConfigurationNotice(place: listener.place, reason: .noCompression(listener.protocolName)))
                }
            } catch {
                faults.append(ConfigurationFault(place: listener.place, reason: .protocolSetup(error)))
            }
        }
        if !faults.isEmpty { throw ConfigurationFaults(faults: faults, notices: notices) }
    }

    /// Notices that a listener's clients cannot reach anything.
    private mutating func warn(of listener: ListenerConfiguration, _ naming: ProtocolNaming) {
        let leadsNowhere =
            switch naming {
            case .nothing: listener.route == nil
            case .codes: listener.route == nil && listener.routes.isEmpty
            case .names: false
            }
        guard leadsNowhere else { return }
        notices.append(
            ConfigurationNotice(
                place: listener.place, reason: .noRoute(listener.protocolName, takesCodes: naming == .codes)))
    }

    private func unreadableFolders() -> [ConfigurationFault] {
        configuration.protocolDirectories.compactMap { folder in
            do throws(FileFault) {
                try FileReading.checkDirectory(folder)
                return nil
            } catch {
                let place = origins["protocols.directories"] ?? .default
                return ConfigurationFault(place: place, reason: .unreadableFolder(folder, error))
            }
        }
    }
}
