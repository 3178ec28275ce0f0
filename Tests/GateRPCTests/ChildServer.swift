import Glibc
import Synchronization

/// A process that ends with this one.
// Sound: the thread writes `pid` before it posts `started`, and `ended` before anybody waits for it; both
// semaphores live as long as this object, which the thread holds.
@safe
final class ChildServer: @unchecked Sendable {
    private let words: [String]
    private let environment: [String]
    private let pid = Atomic<Int32>(0)
    private let started: UnsafeMutablePointer<sem_t>
    private let ended: UnsafeMutablePointer<sem_t>

    /// Starts a program in a process group of its own, without output.
    init(_ words: [String], _ environment: [String]) throws {
        self.words = ["/usr/bin/setpriv", "--pdeathsig", "KILL"] + words
        self.environment = environment
        unsafe started = .allocate(capacity: 1)
        unsafe ended = .allocate(capacity: 1)
        unsafe sem_init(started, 0, 0)
        unsafe sem_init(ended, 0, 0)
        // The parent-death signal comes when the thread ends that started the process: this one waits for the process.
        var thread = pthread_t()
        let kept = unsafe Unmanaged.passRetained(self)
        let error = unsafe pthread_create(
            &thread, nil,
            { kept in
                guard let kept = unsafe kept else { return nil }
                unsafe Unmanaged<ChildServer>.fromOpaque(kept).takeRetainedValue().run()
                return nil
            }, kept.toOpaque())
        guard error == 0 else {
            unsafe kept.release()
            throw TestFailure.unexpected
        }
        pthread_detach(thread)
        unsafe sem_wait(started)
        guard pid.load(ordering: .acquiring) > 0 else { throw TestFailure.unexpected }
    }

    deinit {
        unsafe sem_destroy(started)
        unsafe sem_destroy(ended)
        unsafe started.deallocate()
        unsafe ended.deallocate()
    }

    /// Sends a signal to the process and what it started.
    func signal(_ number: Int32) {
        let pid = pid.load(ordering: .acquiring)
        if pid > 0 { kill(-pid, number) }
    }

    /// Whether it has ended.
    var isEnded: Bool { pid.load(ordering: .acquiring) == 0 }

    /// Kills it and waits for its end. Called once.
    func end() {
        signal(SIGKILL)
        unsafe sem_wait(ended)
    }

    private func run() {
        let child = spawn()
        pid.store(child, ordering: .releasing)
        unsafe sem_post(started)
        var status: Int32 = 0
        if child > 0 { _ = unsafe waitpid(child, &status, 0) }
        pid.store(0, ordering: .releasing)
        unsafe sem_post(ended)
    }

    private func spawn() -> pid_t {
        var arguments: [UnsafeMutablePointer<CChar>?] = unsafe words.map { unsafe strdup($0) } + [nil]
        var variables: [UnsafeMutablePointer<CChar>?] = unsafe environment.map { unsafe strdup($0) } + [nil]
        defer { unsafe (arguments + variables).forEach { unsafe free($0) } }
        var attributes = posix_spawnattr_t()
        var files = unsafe posix_spawn_file_actions_t()
        // Sound: the C library fills in what it is given; both are destroyed before they go.
        unsafe posix_spawnattr_init(&attributes)
        unsafe posix_spawn_file_actions_init(&files)
        defer {
            unsafe posix_spawnattr_destroy(&attributes)
            unsafe posix_spawn_file_actions_destroy(&files)
        }
        unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
        for descriptor in [1, 2] as [Int32] {
            unsafe posix_spawn_file_actions_addopen(&files, descriptor, "/dev/null", O_WRONLY, 0)
        }
        var pid: pid_t = 0
        let error = unsafe posix_spawn(&pid, words[0], &files, &attributes, &arguments, &variables)
        return error == 0 ? pid : -1
    }
}
