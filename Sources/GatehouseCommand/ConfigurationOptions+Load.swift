import ArgumentParser
import Gatehouse
// Sound: of the C library's global variables only environ is read, before any other thread starts.
@unsafe @preconcurrency import Glibc

extension ConfigurationOptions {
    /// Changes to the working directory and puts the configuration together; says on standard error what is wrong or has
    /// no effect.
    /// - Parameters:
    ///   - moduleTypes: The modules that this program has.
    ///   - purpose: What the node is for.
    /// - Throws: The exit code when there are faults.
    func load(moduleTypes: [String], purpose: NodePurpose = .everything) throws -> LoadedConfiguration {
        do throws(ConfigurationFaults) {
            try changeDirectory()
            let environment = Self.environment()
            let named = ConfigurationLoader.path(
                flag: general.config ?? mqant.configurationFile, environment: environment)
            let path = named ?? (mqant.workingDirectory == nil ? nil : MqantOptions.configurationPath)
            var loaded = try ConfigurationLoader().load(path: path, environment: environment, flags: flags)
            try purpose.demandListeners(of: loaded, moduleTypes)
            try loaded.checkProtocols()
            loaded.notices += mqant.notices
            loaded.notices += loaded.configuration.absentModules(known: moduleTypes)
            loaded.notices.sort { $0.place < $1.place }
            Self.warn(loaded.notices)
            return loaded
        } catch {
            Self.warn(error.notices)
            for fault in error.faults { StandardStreams.complain("\(fault.place): error: \(fault.reason)") }
            throw error.areAllFlags ? ExitStatus.usage : ExitStatus.configuration
        }
    }

    private func changeDirectory() throws(ConfigurationFaults) {
        guard let directory = mqant.workingDirectory else { return }
        // Sound: chdir reads the NUL-terminated copy of the path that Swift makes for the call.
        guard unsafe chdir(directory) != 0 else { return }
        let reason = ConfigurationFault.Reason.noDirectory(directory, number: errno)
        throw ConfigurationFaults(faults: [ConfigurationFault(place: .flag("-wd"), reason: reason)], notices: [])
    }

    private static func warn(_ notices: [ConfigurationNotice]) {
        for notice in notices { StandardStreams.complain("\(notice.place): warning: \(notice.reason)") }
    }

    /// All variables with their values; the first of two with one name counts.
    private static func environment() -> [String: String] {
        var variables: [String: String] = [:]
        // Sound: environ is a NULL-terminated array of NUL-terminated texts, and nothing changes it: this program never
        // calls setenv, and no other thread has been started yet.
        var next = unsafe environ
        while let entry = unsafe next.pointee {
            let text = unsafe String(cString: entry)
            if let equals = text.firstIndex(of: "=") {
                let name = String(text[..<equals])
                if variables[name] == nil { variables[name] = String(text[text.index(after: equals)...]) }
            }
            unsafe next = next.successor()
        }
        return variables
    }
}

/// What a node is for, which decides whether it can do without listeners.
enum NodePurpose {
    /// Clients and modules, as `serve`.
    case everything
    /// Clients only, as `gateway`.
    case clients
    /// Modules only, as `modules`.
    case modules

    /// Refuses a node that nobody can reach: one without listeners that has no modules which other nodes call.
    func demandListeners(of loaded: LoadedConfiguration, _ moduleTypes: [String]) throws(ConfigurationFaults) {
        let configuration = loaded.configuration
        guard configuration.listeners.isEmpty else { return }
        let servesNodes = configuration.clusterURL != nil && configuration.runs(anyOf: moduleTypes)
        switch self {
        case .modules: return
        case .everything where servesNodes: return
        case .everything, .clients: break
        }
        let place = loaded.origins["listeners"] ?? .default
        let notices = loaded.notices.filter { $0.reason != .noListeners }
        throw ConfigurationFaults(faults: [ConfigurationFault(place: place, reason: .noListeners)], notices: notices)
    }
}
