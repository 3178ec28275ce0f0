import Glibc

/// Where the package lies.
let repositoryPath = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")

/// The names in a folder.
func listing(_ path: String) throws -> [String] {
    // Sound: the folder is closed once, and an entry is only read until the next `readdir`.
    guard let folder = unsafe opendir(path) else { throw UnreadablePath(path: path) }
    defer { unsafe closedir(folder) }
    var names: [String] = []
    while let entry = unsafe readdir(folder) {
        let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { unsafe Array($0.prefix { $0 != 0 }) }
        names.append(String(decoding: name, as: UTF8.self))
    }
    return names
}

/// The content of a file.
func content(_ path: String) throws -> [UInt8] {
    // Sound: the file is closed once, and no more is read than the array holds.
    guard let file = unsafe fopen(path, "r") else { throw UnreadablePath(path: path) }
    defer { unsafe fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 2 << 20)
    let count = unsafe fread(&bytes, 1, bytes.count, file)
    return Array(bytes[..<count])
}

private struct UnreadablePath: Error {
    var path: String
}
