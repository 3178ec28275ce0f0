/// The versions of the program and of what it is built with.
enum ProgramVersion {
    /// The program's own, by semver.org.
    static let text = "0.1.0"

    /// Names and versions in the order of the output.
    static let parts = [("gatehouse", text), ("swift", compiler)]

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
