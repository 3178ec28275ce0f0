import Glibc
import Testing

/// One file of a corpus.
struct Seed: CustomTestStringConvertible, Sendable {
    let name: String
    let bytes: [UInt8]

    var testDescription: String { name }
}

/// The files of `Fuzz/Corpus/<name>`, by name; empty when there are none.
func corpus(_ name: String) -> [Seed] {
    let here = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")
    let folder = "\(here)/Fuzz/Corpus/\(name)"
    guard let directory = unsafe opendir(folder) else { return [] }
    // Sound: the directory was opened above and is closed once.
    defer { unsafe closedir(directory) }
    var names: [String] = []
    // Sound: an entry is read before the next one is asked for, and its name ends with a zero.
    while let entry = unsafe readdir(directory) {
        let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) {
            unsafe String(cString: UnsafeRawPointer($0).assumingMemoryBound(to: CChar.self))
        }
        if !name.hasPrefix(".") { names.append(name) }
    }
    return names.sorted().map { Seed(name: $0, bytes: contents(of: "\(folder)/\($0)")) }
}

func contents(of path: String) -> [UInt8] {
    guard let file = unsafe fopen(path, "r") else { return [] }
    // Sound: the file was opened above and is closed once.
    defer { unsafe fclose(file) }
    var bytes: [UInt8] = []
    // Sound: the file is open.
    while case let byte = unsafe getc(file), byte != EOF { bytes.append(UInt8(truncatingIfNeeded: byte)) }
    return bytes
}

extension Seed {
    /// The seed with one to four changes, always the same ones for one `round`.
    func changed(round: Int) -> [UInt8] {
        var bytes = bytes
        var state = UInt64(truncatingIfNeeded: round) &* 0x9E37_79B9_7F4A_7C15 | 1
        func random(below limit: Int) -> Int {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return Int(state % UInt64(max(1, limit)))
        }
        for _ in 0...random(below: 4) {
            let place = random(below: bytes.count)
            switch random(below: 5) {
            case 0 where !bytes.isEmpty: bytes[place] ^= 1 << UInt8(random(below: 8))
            case 1 where !bytes.isEmpty: bytes[place] = [0, 1, 0x7F, 0x80, 0xFF][random(below: 5)]
            case 2 where !bytes.isEmpty: bytes.remove(at: place)
            case 3: bytes.insert(UInt8(random(below: 256)), at: place)
            default: bytes += bytes[min(place, bytes.count)...].prefix(random(below: 24))
            }
        }
        return bytes
    }
}
