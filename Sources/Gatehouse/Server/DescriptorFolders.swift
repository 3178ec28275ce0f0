import GateDescriptors
import GateJSON
import Glibc

/// Reads the descriptor files of folders; the descriptors' own target does no input or output.
package enum DescriptorFolders {
    private static let suffix = ".json5"
    private static let fileBytesMax = 16_777_216

    /// Whether a folder's entry is a descriptor: editors keep files of their own behind a dot.
    package static func isDescriptor(_ name: String) -> Bool { name.hasSuffix(suffix) && !name.hasPrefix(".") }

    /// A folder, or a file in one, that cannot be read.
    struct Unreadable: Hashable {
        var path: String
        /// Why; `nil` with a folder.
        var fault: FileFault?
    }

    /// All `*.json5` files of the folders, sorted by name in each, under their paths; and what cannot be read.
    static func read(_ folders: [String]) -> (files: [DescriptorFile], unreadable: [Unreadable]) {
        var files: [DescriptorFile] = []
        var unreadable: [Unreadable] = []
        for folder in folders {
            guard let names = names(in: folder) else {
                unreadable.append(Unreadable(path: folder))
                continue
            }
            for name in names.sorted() where isDescriptor(name) {
                let path = path(folder, name)
                do throws(FileFault) {
                    let bytes = try FileReading.bytes(found: path, limit: fileBytesMax)
                    if isOther(bytes) { continue }
                    files.append(DescriptorFile(name: path, bytes: bytes))
                } catch {
                    unreadable.append(Unreadable(path: path, fault: error))
                }
            }
        }
        return (files, unreadable)
    }

    private static func path(_ folder: String, _ name: String) -> String {
        folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)"
    }

    /// Keys of which every descriptor has some.
    private static let keys: Set<String> = [
        "$schema", "protocol", "summary", "parameters", "frame", "in", "out", "kinds",
    ]

    /// Whether a file is clearly no descriptor, as the configuration that lies beside: it is JSON5 and has keys, but none of a
    /// descriptor's. What has none at all, or is no JSON5, may become one.
    package static func isOther(_ bytes: [UInt8]) -> Bool {
        guard let members = try? JSONDocument(parsing: bytes).root.members(), !members.isEmpty else { return false }
        return !members.contains { keys.contains($0.key) }
    }

    /// What tells two states of a folder's file apart without reading it.
    struct Stamp: Hashable {
        var path: String
        var inode: UInt64
        var bytes: Int64
        var seconds: Int
        var nanoseconds: Int
    }

    /// A stamp for each descriptor file of the folders.
    static func stamps(_ folders: [String]) -> Set<Stamp> {
        var stamps: Set<Stamp> = []
        for folder in folders {
            for name in names(in: folder) ?? [] where isDescriptor(name) {
                var facts = stat()
                // Sound: the path and the pointer are used during the call only.
                guard unsafe stat(path(folder, name), &facts) == 0 else { continue }
                stamps.insert(
                    Stamp(
                        path: path(folder, name), inode: UInt64(facts.st_ino), bytes: Int64(facts.st_size),
                        seconds: facts.st_mtim.tv_sec, nanoseconds: facts.st_mtim.tv_nsec))
            }
        }
        return stamps
    }

    /// The names in a folder, in no order; `nil` when it cannot be read.
    package static func names(in folder: String) -> [String]? {
        // Sound: the directory stream is closed on every way out, entries are copied before the next is read.
        guard let stream = unsafe opendir(folder) else { return nil }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                unsafe pointer.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            names.append(name)
        }
        return names
    }
}
