import GateBytes
import Glibc

/// A whole file of at most `bytesMax` bytes.
func readFile(_ path: String, bytesMax: Int) throws(LoadError) -> [UInt8] {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    if descriptor < 0 { throw .unreadableFile(path, reason: describe(errno)) }
    defer { close(descriptor) }
    var content: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 16_384)
    while true {
        let count = uninterrupted {
            // Sound: reads at most what the array holds.
            unsafe chunk.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, $0.count) }
        }
        if count < 0 { throw .unreadableFile(path, reason: describe(errno)) }
        if count == 0 { return content }
        if content.count + count > bytesMax { throw .unreadableFile(path, reason: "more than \(bytesMax) bytes") }
        content += chunk[..<count]
    }
}

/// The first ``ProcessProbe/fileBytesMax`` bytes of a file; `nil` when it cannot be read.
func readSmallFile(_ path: String) -> String? {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    if descriptor < 0 { return nil }
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: ProcessProbe.fileBytesMax)
    let count = uninterrupted {
        // Sound: reads at most what the array holds.
        unsafe bytes.withUnsafeMutableBytes { unsafe read(descriptor, $0.baseAddress, $0.count) }
    }
    return count < 0 ? nil : String(decoding: bytes[..<count], as: UTF8.self)
}
