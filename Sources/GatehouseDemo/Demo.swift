public import Gatehouse

/// The modules that `gatehouse serve` runs: those of mqant's demo server, with its wire contract, and `Echo`.
public enum Demo {
    /// One of each.
    public static var modules: [any Module] { [Login(), Chat(), HelloWorld(), Echo()] }
}
