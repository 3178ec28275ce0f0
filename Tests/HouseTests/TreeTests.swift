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
        var seen = 0
        for path in try Tree.files(in: "Sources", endings: [".swift"]) {
            let lines = try Tree.lines(of: path)
            seen += lines.count { SoundnessRule.applies(to: $0) }
            #expect(SoundnessRule.faults(in: lines) == [], "\(path): say `// Sound: …` right above")
        }
        #expect(seen > 0)
    }

    @Test(arguments: [
        ("final class A: @unchecked Sendable {}", [1]),
        ("// Sound: touched on the loop only.\nfinal class A: @unchecked Sendable {}", []),
        ("// Sound: touched on\n// the loop only.\n@safe\npackage final class A: B, @unchecked Sendable {}", []),
        // What stands there says something else, belongs to something else, or says nothing.
        ("/// Keeps connections.\nfinal class A: @unchecked Sendable {}", [2]),
        ("// Sound: touched on the loop only.\n\nfinal class A: @unchecked Sendable {}", [3]),
        ("// Sound: touched on the loop only.\nlet b = 1\nfinal class A: @unchecked Sendable {}", [3]),
        ("// Sound: yes.\nstruct A: @unchecked Sendable {}", [2]),
        (
            "// Sound:\nstruct A: @unchecked Sendable {}\n// Sound: has one thread.\nstruct B: @unchecked Sendable {}",
            [2]
        ),
        // A reason behind the line is none, and words about the attribute need none.
        ("struct A: @unchecked Sendable {}  // Sound: touched on the loop only.", [1]),
        ("// Nothing here is @unchecked Sendable.", []),
    ])
    func theRuleOnUncheckedSendableFindsWhatHasNoReason(text: String, faults: [Int]) {
        #expect(SoundnessRule.faults(in: text.split(separator: "\n", omittingEmptySubsequences: false)) == faults)
    }
}

/// A type that is `@unchecked Sendable` has a comment `// Sound: REASON` right above it, with nothing but comments and
/// attributes between.
enum SoundnessRule {
    /// Whether a line of code declares such a type.
    static func applies(to line: Substring) -> Bool {
        line.contains("@unchecked Sendable") && !isComment(line)
    }

    /// The numbers of the lines, from 1, that declare such a type without a reason.
    static func faults(in lines: [Substring]) -> [Int] {
        lines.indices.filter { index in
            applies(to: lines[index])
                && !lines[..<index].reversed().prefix { isComment($0) || trimmed($0).hasPrefix("@") }.contains(
                    where: isReason)
        }.map { $0 + 1 }
    }

    private static func isReason(_ line: Substring) -> Bool {
        let words = trimmed(line).split(separator: " ")
        return words.starts(with: ["//", "Sound:"]) && words.count >= 4
    }

    private static func isComment(_ line: Substring) -> Bool { trimmed(line).hasPrefix("//") }

    private static func trimmed(_ line: Substring) -> Substring { line.drop { $0 == " " } }
}
