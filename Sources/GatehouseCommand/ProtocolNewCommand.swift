import ArgumentParser
import GateDescriptors
import Gatehouse
import Glibc

/// `gatehouse protocol new`.
struct ProtocolNewCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "new",
        abstract: "Start a descriptor: a commented file that is valid as it is.",
        discussion: "A file that is there already is left alone.")

    @Flag(help: "Write NAME.json5 in the current directory instead of to standard output.")
    var write = false

    @Argument(help: ArgumentHelp("The protocol's name: a-z, 0-9, _ and -.", valueName: "name"))
    var name: String

    func run() throws {
        if let fault = Self.fault(of: name) {
            StandardStreams.complain("error: \(fault)")
            throw ExitStatus.usage
        }
        let text = DescriptorSkeleton.text(name)
        let path = "\(name).json5"
        if case .failed(let problems) = ProtocolDescriptor.load(DescriptorFile(name: path, bytes: Array(text.utf8))) {
            for problem in problems { StandardStreams.complain("\(problem)") }
            throw ExitStatus.usage
        }
        guard write else { return StandardStreams.write(Array(text.utf8)) }
        // Sound: open reads the NUL-terminated copy of the path that Swift makes for the call. O_EXCL refuses a file that
        // is there, also one that appears meanwhile.
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            StandardStreams.complain("\(path): error: \(FileFault.system(number: errno))")
            throw ExitStatus.data
        }
        defer { close(descriptor) }
        StandardStreams.write(Array(text.utf8), to: descriptor)
        StandardStreams.print("\(path) is written; next: gatehouse protocol check \(path)")
    }

    /// Why no descriptor may have this name; `nil` when one may.
    static func fault(of name: String) -> String? {
        if name == "mqtt" {
            return "'mqtt' is spoken without a descriptor, and a file of that name is never used; valid: another name"
        }
        let isWord =
            (1...64).contains(name.utf8.count)
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"),
                    UInt8(ascii: "-"):
                    true
                default: false
                }
            }
        let begins = name.utf8.first != UInt8(ascii: "_") && name.utf8.first != UInt8(ascii: "-")
        if isWord && begins { return nil }
        return
            "'\(name.visible)' is no name for a protocol; valid: 1 to 64 of a-z, 0-9, _ and -, a letter or digit first"
    }
}
