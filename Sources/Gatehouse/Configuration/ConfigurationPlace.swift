public import GateJSON

/// Where a value of the configuration comes from.
public enum ConfigurationPlace: Hashable, Sendable {
    /// Nobody named it.
    case `default`
    /// A file, and the place in it where there is one.
    case file(String, JSONPosition?)
    /// An environment variable.
    case environment(String)
    /// A flag of the command line.
    case flag(String)
}

extension ConfigurationPlace: CustomStringConvertible {
    /// `default`, `server.json:12:7`, `GATEHOUSE_LOOPS`, `--loops`.
    public var description: String {
        switch self {
        case .default: "default"
        case .file(let name, let position?): "\(name):\(position.line):\(position.column)"
        case .file(let name, nil): name
        case .environment(let name): Quoted.plain(name)
        case .flag(let name): name
        }
    }
}

extension ConfigurationPlace: Comparable {
    /// The order of reports: files from the top down, then the environment, then flags.
    public static func < (left: ConfigurationPlace, right: ConfigurationPlace) -> Bool {
        left.rank.lexicographicallyPrecedes(right.rank)
    }

    private var rank: [Int] {
        switch self {
        case .default: [0]
        case .file(_, let position): [1, position?.line ?? 0, position?.column ?? 0]
        case .environment: [2]
        case .flag: [3]
        }
    }
}
