/// The versions of the program and of what it is built with.
enum ProgramVersion {
    /// The program's own, by semver.org.
    static let text = "0.1.0"

    /// Names and versions in the order of the output.
    static let parts = [("gatehouse", text), ("swift", compiler), ("traits", traits)]

    /// The traits of the build, separated by commas.
    private static var traits: String {
        var names: [String] = []
        #if NATS
            names.append("NATS")
        #endif
        #if RabbitMQ
            names.append("RabbitMQ")
        #endif
        #if Redis
            names.append("Redis")
        #endif
        #if Zlib
            names.append("Zlib")
        #endif
        return names.isEmpty ? "none" : names.joined(separator: ",")
    }

    /// The compiler knows its version only in conditions.
    private static var compiler: String {
        #if compiler(>=6.4)
            "6.4 or later"
        #elseif compiler(>=6.3)
            "6.3"
        #else
            "6.2"
        #endif
    }
}
