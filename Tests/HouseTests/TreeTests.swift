import FoundationEssentials
import Testing

/// Rules about the files themselves.
@Suite struct TreeTests {
    static let folders = ["Sources", "Tests", "Fuzz"].filter {
        FileManager.default.fileExists(atPath: Tree.root + "/" + $0)
    }
    static let linesMax = 500

    /// Words that must not stand in the code, put together here so that this file does not hold them.
    static let forbiddenInSwift = ["try" + "!", "as" + "! ", "TO" + "DO", "FIX" + "ME"]

    @Test func theTopLevelHoldsOnlyWhatBelongsThere() throws {
        // Package.resolved is written by every build and is not part of the repository.
        let allowed: Set<String> = [
            "Package.swift", "Package.resolved", "Sources", "Tests", "Fuzz", "protocols", "README.md",
        ]
        for name in try FileManager.default.contentsOfDirectory(atPath: Tree.root) where !name.hasPrefix(".") {
            #expect(allowed.contains(name), "\(name) does not belong at the top level")
        }
    }

    @Test(arguments: folders)
    func noFileIsLongerThan500Lines(folder: String) throws {
        for path in try Tree.files(in: folder, endings: [".swift", ".c", ".h", ".py", "/run"]) {
            let lines = try Tree.lines(of: path)
            // A file that a script makes from others is not read.
            if lines.first?.hasPrefix("// Made by ") == true { continue }
            let count = lines.count - 1
            #expect(count <= Self.linesMax, "\(path) has \(count) lines")
        }
    }

    @Test(arguments: folders, forbiddenInSwift)
    func theCodeHoldsNoForbiddenWord(folder: String, word: String) throws {
        for path in try Tree.files(in: folder, endings: [".swift"]) {
            for (index, line) in try Tree.lines(of: path).enumerated() {
                #expect(!line.contains(word), "\(path):\(index + 1)")
            }
        }
    }

    @Test(arguments: folders)
    func noLineIsWiderThan120Columns(folder: String) throws {
        for path in try Tree.files(in: folder, endings: [".py", ".c", ".h"]) {
            for (index, line) in try Tree.lines(of: path).enumerated() {
                #expect(line.count <= 120, "\(path):\(index + 1) has \(line.count) columns")
            }
        }
    }

    @Test func everyUncheckedSendableSaysWhyItIsSound() throws {
        for path in try Tree.files(in: "Sources", endings: [".swift"]) {
            let lines = try Tree.lines(of: path)
            for (index, line) in lines.enumerated() where line.contains("@unchecked Sendable") {
                let above = lines[max(0, index - 12)..<index]
                #expect(above.contains { $0.contains("//") }, "\(path):\(index + 1)")
            }
        }
    }
}
