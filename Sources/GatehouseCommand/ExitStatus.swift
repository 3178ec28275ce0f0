import ArgumentParser

/// How the commands end, after sysexits.h.
enum ExitStatus {
    /// The command line is wrong.
    static let usage = ExitCode(64)
    /// What was given to work on is wrong.
    static let data = ExitCode(65)
    /// An address cannot be bound.
    static let unavailable = ExitCode(69)
    /// A fault of our own.
    static let software = ExitCode(70)
    /// The configuration is wrong.
    static let configuration = ExitCode(78)
}
