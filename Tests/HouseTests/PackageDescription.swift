import FoundationEssentials
import Glibc

/// The part of `swift package describe --type json` that the house rules look at.
struct PackageDescription: Decodable {
    struct Target: Decodable {
        let name: String
        let type: String
        let path: String
        let sources: [String]
        let targetDependencies: [String]?
        let productDependencies: [String]?

        enum CodingKeys: String, CodingKey {
            case name, type, path, sources
            case targetDependencies = "target_dependencies"
            case productDependencies = "product_dependencies"
        }
    }

    let targets: [Target]

    /// The targets that are shipped: all but the tests.
    var shipped: [Target] { targets.filter { $0.type != "test" } }

    /// Everything that `name` reaches over declared dependencies, itself not included.
    func below(_ name: String) -> Set<String> {
        let arrows = Dictionary(uniqueKeysWithValues: targets.map { ($0.name, $0.targetDependencies ?? []) })
        var reached: Set<String> = []
        var pending = arrows[name] ?? []
        while let next = pending.popLast() {
            guard reached.insert(next).inserted else { continue }
            pending.append(contentsOf: arrows[next] ?? [])
        }
        return reached
    }

    /// What SwiftPM says, asked once.
    static let ofThisPackage = Result { try load() }

    /// Asks SwiftPM itself, with what is optional; a scratch directory of its own keeps clear of the lock that the running
    /// `swift test` holds.
    private static func load() throws -> PackageDescription {
        let options = "--enable-all-traits --scratch-path .build/house"
        let command = "cd '\(Tree.root)' && swift package \(options) describe --type json 2>/dev/null"
        guard let pipe = unsafe popen(command, "r") else { throw HouseError.commandFailed(command) }
        var output = Data()
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = unsafe fread(&chunk, 1, chunk.count, pipe)
            if count == 0 { break }
            output.append(contentsOf: chunk[..<count])
        }
        guard unsafe pclose(pipe) == 0 else { throw HouseError.commandFailed(command) }
        return try JSONDecoder().decode(PackageDescription.self, from: output)
    }
}

enum HouseError: Error {
    case commandFailed(String)
    case unreadable(String)
}
