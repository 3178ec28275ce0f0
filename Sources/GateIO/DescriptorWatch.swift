/// Looks at a socket that a C library owns. Used on one loop only.
public protocol DescriptorWatch: AnyObject {
    /// Tells of these events from now on, of none at first.
    func watch(reading: Bool, writing: Bool)

    /// Looks no more; nothing is told from now on. Comes before the descriptor is closed.
    func close()
}

/// Whom a watch tells. On its loop.
public protocol DescriptorHandler: AnyObject {
    /// The descriptor can be read, written, or both; an error can be read.
    func ready(reading: Bool, writing: Bool)
}

/// Makes watches of descriptors for one loop, on that loop; `nil` when the system refuses.
public typealias DescriptorWatcher =
    @Sendable (_ descriptor: Int32, _ handler: any DescriptorHandler) -> (any DescriptorWatch)?
