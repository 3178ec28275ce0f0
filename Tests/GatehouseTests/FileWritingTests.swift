import Gatehouse
import Glibc
import Testing

/// Where a server leaves its ports.
@Suite struct FileWritingTests {
    private let folder: String

    init() {
        folder = "/tmp/gatehouse-writing-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        // Sound: the calls of this suite read the NUL-terminated copies that Swift makes of the paths.
        let made = unsafe mkdir(folder, 0o700)
        #expect(made == 0)
    }

    private func kind(_ path: String) -> UInt32? {
        var status = stat()
        // Sound: the kernel fills the value whose address it gets for the call.
        return unsafe lstat(path, &status) == 0 ? status.st_mode & S_IFMT : nil
    }

    private func end() {
        for name in ["pipe", "link", "file", "none"] { unsafe unlink("\(folder)/\(name)") }
        unsafe rmdir(folder)
    }

    @Test func aPipeStaysWhatItIs() throws {
        defer { end() }
        let path = "\(folder)/pipe"
        let made = unsafe mkfifo(path, 0o600)
        #expect(made == 0)
        #expect(throws: FileFault.notRegular) { try FileWriting.replace(path, with: [1]) }
        FileWriting.remove(path, ifItHolds: [])
        #expect(kind(path) == S_IFIFO)
    }

    @Test func aFolderStaysWhatItIs() {
        defer { end() }
        #expect(throws: FileFault.directory) { try FileWriting.replace(folder, with: [1]) }
        #expect(kind(folder) == S_IFDIR)
    }

    @Test func whatALinkLeadsToIsReplacedAndRemoved() throws {
        defer { end() }
        let (link, file) = ("\(folder)/link", "\(folder)/file")
        try FileWriting.replace(file, with: [1])
        let linked = unsafe symlink(file, link)
        #expect(linked == 0)
        try FileWriting.replace(link, with: [2, 3])
        #expect(kind(link) == S_IFLNK)
        #expect(try FileReading.bytes(of: file) == [2, 3])
        FileWriting.remove(link, ifItHolds: [1])
        #expect(kind(file) == S_IFREG)
        FileWriting.remove(link, ifItHolds: [2, 3])
        #expect(kind(file) == nil)
    }
}
