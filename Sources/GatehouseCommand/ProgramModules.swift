import Gatehouse
import GatehouseDemo

/// The modules of this program.
enum ProgramModules {
    /// Their types, the first parts of topics.
    static var types: [String] { Demo.modules.map(\.type) }
}
