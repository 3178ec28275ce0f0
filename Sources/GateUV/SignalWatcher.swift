import CUV
import Glibc

/// Calls a closure on a loop when the process gets a signal, which then has no other effect.
// Sound: `handles` is only touched on the loop.
@safe
package final class SignalWatcher: @unchecked Sendable {
    private let loop: UVEventLoop
    private let handler: @Sendable (Int32) -> Void
    private var handles: [SignalHandle] = []

    /// Watches `signals` (numbers such as `SIGTERM`) until ``cancel()`` or the loop's end. When this returns, the signals
    /// are caught. Not called on the loop.
    /// - Throws: The system's errno; `ECANCELED` when the loop has ended.
    package init(
        loop: UVEventLoop, signals: [Int32], handler: @escaping @Sendable (Int32) -> Void
    ) throws(SystemError) {
        self.loop = loop
        self.handler = handler
        switch loop.performAndWait({ [self] in install(signals) }) {
        case .success: return
        case .failure(let error): throw error
        case nil: throw SystemError(code: ECANCELED)
        }
    }

    private func install(_ signals: [Int32]) -> Result<Void, SystemError> {
        for number in signals {
            do throws(SystemError) {
                handles.append(try SignalHandle(loop: loop, number: number, handler: handler))
            } catch {
                for handle in handles { handle.closeHandle() }
                handles.removeAll()
                return .failure(error)
            }
        }
        return .success(())
    }

    /// Gives the signals their former effect back, soon after this call.
    package func cancel() {
        loop.postReserved { [self] in
            for handle in handles { handle.closeHandle() }
            handles.removeAll()
        }
    }
}

/// One `uv_signal_t`. Kept by its handle until libuv's close callback.
@safe
private final class SignalHandle: LoopHandle {
    private let handler: @Sendable (Int32) -> Void
    private var handle: UnsafeMutablePointer<uv_signal_t>?

    init(loop: UVEventLoop, number: Int32, handler: @escaping @Sendable (Int32) -> Void) throws(SystemError) {
        self.handler = handler
        var error: Int32 = 0
        // Sound: on the loop's thread; the data is set below before anything can call back. A signal handle's data is its
        // object, kept until the close callback.
        let made = unsafe gatehouse_signal_create(
            loop.memory, number, nil,
            { handle, number in
                guard let data = unsafe handle?.pointee.data else { return }
                unsafe Unmanaged<SignalHandle>.fromOpaque(data)._withUnsafeGuaranteedRef { $0.handler(number) }
            }, &error)
        guard let made = unsafe made else { throw SystemError(uv: error) }
        unsafe handle = made
        // Balanced in the close callback.
        unsafe made.pointee.data = Unmanaged.passRetained(self).toOpaque()
    }

    func closeHandle() {
        guard let open = unsafe handle else { return }
        unsafe handle = nil
        // Sound: closed once, freed in the callback only.
        unsafe gatehouse_signal_close(open) { handle in
            guard let handle = unsafe handle, let data = unsafe handle.pointee.data else { return }
            unsafe Unmanaged<SignalHandle>.fromOpaque(data).release()
            unsafe free(handle)
        }
    }
}
