import GateDescriptors
import Glibc
import Logging

/// Reads the descriptor files of folders; the descriptors' own target does no input or output.
enum DescriptorFolders {
    private static let suffix = ".json5"
    private static let fileBytesMax = 16_777_216

    /// All `*.json5` files of the folders, sorted by name in each. What cannot be read is logged and left out.
    static func read(_ folders: [String], logger: Logger) -> [DescriptorFile] {
        var files: [DescriptorFile] = []
        for folder in folders {
            guard let names = names(in: folder) else {
                logger.error("protocol folder cannot be read", metadata: ["folder": "\(folder)"])
                continue
            }
            for name in names.sorted() where name.hasSuffix(suffix) {
                do throws(FileFault) {
                    let bytes = try FileReading.bytes(of: "\(folder)/\(name)", limit: fileBytesMax)
                    files.append(DescriptorFile(name: name, bytes: bytes))
                } catch {
                    logger.error("protocol file cannot be read", metadata: ["file": "\(name)", "fault": "\(error)"])
                }
            }
        }
        return files
    }

    private static func names(in folder: String) -> [String]? {
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
