import CUV
package import GateIO
import Glibc

extension UVEventLoopGroup {
    /// Makes watches for the loop at `index`.
    package func watcher(loop index: Int) -> DescriptorWatcher {
        guard let loop = loops[index] as? UVEventLoop else { preconditionFailure("a libuv group has libuv loops") }
        return { descriptor, handler in UVDescriptorWatch(loop: loop, descriptor: descriptor, handler: handler) }
    }
}

/// One `uv_poll_t`. Kept by its handle until libuv's close callback.
@safe
final class UVDescriptorWatch: DescriptorWatch, LoopHandle {
    private let loop: UVEventLoop
    private var handle: UnsafeMutablePointer<uv_poll_t>?
    private var handler: (any DescriptorHandler)?

    init?(loop: UVEventLoop, descriptor: Int32, handler: any DescriptorHandler) {
        assert(loop.isCurrent, "a watch is made on its loop")
        self.loop = loop
        self.handler = handler
        var error: Int32 = 0
        // Sound: on the loop's thread; the data is set below before anything can call back.
        guard let made = unsafe gatehouse_watch_create(loop.memory, descriptor, nil, &error) else { return nil }
        unsafe handle = made
        // Balanced in the close callback.
        unsafe made.pointee.data = Unmanaged.passRetained(self).toOpaque()
    }

    func watch(reading: Bool, writing: Bool) {
        assert(loop.isCurrent, "a watch is used on its loop")
        guard let open = unsafe handle else { return }
        let events = (reading ? Int32(UV_READABLE.rawValue) : 0) | (writing ? Int32(UV_WRITABLE.rawValue) : 0)
        // Sound: the data is the object, kept until the close callback.
        _ = unsafe gatehouse_watch_start(open, events) { handle, status, events in
            guard let data = unsafe handle?.pointee.data else { return }
            unsafe Unmanaged<UVDescriptorWatch>.fromOpaque(data)._withUnsafeGuaranteedRef { watch in
                let isBroken = status != 0
                watch.handler?.ready(
                    reading: isBroken || events & Int32(UV_READABLE.rawValue) != 0,
                    writing: !isBroken && events & Int32(UV_WRITABLE.rawValue) != 0)
            }
        }
    }

    func close() {
        assert(loop.isCurrent, "a watch is used on its loop")
        closeHandle()
    }

    func closeHandle() {
        guard let open = unsafe handle else { return }
        unsafe handle = nil
        handler = nil
        // Sound: closed once, freed in the callback only.
        unsafe gatehouse_watch_close(open) { handle in
            guard let handle = unsafe handle, let data = unsafe handle.pointee.data else { return }
            unsafe Unmanaged<UVDescriptorWatch>.fromOpaque(data).release()
            unsafe free(handle)
        }
    }
}

@available(*, unavailable)
extension UVDescriptorWatch: Sendable {}
