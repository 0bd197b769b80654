/// Memory for what one C call points at: names, header tables.
///
/// A bump allocator: one block that is used again for every call, and more blocks for the rare call that needs them.
@safe struct ByteArena: ~Copyable {
    private static let blockByteCount = 8192

    private var block: UnsafeMutableRawBufferPointer
    private var used = 0
    private var extra: [UnsafeMutableRawBufferPointer] = unsafe []

    init() {
        unsafe block = .allocate(byteCount: Self.blockByteCount, alignment: 16)
    }

    deinit {
        unsafe block.deallocate()
        unsafe extra.forEach { unsafe $0.deallocate() }
    }

    /// Takes everything back. What was allocated before must not be used any more.
    mutating func reset() {
        used = 0
        unsafe extra.forEach { unsafe $0.deallocate() }
        unsafe extra.removeAll()
    }

    /// Uninitialised memory, valid until ``reset()``; at least one byte, so that no pointer is ever null.
    mutating func allocate(byteCount: Int, alignment: Int) -> UnsafeMutableRawPointer {
        let wanted = max(byteCount, 1)
        let start = (used + alignment - 1) & ~(alignment - 1)
        if unsafe start + wanted <= block.count, let base = unsafe block.baseAddress {
            used = start + wanted
            return unsafe base + start
        }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: wanted, alignment: max(alignment, 16))
        unsafe extra.append(buffer)
        guard let base = buffer.baseAddress else {
            preconditionFailure("an allocation of \(wanted) bytes has no address")
        }
        return unsafe base
    }

    /// Uninitialised memory for `count` values.
    mutating func allocate<Value>(_ type: Value.Type, count: Int) -> UnsafeMutablePointer<Value> {
        let memory = unsafe allocate(
            byteCount: MemoryLayout<Value>.stride * count,
            alignment: MemoryLayout<Value>.alignment
        )
        return unsafe memory.bindMemory(to: type, capacity: max(count, 1))
    }
}
