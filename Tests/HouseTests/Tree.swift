import FoundationEssentials

/// The working tree that this test was compiled from.
enum Tree {
    /// Absolute path of the package.
    static let root: String = {
        var parts = #filePath.split(separator: "/")
        parts.removeLast(3)
        return "/" + parts.joined(separator: "/")
    }()

    /// Paths below `folder`, relative to the root, of the files whose name ends in one of `endings`; hidden ones left out.
    static func files(in folder: String, endings: [String]) throws -> [String] {
        guard let walk = try? FileManager.default.subpathsOfDirectory(atPath: root + "/" + folder) else {
            throw HouseError.unreadable(folder)
        }
        return walk.filter { path in
            let hidden = path.split(separator: "/").contains { $0.hasPrefix(".") }
            return !hidden && endings.contains { path.hasSuffix($0) }
        }.map { folder + "/" + $0 }.sorted()
    }

    /// The lines of one file.
    static func lines(of path: String) throws -> [Substring] {
        guard let data = FileManager.default.contents(atPath: root + "/" + path) else {
            throw HouseError.unreadable(path)
        }
        return String(decoding: data, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
    }

    /// The modules that one Swift file imports, with the line each stands on.
    static func imports(of path: String) throws -> [(line: Int, module: String)] {
        let kinds: Set<Substring> = ["struct", "class", "enum", "protocol", "func", "typealias", "var", "let", "actor"]
        var found: [(line: Int, module: String)] = []
        for (index, line) in try lines(of: path).enumerated() {
            var words = line.split(separator: " ")[...]
            while let first = words.first, first.hasPrefix("@") || Self.accessLevels.contains(first) {
                words = words.dropFirst()
            }
            guard words.first == "import" else { continue }
            words = words.dropFirst()
            if let first = words.first, kinds.contains(first) { words = words.dropFirst() }
            guard let module = words.first?.split(separator: ".").first else { continue }
            found.append((index + 1, String(module)))
        }
        return found
    }

    private static let accessLevels: Set<Substring> = [
        "public", "package", "internal", "fileprivate", "private", "unsafe",
    ]
}
